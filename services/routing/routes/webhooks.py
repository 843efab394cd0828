"""/followups/v1/webhooks: a CX admin's programs look after where changes are told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from pydantic import AwareDatetime, TypeAdapter
from starlette.responses import Response

from services.routing.domain.ports import Answer
from services.routing.domain.signing import secret_of
from services.routing.domain.webhook_ports import Webhooks
from services.routing.domain.webhooks import Endpoint
from services.routing.handlers import webhooks as handling
from services.routing.handlers.webhooks import Office, Request, Shown, once
from services.routing.routes.deps import DeskOfRequest, response_of
from services.routing.routes.followups import MOST_IN_A_LIST, PREFIX
from services.routing.routes.webhook_schemas import (
    NewWebhook,
    WebhookList,
    WebhookPatch,
    WebhookView,
    WebhookWithSecret,
    view_of,
    webhook_problems,
)
from shared.web.auth import Principal, signed_in
from shared.web.pagination import decode_cursor, encode_cursor
from shared.web.preconditions import etag, expected_version

routes = APIRouter(prefix=f"{PREFIX}/webhooks", tags=["webhooks"])

Admin = Annotated[Principal, Depends(signed_in("cx_admin", scope="webhooks:admin"))]
IfMatch = Annotated[str | None, Header()]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]
Limit = Annotated[int, Query(ge=1, le=MOST_IN_A_LIST)]
Cursor = Annotated[str | None, Query(max_length=400)]

_POSITION: TypeAdapter[tuple[datetime, UUID]] = TypeAdapter(tuple[AwareDatetime, UUID])
#: Under this name an answer that is kept holds what the secret is computed from, never itself.
_SALT = "salt"
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in", **_PROBLEM},
    403: {"description": "Only a CX admin may", **_PROBLEM},
    404: {"description": "No such webhook, or another tenant's", **_PROBLEM},
    422: {"description": "Something is missing or wrong; `errors` lists it", **_PROBLEM},
}
_CHANGE_PROBLEMS: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    412: {"description": "Changed meanwhile; the ETag is the present one", **_PROBLEM},
    428: {"description": "If-Match is missing", **_PROBLEM},
}


@routes.post("", status_code=201, response_model=WebhookWithSecret, responses=PROBLEMS)
async def create_webhook(
    new: NewWebhook, desk: DeskOfRequest, who: Admin, *, key: Key = ""
) -> Response:
    """Set up an endpoint. Its secret stands in this answer and is not shown again."""
    office, request = desk.webhooks, request_of(who, key, "create", new.wishes())

    async def act(webhooks: Webhooks) -> Answer:
        endpoint = await handling.create(office, request, webhooks, new.wishes())
        return await _answer(webhooks, endpoint, HTTPStatus.CREATED, reveal=True)

    with webhook_problems():
        await handling.refuse_bad_destination(office, new.url)
        answer = await once(office, request, act)
    response = _response(answer, office)
    response.headers["Location"] = f"{routes.prefix}/{json.loads(answer.body)['webhook_id']}"
    return response


@routes.get("", responses=PROBLEMS)
async def list_webhooks(
    desk: DeskOfRequest, who: Admin, *, cursor: Cursor = None, limit: Limit = 50
) -> WebhookList:
    """List endpoints, oldest first."""
    after = decode_cursor(cursor, _POSITION) if cursor else None
    shown, following = await handling.read_list(desk.webhooks, who.tenant, after, limit)
    return WebhookList(
        items=[view_of(one) for one in shown],
        next=encode_cursor((following[0].isoformat(), following[1])) if following else None,
    )


@routes.get("/{webhook_id}", responses=PROBLEMS)
async def show_webhook(
    webhook_id: UUID, response: Response, desk: DeskOfRequest, who: Admin
) -> WebhookView:
    """Return one endpoint; its ETag is what a change names in If-Match."""
    with webhook_problems():
        shown = await handling.read_one(desk.webhooks, who.tenant, webhook_id)
    response.headers["ETag"] = etag(shown.endpoint.version)
    return view_of(shown)


@routes.patch("/{webhook_id}", response_model=WebhookView, responses=_CHANGE_PROBLEMS)
async def patch_webhook(
    webhook_id: UUID,
    patch: WebhookPatch,
    desk: DeskOfRequest,
    who: Admin,
    *,
    if_match: IfMatch = None,
    key: Key = "",
) -> Response:
    """Change an endpoint's address, event types or description."""
    office, version = desk.webhooks, expected_version(if_match)
    request = request_of(who, key, "patch", webhook_id, version, patch.wishes())

    async def act(webhooks: Webhooks) -> Answer:
        endpoint = await handling.locked(webhooks, webhook_id, version)
        after = await handling.change(office, webhooks, endpoint, patch.wishes())
        return await _answer(webhooks, after)

    with webhook_problems():
        if patch.url is not None:
            await handling.refuse_bad_destination(office, patch.url)
        return _response(await once(office, request, act), office)


