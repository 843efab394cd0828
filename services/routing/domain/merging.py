"""Two follow-ups of one customer about one touchpoint become one, and two again.

The younger one goes into the older one, so that nobody is answered twice, and no later than they
were promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from services.routing.domain.commands import Changed
from services.routing.domain.followup import FollowUp
from services.routing.domain.merged import Merged
from services.routing.domain.ports import FollowUps
from services.routing.domain.transitions import WORKERS, Actor, standing
from services.routing.errors import IncompleteError, NotMergeableError, NotYoursError
from shared.contracts.events import FollowUpState
from shared.program.document import Program

#: What was opened so far apart is one matter no more.
WITHIN = timedelta(days=7)
#: How histories and webhooks name it: for the one that goes, and for the one that stays.
MERGED, ABSORBED = "merged", "absorbed"
SPLIT, SPLIT_OFF = "split", "split_off"


class Pair(NamedTuple):
    """Two changes that are made together: of the younger follow-up and of the older one."""

    younger: Changed
    older: Changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who merges or splits, and the name that histories keep."""

    actor: Actor
    name: str


def merge(
    younger: FollowUp, older: FollowUp, person: Person, program: Program, now: datetime
) -> Pair:
    """Return both one version on, the younger one merged into the older one.

    Raises IncompleteError (they are not one customer's about one touchpoint within seven days, or
    stand the wrong way round), NotYoursError, or NotMergeableError (one is not open, or the
    customer would wait longer than promised).
    """
    if fault := misfit(younger, older):
        raise IncompleteError({"into": fault})
    _refuse_strangers(younger, older, person.actor, program, now)
    if fault := hindrance(younger, older):
        raise NotMergeableError(fault, remedy="Work on them one by one.")
    merged = Merged(
        followup_id=younger.followup_id,
        version=younger.version + 1,
        into=older.followup_id,
        tenant=younger.tenant,
        state_before=younger.state,
        merged_at=now,
        by=person.actor.subject,
        by_name=person.name,
    )
    gone = replace(younger.next_version(now), state=FollowUpState.MERGED)
    return Pair(
        younger=Changed(followup=gone, change=MERGED, merged=merged),
        older=Changed(followup=older.next_version(now), change=ABSORBED, merged=merged),
    )


def split(
    younger: FollowUp,
    older: FollowUp,
    merged: Merged | None,
    person: Person,
    program: Program,
    now: datetime,
) -> Pair:
    """Return both one version on, the younger one as it was before it was `merged`.

    Its deadlines are those that it would have had. Raises NotMergeableError where it is not merged
    into `older`, NotYoursError for who does not work on both.
    """
    if merged is None or merged.into != older.followup_id:
        raise NotMergeableError(
            "It is not merged into that follow-up.",
            remedy="Read it again: it may be split already.",
        )
    _refuse_strangers(younger, older, person.actor, program, now)
    return Pair(
        younger=Changed(
            followup=replace(younger.next_version(now), state=merged.state_before),
            change=SPLIT,
            merged=merged,
        ),
        older=Changed(followup=older.next_version(now), change=SPLIT_OFF, merged=merged),
    )


def in_order(one: FollowUp, other: FollowUp) -> tuple[FollowUp, FollowUp]:
    """Return the two, the younger one first."""
    older, younger = sorted((one, other), key=_age)
    return younger, older


def misfit(younger: FollowUp, older: FollowUp) -> str:
    """Say why the two are not one matter, or the wrong way round; nothing when they fit."""
    if younger.followup_id == older.followup_id:
        return "It can't go into itself: name another follow-up."
    if younger.voice.customer_id != older.voice.customer_id:
        return "That is another customer's: name a follow-up of the same customer."
    if younger.voice.touchpoint != older.voice.touchpoint:
        return "That is about another touchpoint: name one about the same."
    if abs(younger.opened_at - older.opened_at) > WITHIN:
        return f"They were opened more than {WITHIN.days} days apart: name one nearer to it."
    if _age(younger) < _age(older):
        return "That is the younger one: merge it into this one instead."
    return ""


def hindrance(younger: FollowUp, older: FollowUp) -> str:
    """Say why the younger one can't go into the older one now; nothing when it can."""
    if not (younger.is_open and older.is_open):
        closed = older if younger.is_open else younger
        return f"One of the two is {closed.state.value.replace('_', ' ')}: both have to be open."
    if younger.due_at < older.due_at:
        return "The older one is due later: its customer would wait longer than promised."
    return ""


def _age(followup: FollowUp) -> tuple[datetime, UUID]:
    return followup.opened_at, followup.followup_id


def _refuse_strangers(
    younger: FollowUp, older: FollowUp, actor: Actor, program: Program, now: datetime
) -> None:
    for one in (younger, older):
        if standing(one, actor, program, now) not in WORKERS:
            raise NotYoursError(
                f"The follow-up {one.followup_id} is {one.owner or 'nobody'}'s.",
                remedy="Take it first, or ask the team's lead: who merges works on both.",
            )


class Merges(FollowUps, Protocol):
    """One tenant's follow-ups and what was merged, in one transaction."""

    async def lock_customer(self, customer_id: str) -> None:
        """Wait until nobody else changes what of the customer's belongs together."""
        ...

    async def merged(self, followup_id: UUID) -> Merged | None:
        """Return into what it is merged; None when it stands by itself."""
        ...

    async def family(self, followup_id: UUID) -> list[FollowUp]:
        """Return it and all that belong together with it, the one that stands by itself first."""
        ...

    async def candidates(self, followup: FollowUp, limit: int) -> list[FollowUp]:
        """Return open follow-ups of its customer about its touchpoint, opened near to it."""
        ...

    async def keep(self, merged: Merged) -> None:
        """Keep that one was merged."""
        ...

    async def end(self, merged: Merged, now: datetime) -> None:
        """Keep that it was split again."""
        ...


class MergeTransactions(Protocol):
    """Opens transactions for merging."""

    def of_merges(self, tenant: str) -> AbstractAsyncContextManager[Merges]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """What belongs together with a follow-up.

    `into` says where it went, None when it stands by itself: `parent` is that one, `survivor` the
    one that stands by itself. `merged` are those that went into it, `candidates` those that it can
    be merged with now.
    """

    into: Merged | None
    parent: FollowUp | None
    survivor: FollowUp | None
    merged: Sequence[FollowUp]
    candidates: Sequence[FollowUp]
