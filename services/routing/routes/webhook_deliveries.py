"""/followups/v1/webhooks/{id}/deliveries: what became of each message, and trying it again."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Literal
from uuid import UUID, uuid4

from fastapi import APIRouter
from pydantic import TypeAdapter

from services.routing.domain.changes import SOURCE
from services.routing.domain.ports import Answer
from services.routing.domain.webhook_ports import Webhooks
from services.routing.domain.webhooks import UnknownWebhookError
from services.routing.handlers import webhooks as handling
from services.routing.handlers.webhooks import Office, once
from services.routing.routes.deps import DeskOfRequest
from services.routing.routes.followups import PREFIX
from services.routing.routes.webhook_schemas import (
    DeliveryList,
    Queued,
    Replay,
    delivery_view_of,
    webhook_problems,
)
from services.routing.routes.webhooks import (
    PROBLEMS,
    Admin,
    Cursor,
    Key,
    Limit,
    request_of,
)
from shared.clock import Clock
from shared.web.pagination import decode_cursor, encode_cursor

TEST_EVENT = "webhook.test.v1"

routes = APIRouter(prefix=f"{PREFIX}/webhooks", tags=["webhooks"])

_POSITION: TypeAdapter[tuple[UUID]] = TypeAdapter(tuple[UUID])


@routes.post("/{webhook_id}/test-events", status_code=202, responses=PROBLEMS)
async def send_test_event(
    webhook_id: UUID, desk: DeskOfRequest, who: Admin, *, key: Key = ""
) -> Queued:
    """Have a message of type webhook.test.v1 delivered, whatever event types are asked for."""
    office = desk.webhooks

    async def act(webhooks: Webhooks) -> Answer:
        await handling.found(webhooks, webhook_id)
        await enqueue_test_event(webhooks, webhook_id, who.tenant, office.clock)
        return _queued(1)

    with webhook_problems():
        return _queued_of(await once(office, request_of(who, key, "test", webhook_id), act))


@routes.post("/{webhook_id}/replays", status_code=202, responses=PROBLEMS)
async def replay(
    webhook_id: UUID, wanted: Replay, desk: DeskOfRequest, who: Admin, *, key: Key = ""
) -> Queued:
    """Deliver again: all that was given up, or all changes since a moment.

    A message keeps its id, so that a receiver that has it can drop it.
    """
    office = desk.webhooks

    async def act(webhooks: Webhooks) -> Answer:
        endpoint = await handling.found(webhooks, webhook_id, for_update=True)
        if wanted.since is not None:
            return _queued(await handling.replay_since(office, webhooks, endpoint, wanted.since))
        return _queued(await webhooks.replay_failed(webhook_id, office.clock.now()))

    with webhook_problems():
        request = request_of(who, key, "replay", webhook_id, wanted)
        return _queued_of(await once(office, request, act))


@routes.get("/{webhook_id}/deliveries", responses=PROBLEMS)
async def list_deliveries(
    webhook_id: UUID,
    desk: DeskOfRequest,
    who: Admin,
    *,
    state: Literal["pending", "delivered", "failed"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeliveryList:
    """List an endpoint's deliveries, newest first: delivered ones for 7 days, failed ones 30."""
    after = decode_cursor(cursor, _POSITION)[0] if cursor else None
    with webhook_problems():
        found, following = await handling.read_deliveries(
            desk.webhooks, who.tenant, webhook_id, state=state, after=after, limit=limit
        )
    return DeliveryList(
        items=[delivery_view_of(one) for one in found],
        next=encode_cursor((following,)) if following else None,
    )


@routes.post("/{webhook_id}/deliveries/{delivery_id}/replays", status_code=202, responses=PROBLEMS)
async def replay_delivery(
    webhook_id: UUID, delivery_id: UUID, desk: DeskOfRequest, who: Admin, *, key: Key = ""
) -> Queued:
    """Deliver one message again, under the same id."""
    office = desk.webhooks

    async def act(webhooks: Webhooks) -> Answer:
        await replay_one(office, webhooks, webhook_id, delivery_id)
        return _queued(1)

    with webhook_problems():
        request = request_of(who, key, "replay", webhook_id, delivery_id)
        return _queued_of(await once(office, request, act))


async def replay_one(
    office: Office, webhooks: Webhooks, webhook_id: UUID, delivery_id: UUID
) -> None:
    """Have one delivery made again; raises UnknownWebhookError when there is none."""
    await handling.found(webhooks, webhook_id)
    if not await webhooks.replay_one(webhook_id, delivery_id, office.clock.now()):
        raise UnknownWebhookError(
            f"There is no delivery {delivery_id} of this webhook, or it is under way just now."
        )


async def enqueue_test_event(
    webhooks: Webhooks, webhook_id: UUID, tenant: str, clock: Clock
) -> None:
    """Have a message delivered that says nothing but that messages arrive."""
    message_id, now = uuid4(), clock.now()
    body = {
        "specversion": "1.0",
        "id": str(message_id),
        "source": SOURCE,
        "type": TEST_EVENT,
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "tenant": tenant,
        "data": {"webhook_id": str(webhook_id)},
    }
    text = json.dumps(body, separators=(",", ":"))
    await webhooks.enqueue_one(webhook_id, message_id, TEST_EVENT, text, now)


def _queued(count: int) -> Answer:
    return Answer(status=HTTPStatus.ACCEPTED, body=Queued(queued=count).model_dump_json(), etag="")


def _queued_of(answer: Answer) -> Queued:
    return Queued.model_validate_json(answer.body)
