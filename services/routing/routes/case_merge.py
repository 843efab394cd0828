"""The part of a case's page that shows what else its customer said, and makes two cases one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.routing.bootstrap import Desk
from services.routing.domain.followup import FollowUp
from services.routing.domain.merged import Merged
from services.routing.domain.merging import in_order
from services.routing.domain.transitions import WORKERS, standing
from services.routing.handlers.merging import read_belonging
from services.routing.handlers.reading import Case
from services.routing.routes import wording
from services.routing.routes.deps import actor_of
from shared.program.document import Program
from shared.web.auth import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another follow-up of the customer: how it stands, and what a button does to the two."""

    followup: FollowUp
    state: str
    score: str
    younger: FollowUp
    older: FollowUp
    can_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePart:
    """What the page shows: `parent` is what it was merged into, `survivor` where work goes on."""

    into: Merged | None
    parent: Other | None
    survivor: FollowUp | None
    merged: Sequence[Other]
    candidates: Sequence[Other]


async def merge_part(desk: Desk, who: Principal, case: Case, program: Program) -> MergePart:
    """Return the part for somebody who looks at a case."""
    followup, actor, now = case.followup, actor_of(who), desk.clock.now()
    found = await read_belonging(desk.merges, who.tenant, followup.followup_id)

    def works_on(one: FollowUp) -> bool:
        return standing(one, actor, program, now) in WORKERS

    def other(one: FollowUp) -> Other:
        younger, older = in_order(followup, one)
        return Other(
            followup=one,
            state=wording.STATES[one.state],
            score=wording.score_words(one.voice),
            younger=younger,
            older=older,
            can_change=works_on(followup) and works_on(one),
        )

    return MergePart(
        into=found.into,
        parent=other(found.parent) if found.parent else None,
        survivor=found.survivor,
        merged=[other(one) for one in found.merged],
        candidates=[other(one) for one in found.candidates],
    )
