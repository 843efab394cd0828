"""The re-survey: a customer is asked whether it is solved, once for each resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.routing.domain.followup import FollowUp
from services.routing.errors import RoutingError
from shared.contracts.events import FollowUpState
from shared.program.document import Program

AskedScale = Literal["nps", "csat", "ces", "stars", "thumbs"]
Verdict = Literal["happy", "neutral", "unhappy", "no_response"]
#: A round that nobody can answer any more because the follow-up went on without it.
Ending = Literal["happy", "neutral", "unhappy", "no_response", "overtaken"]

#: What can be answered on each scale, from the lowest to the highest.
CHOICES: Mapping[AskedScale, range] = {
    "nps": range(11),
    "csat": range(1, 6),
    "ces": range(1, 8),
    "stars": range(1, 6),
    "thumbs": range(2),
}
#: Somebody thinks that it is solved.
SOLVED_STATES = frozenset({FollowUpState.RESOLVED, FollowUpState.VERIFIED, FollowUpState.CLOSED})


class NotAskedError(RoutingError):
    """There is no question that could be answered now, or no such answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of asking. Nobody who did not answer has a scale or a value."""

    verdict: Verdict
    scale: AskedScale | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One asking. `number` is the follow-up's version that resolved it, so later ones are higher.

    The question stands from `asked_at` until `expires_at`, unless it is settled before.
    """

    followup_id: UUID
    tenant: str
    number: int
    asked_at: datetime
    expires_at: datetime
    scale: AskedScale
    settled_at: datetime | None = None
    ending: Ending | None = None
    value: float | None = None

    def stands(self, now: datetime) -> bool:
        """Whether the question can be answered now."""
        return self.settled_at is None and self.asked_at <= now < self.expires_at


def asking_of(followup: FollowUp, program: Program) -> Asking:
    """Return the asking that the follow-up's present version, which resolved it, leads to."""
    asked_at = followup.changed_at + timedelta(hours=program.resurvey.after_hours)
    return Asking(
        followup_id=followup.followup_id,
        tenant=followup.tenant,
        number=followup.version,
        asked_at=asked_at,
        expires_at=asked_at + timedelta(days=program.resurvey.wait_days),
        scale=_scale_of(followup),
    )


def _scale_of(followup: FollowUp) -> AskedScale:
    """Return the scale of the first rating; a custom one's ends are not known, so yes or no."""
    match followup.voice.scale:
        case "nps" | "csat" | "ces" | "stars" as scale:
            return scale
        case _:
            return "thumbs"


def answered(asked: Asking, value: int, program: Program, now: datetime) -> tuple[Asking, Answered]:
    """Return the round with its answer, judged by the program's scales. Raises NotAskedError."""
    if not asked.stands(now):
        raise NotAskedError("Nothing is asked now.")
    if value not in CHOICES[asked.scale]:
        raise NotAskedError(f"{value} is not on the scale {asked.scale}.")
    answer = Answered(
        verdict=_judged(asked.scale, value, program), scale=asked.scale, value=float(value)
    )
    return settled(asked, answer.verdict, now, answer.value), answer


def settled(asked: Asking, ending: Ending, now: datetime, value: float | None = None) -> Asking:
    """Return the round as it ended."""
    return replace(asked, settled_at=now, ending=ending, value=value)


def lapsed(
    asked: Asking, followup: FollowUp, latest: Asking | None, now: datetime
) -> Ending | None:
    """Return how a round ends that nobody answered in time; None when it has time left.

    Only the latest round of a follow-up that still counts as solved had nobody's answer; any other
    was overtaken by what happened.
    """
    if asked.settled_at is not None or now < asked.expires_at:
        return None
    is_latest = latest is not None and latest.number == asked.number
    return "no_response" if is_latest and followup.state in SOLVED_STATES else "overtaken"


def _judged(scale: AskedScale, value: float, program: Program) -> Verdict:
    cut = program.scale(scale)
    if value <= cut.detractor_max:
        return "unhappy"
    return "happy" if value >= cut.promoter_min else "neutral"
