"""What the follow-up API gives of a customer's page and of the re-survey."""

from __future__ import annotations

from pydantic import BaseModel, Field

from services.routing.bootstrap import Desk
from services.routing.domain.promise import wants_person
from services.routing.domain.resurvey import AskedScale, Asking, Ending
from services.routing.domain.transitions import WORKERS, standing
from services.routing.handlers import promising
from services.routing.handlers.promising import Kept
from services.routing.handlers.reading import Case
from services.routing.routes.deps import actor_of
from services.routing.routes.schemas import FollowUpView, view_of
from shared.contracts.events import Moment
from shared.web.auth import Principal
from shared.web.programs import program_of


class PromiseView(BaseModel):
    """The customer's own page.

    `url` opens it without sign-in and lets its holder speak as the customer: it is null for those
    who do not work on the follow-up. `wants_person`: they asked for a person, and nobody has
    begun to contact them since.
    """

    url: str | None
    told_customer: str | None
    wants_person: bool
    call_asked_at: Moment | None
    erasure_asked_at: Moment | None


class ReSurveyView(BaseModel):
    """The latest asking whether it is solved. `ending` is null as long as it can be answered."""

    asked_at: Moment
    expires_at: Moment
    scale: AskedScale
    ending: Ending | None
    value: float | None
    settled_at: Moment | None


class FollowUpDetail(FollowUpView):
    """A follow-up with its customer's page and the re-survey, null before a resolution."""

    promise: PromiseView
    resurvey: ReSurveyView | None = Field(default=None)


async def detail_of(desk: Desk, who: Principal, case: Case) -> FollowUpDetail:
    """Return a follow-up as `who` may see it."""
    kept = await promising.kept_for(desk.promises, case.followup)
    program = await program_of(desk.programs, who)
    position = standing(case.followup, actor_of(who), program, desk.clock.now())
    url = desk.promises.address_of(kept.promise) if position in WORKERS else None
    return FollowUpDetail(
        **dict(view_of(case.followup)),
        promise=_promise(kept, case, url),
        resurvey=_resurvey(kept.asked) if kept.asked else None,
    )


def _promise(kept: Kept, case: Case, url: str | None) -> PromiseView:
    promise = kept.promise
    return PromiseView(
        url=url,
        told_customer=promise.told_customer,
        wants_person=wants_person(promise, case.history),
        call_asked_at=promise.call_asked_at,
        erasure_asked_at=promise.erasure_asked_at,
    )


def _resurvey(asked: Asking) -> ReSurveyView:
    return ReSurveyView(
        asked_at=asked.asked_at,
        expires_at=asked.expires_at,
        scale=asked.scale,
        ending=asked.ending,
        value=asked.value,
        settled_at=asked.settled_at,
    )