@routes.post("/{webhook_id}/rotate", response_model=WebhookWithSecret, responses=_CHANGE_PROBLEMS)
async def rotate_secret(
    webhook_id: UUID, desk: DeskOfRequest, who: Admin, *, if_match: IfMatch = None, key: Key = ""
) -> Response:
    """Make a new secret, shown in this answer alone. The one before signs along for 24 hours."""
    office, version = desk.webhooks, expected_version(if_match)

    async def act(webhooks: Webhooks) -> Answer:
        endpoint = await handling.locked(webhooks, webhook_id, version)
        after = await handling.rotate(office, webhooks, endpoint)
        return await _answer(webhooks, after, reveal=True)

    with webhook_problems():
        request = request_of(who, key, "rotate", webhook_id, version)
        return _response(await once(office, request, act), office)


@routes.post("/{webhook_id}/disable", response_model=WebhookView, responses=_CHANGE_PROBLEMS)
async def disable_webhook(
    webhook_id: UUID, desk: DeskOfRequest, who: Admin, *, if_match: IfMatch = None, key: Key = ""
) -> Response:
    """Switch an endpoint off. What waits for it is kept."""
    office, version = desk.webhooks, expected_version(if_match)
    request = request_of(who, key, "disable", webhook_id, version)

    async def act(webhooks: Webhooks) -> Answer:
        endpoint = await handling.locked(webhooks, webhook_id, version)
        return await _answer(webhooks, await handling.disable(office, request, webhooks, endpoint))

    with webhook_problems():
        return _response(await once(office, request, act), office)


@routes.post("/{webhook_id}/enable", response_model=WebhookView, responses=_CHANGE_PROBLEMS)
async def enable_webhook(
    webhook_id: UUID, desk: DeskOfRequest, who: Admin, *, if_match: IfMatch = None, key: Key = ""
) -> Response:
    """Switch an endpoint on again: it is told of everything that it has missed."""
    office, version = desk.webhooks, expected_version(if_match)

    async def act(webhooks: Webhooks) -> Answer:
        endpoint = await handling.locked(webhooks, webhook_id, version)
        return await _answer(webhooks, await handling.enable(office, webhooks, endpoint))

    with webhook_problems():
        request = request_of(who, key, "enable", webhook_id, version)
        return _response(await once(office, request, act), office)


@routes.delete("/{webhook_id}", status_code=204, responses=_CHANGE_PROBLEMS)
async def delete_webhook(
    webhook_id: UUID, desk: DeskOfRequest, who: Admin, *, if_match: IfMatch = None, key: Key = ""
) -> Response:
    """Forget an endpoint and everything that waits for it."""
    office, version = desk.webhooks, expected_version(if_match)

    async def act(webhooks: Webhooks) -> Answer:
        await handling.locked(webhooks, webhook_id, version)
        await webhooks.delete(webhook_id)
        return Answer(status=HTTPStatus.NO_CONTENT, body="", etag="")

    with webhook_problems():
        await once(office, request_of(who, key, "delete", webhook_id, version), act)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def request_of(who: Principal, key: str, *asked: object) -> Request:
    """Return who asks, and what is asked under the idempotency key."""
    return Request(tenant=who.tenant, subject=who.subject, name=who.name, key=key, asked=asked)


def secret_shown(office: Office, endpoint: Endpoint) -> str:
    """Return the secret of an endpoint that was just made or given a new one."""
    return secret_of(office.secret, endpoint.webhook_id, endpoint.keys.salt)


async def _answer(
    webhooks: Webhooks,
    endpoint: Endpoint,
    status: int = HTTPStatus.OK,
    *,
    reveal: bool = False,
) -> Answer:
    (shown,) = await handling.with_queues(webhooks, [endpoint])
    return Answer(status=status, body=_body(shown, reveal=reveal), etag=etag(endpoint.version))


def _body(shown: Shown, *, reveal: bool) -> str:
    body = view_of(shown).model_dump(mode="json")
    if reveal:
        body[_SALT] = shown.endpoint.keys.salt.hex()
    return json.dumps(body)


def _response(answer: Answer, office: Office) -> Response:
    body = json.loads(answer.body)
    if _SALT in body:
        salt = bytes.fromhex(body.pop(_SALT))
        body["secret"] = secret_of(office.secret, UUID(body["webhook_id"]), salt)
    return response_of(replace(answer, body=json.dumps(body)))
