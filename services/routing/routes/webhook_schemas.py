"""What the webhooks' API takes and gives, and how its refusals become problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from services.routing.domain.channel_messages import REPLY_REQUESTED
from services.routing.domain.deliveries import EVERY_EVENT
from services.routing.domain.destinations import MAX_URL_CHARACTERS
from services.routing.domain.webhooks import (
    DeliveryState,
    StaleWebhookError,
    UnknownWebhookError,
    Wishes,
)
from services.routing.handlers.webhooks import Shown
from services.routing.routes.deps import problems
from services.routing.routes.schemas import Taken
from services.routing.routes.wording import CHANGES
from shared.contracts.events import FollowUpState, Moment, Name
from shared.web.preconditions import etag
from shared.web.problems import NotFoundProblem, StaleVersionProblem

#: All event types that a webhook can ask for.
EVENTS = (
    EVERY_EVENT,
    *(f"followup.{change}" for change in sorted(CHANGES)),
    *(f"followup.state.{state}" for state in FollowUpState),
    REPLY_REQUESTED,
)


def _known(event: str) -> str:
    if event not in EVENTS:
        raise ValueError(f"{event!r} is no event type: give {', '.join(EVENTS)}")
    return event


Url = Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL_CHARACTERS)]
Event = Annotated[Name, AfterValidator(_known)]
Events = Annotated[tuple[Event, ...], Field(min_length=1, max_length=len(EVENTS))]
Description = Annotated[
    str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$", strip_whitespace=True)
]


class NewWebhook(Taken):
    """An endpoint to set up."""

    url: Url
    events: Events = (EVERY_EVENT,)
    description: Description = ""

    def wishes(self) -> Wishes:
        """Return what is asked for."""
        return Wishes(url=self.url, events=self.events, description=self.description)


class WebhookPatch(Taken):
    """What is to be different about an endpoint: what is absent stays as it is."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = None

    def wishes(self) -> Wishes:
        """Return what is asked for."""
        return Wishes(url=self.url, events=self.events, description=self.description)


class Replay(Taken):
    """What is to be delivered again: all that was given up, or all changes since a moment."""

    failed: Literal[True] | None = None
    since: Moment | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Replay:
        if (self.failed is None) == (self.since is None):
            raise ValueError("give either failed or since")
        return self


class HealthView(BaseModel):
    """How deliveries went; `alarm` says that somebody should look."""

    alarm: bool
    last_success_at: Moment | None
    last_failure_at: Moment | None
    last_failure: str | None
    failing_since: Moment | None
    failures_in_a_row: int
    pending: int
    failed: int


class WebhookView(BaseModel):
    """An endpoint as it stands. `version` is its ETag."""

    webhook_id: UUID
    version: int
    url: str
    events: list[str]
    description: str
    state: Literal["enabled", "disabled"]
    disabled_at: Moment | None
    disabled_why: str | None
    previous_secret_valid_until: Moment | None
    created_at: Moment
    created_by: str
    changed_at: Moment
    health: HealthView


class WebhookWithSecret(WebhookView):
    """An endpoint with its secret, which is not shown again."""

    secret: str


class WebhookList(BaseModel):
    """A part of a list; `next` is the cursor of the following part, null at the end."""

    items: list[WebhookView]
    next: str | None


class DeliveryView(BaseModel):
    """A message on its way to an endpoint, delivered, or given up.

    `message_id` is what the endpoint gets as webhook-id.
    """

    delivery_id: UUID
    message_id: str
    event: str
    state: Literal["pending", "delivered", "failed"]
    attempts: int
    next_attempt_at: Moment | None
    created_at: Moment
    last_attempt_at: Moment | None
    delivered_at: Moment | None
    answer: int | None
    fault: str | None


class DeliveryList(BaseModel):
    """A part of a list, newest first; `next` is the cursor of the following part."""

    items: list[DeliveryView]
    next: str | None


class Queued(BaseModel):
    """How many messages were put into the queue."""

    queued: int


def view_of(shown: Shown) -> WebhookView:
    """Return an endpoint as the API shows it."""
    endpoint = shown.endpoint
    return WebhookView(
        webhook_id=endpoint.webhook_id,
        version=endpoint.version,
        url=endpoint.url,
        events=list(endpoint.events),
        description=endpoint.description,
        state="enabled" if endpoint.is_enabled else "disabled",
        disabled_at=endpoint.disabled_at,
        disabled_why=endpoint.disabled_why,
        previous_secret_valid_until=endpoint.keys.previous_until,
        created_at=endpoint.created_at,
        created_by=endpoint.created_by,
        changed_at=endpoint.changed_at,
        health=_health_of(shown),
    )


def delivery_view_of(delivery: DeliveryState) -> DeliveryView:
    """Return a delivery as the API shows it."""
    return DeliveryView(
        delivery_id=delivery.delivery_id,
        message_id=delivery.message_id,
        event=delivery.event,
        state=delivery.state,
        attempts=delivery.attempts,
        next_attempt_at=delivery.due_at if delivery.state == "pending" else None,
        created_at=delivery.created_at,
        last_attempt_at=delivery.last_attempt_at,
        delivered_at=delivery.delivered_at,
        answer=delivery.answer,
        fault=delivery.fault,
    )


@contextmanager
def webhook_problems() -> Iterator[None]:
    """Turn what the service refuses into problem details."""
    with problems():
        try:
            yield
        except UnknownWebhookError as error:
            raise NotFoundProblem(error.detail) from error
        except StaleWebhookError as error:
            raise StaleVersionProblem(
                error.detail,
                remedy=error.remedy,
                headers={"ETag": etag(error.current.version)},
            ) from error


def _health_of(shown: Shown) -> HealthView:
    health = shown.endpoint.health
    return HealthView(
        alarm=shown.endpoint.is_alarming,
        last_success_at=health.last_success_at,
        last_failure_at=health.last_failure_at,
        last_failure=health.last_failure,
        failing_since=health.failing_since,
        failures_in_a_row=health.failures,
        pending=shown.queue.pending,
        failed=shown.queue.failed,
    )
