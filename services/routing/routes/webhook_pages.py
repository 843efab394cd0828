"""/webhooks: a CX admin sees who is told of changes, and whether it arrives."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.routing.bootstrap import Desk
from services.routing.domain.deliveries import EVERY_EVENT
from services.routing.domain.ports import Answer
from services.routing.domain.webhook_ports import Webhooks
from services.routing.domain.webhooks import Endpoint
from services.routing.errors import IncompleteError
from services.routing.handlers import webhooks as handling
from services.routing.handlers.webhooks import Office, once
from services.routing.routes.deps import DeskOfRequest
from services.routing.routes.inbox import PAGES
from services.routing.routes.webhook_deliveries import enqueue_test_event, replay_one
from services.routing.routes.webhook_schemas import EVENTS, NewWebhook, webhook_problems
from services.routing.routes.webhooks import Admin, request_of, secret_shown
from shared.contracts.events import Name
from shared.web.auth import Principal
from shared.web.programs import program_of

SHOWN_AT_ONCE = 50

routes = APIRouter(include_in_schema=False)

Do = Literal["disable", "enable", "delete", "rotate", "test", "replay-failed"]

DONE: Mapping[str, str] = {
    "disable": "Disabled. What waits for it is kept.",
    "enable": "Enabled. It is told of everything that it has missed.",
    "delete": "Deleted.",
    "test": "A test event is on its way.",
    "replay-failed": "All that was given up is tried again.",
    "replay": "It is delivered again.",
}


class NewForm(BaseModel):
    """The form of a new webhook, as it was filled in. `key` tells a form that is sent twice."""

    url: str = ""
    description: str = ""
    events: Sequence[str] = ()
    key: Annotated[str, Name] = ""


class ActForm(BaseModel):
    """A button of a webhook's page, and the version that it was shown on."""

    do: Do
    version: int


class ReplayForm(BaseModel):
    """The button of one delivery."""

    delivery: UUID


@routes.get("/webhooks")
async def show_webhooks(
    request: Request, desk: DeskOfRequest, who: Admin, done: str = ""
) -> Response:
    """Show all webhooks and the form of a new one."""
    context = await _list_context(desk, who, NewForm(events=[EVERY_EVENT]), {})
    return PAGES.TemplateResponse(
        request, "webhooks.html", {**context, "notice": DONE.get(done, "")}
    )


@routes.post("/webhooks")
async def create_webhook(
    request: Request, desk: DeskOfRequest, who: Admin, form: Annotated[NewForm, Form()]
) -> Response:
    """Set up a webhook and show its secret, this once; refused, show what was typed again."""
    try:
        webhook_id = await _create(desk.webhooks, who, form)
    except (IncompleteError, ValidationError) as error:
        context = await _list_context(desk, who, form, _faults_of(error))
        return PAGES.TemplateResponse(
            request, "webhooks.html", context, status_code=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    return await _page_of(request, desk, who, webhook_id, show_secret=True)


@routes.get("/webhooks/{webhook_id}")
async def show_webhook(
    request: Request, webhook_id: UUID, desk: DeskOfRequest, who: Admin, done: str = ""
) -> Response:
    """Show one webhook and its last deliveries."""
    return await _page_of(request, desk, who, webhook_id, notice=DONE.get(done, ""))


@routes.post("/webhooks/{webhook_id}")
async def act_on_webhook(
    request: Request,
    webhook_id: UUID,
    desk: DeskOfRequest,
    who: Admin,
    form: Annotated[ActForm, Form()],
) -> Response:
    """Do what a button asks, on the version that it was shown on."""
    with webhook_problems():
        async with desk.webhooks.transactions.of(who.tenant) as webhooks:
            endpoint = await handling.locked(webhooks, webhook_id, form.version)
            await _do(form.do, desk.webhooks, who, webhooks, endpoint)
    if form.do == "rotate":
        return await _page_of(request, desk, who, webhook_id, show_secret=True)
    place = "/webhooks" if form.do == "delete" else f"/webhooks/{webhook_id}"
    return RedirectResponse(f"{place}?done={form.do}", status_code=HTTPStatus.SEE_OTHER)


@routes.post("/webhooks/{webhook_id}/replay")
async def replay_delivery(
    webhook_id: UUID, desk: DeskOfRequest, who: Admin, form: Annotated[ReplayForm, Form()]
) -> Response:
    """Deliver one message again."""
    with webhook_problems():
        async with desk.webhooks.transactions.of(who.tenant) as webhooks:
            await replay_one(desk.webhooks, webhooks, webhook_id, form.delivery)
    return RedirectResponse(f"/webhooks/{webhook_id}?done=replay", status_code=HTTPStatus.SEE_OTHER)


async def _create(office: Office, who: Principal, form: NewForm) -> UUID:
    new = NewWebhook(url=form.url.strip(), description=form.description, events=tuple(form.events))
    request = request_of(who, form.key, "create", new.wishes())

    async def act(webhooks: Webhooks) -> Answer:
        endpoint = await handling.create(office, request, webhooks, new.wishes())
        return Answer(status=HTTPStatus.CREATED, body=str(endpoint.webhook_id), etag="")

    await handling.refuse_bad_destination(office, new.url)
    with webhook_problems():
        return UUID((await once(office, request, act)).body)


async def _do(
    act: Do, office: Office, who: Principal, webhooks: Webhooks, endpoint: Endpoint
) -> None:
    webhook_id = endpoint.webhook_id
    match act:
        case "disable":
            await handling.disable(office, request_of(who, ""), webhooks, endpoint)
        case "enable":
            await handling.enable(office, webhooks, endpoint)
        case "delete":
            await webhooks.delete(webhook_id)
        case "rotate":
            await handling.rotate(office, webhooks, endpoint)
        case "test":
            await enqueue_test_event(webhooks, webhook_id, who.tenant, office.clock)
        case "replay-failed":
            await webhooks.replay_failed(webhook_id, office.clock.now())


async def _list_context(
    desk: Desk, who: Principal, form: NewForm, faults: Mapping[str, str]
) -> dict[str, Any]:
    program = await program_of(desk.programs, who)
    shown, _ = await handling.read_list(desk.webhooks, who.tenant, None, SHOWN_AT_ONCE)
    return {
        "shown": shown,
        "zone": program.time_zone,
        "form": form,
        "faults": faults,
        "events": EVENTS,
        "key": secrets.token_urlsafe(12),
    }


async def _page_of(
    request: Request,
    desk: Desk,
    who: Principal,
    webhook_id: UUID,
    *,
    show_secret: bool = False,
    notice: str = "",
) -> Response:
    program, office = await program_of(desk.programs, who), desk.webhooks
    with webhook_problems():
        one = await handling.read_one(office, who.tenant, webhook_id)
        found, _ = await handling.read_deliveries(
            office, who.tenant, webhook_id, limit=SHOWN_AT_ONCE
        )
    context = {
        "one": one,
        "endpoint": one.endpoint,
        "deliveries": found,
        "zone": program.time_zone,
        "secret": secret_shown(office, one.endpoint) if show_secret else "",
        "notice": notice,
    }
    return PAGES.TemplateResponse(request, "webhook.html", context)


def _faults_of(error: IncompleteError | ValidationError) -> dict[str, str]:
    """Return what is wrong by field, with everything about event types under their fieldset."""
    if isinstance(error, IncompleteError):
        return dict(error.faults)
    return {str(one["loc"][0]): one["msg"].removeprefix("Value error, ") for one in error.errors()}
