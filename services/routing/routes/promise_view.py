"""What a customer's page says, in sentences of their language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.routing.domain.communications import Shown
from services.routing.domain.followup import FollowUp
from services.routing.domain.promise import (
    Commitment,
    Place,
    commitment_of,
    holds_words,
    wants_person,
)
from services.routing.domain.resurvey import CHOICES, SOLVED_STATES, Asking
from services.routing.domain.timetable import Step
from services.routing.domain.transitions import team_of
from services.routing.handlers.promising import Visit
from services.routing.routes.languages import FALLBACK, Catalogue
from shared.contracts.events import FollowUpState
from shared.program.document import Program

_GOALS = {
    Step.ACKNOWLEDGE: "acknowledge",
    Step.FIRST_CONTACT: "contact",
    Step.NEXT_CONTACT: "contact",
    Step.RESOLVE: "resolve",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The re-survey as it is asked: each choice's value and what it says."""

    words: str
    hint: str
    choices: Sequence[tuple[int, str]]
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the customer said at one time, empty without words, and when it came in."""

    said: str
    said_in: str
    received: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldChange:
    """What changed because of the customer, and the language that it is said in."""

    words: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseView:
    """The parts of the page; a part that is empty is not there.

    `lines` say what the customer can count on, `is_late` that a promise was broken; `joined` that
    several cases became this one.
    """

    company: str
    heard: Sequence[Heard]
    who: str
    state: str
    joined: str
    mood: Literal["", "good", "warn"]
    lines: Sequence[str]
    is_late: bool
    place: str
    done: Sequence[str]
    question: Question | None
    answered: str
    person_asked: str
    phone: str
    is_open: bool
    is_erased: bool
    can_erase: bool
    changes: Sequence[ToldChange] = ()


def view_of_visit(seen: Visit, say: Catalogue, now: datetime) -> PromiseView:
    """Return what the page says to a customer who reads `say`."""
    followup, program, promise = seen.followup, seen.program, seen.promise
    zone = program.zone_of(followup.team)
    commitment = commitment_of(followup, program, now)
    asked = seen.asked
    called = promise.call_asked_at if wants_person(promise, seen.history) else None
    return PromiseView(
        company=program.name,
        heard=[_heard(one, say, zone) for one in (followup, *seen.merged)],
        who=_who(followup, program, say),
        state=say(f"state_{followup.state.value}"),
        joined=say("state_merged") if seen.merged else "",
        mood=_mood(followup),
        lines=promised(followup, commitment, say, zone),
        is_late=commitment is not None and commitment.missed is not None,
        place=_place(seen.place, say) if seen.place else "",
        done=_done(seen, say),
        question=_question(asked, program, say, zone) if asked and asked.stands(now) else None,
        answered=_answered(asked, say, zone),
        person_asked=say("person_asked", moment=say.at(called, zone)) if called else "",
        phone=program.promise.phone or "",
        is_open=followup.is_open,
        is_erased=promise.erasure_asked_at is not None,
        can_erase=promise.erasure_asked_at is None
        or holds_words(followup, seen.history)
        or any(holds_words(one, ()) for one in seen.merged),
        changes=[_change(one, say) for one in seen.changes],
    )


def _change(told: Shown, say: Catalogue) -> ToldChange:
    """Return the words in the language of the page where they were written in it."""
    language = say.tag if say.tag in told.texts else FALLBACK
    return ToldChange(words=told.texts[language], language=language)


def _heard(followup: FollowUp, say: Catalogue, zone: str) -> Heard:
    voice = followup.voice
    return Heard(
        said=voice.text or "",
        said_in=voice.language or "",
        received=say("received", moment=say.at(voice.received_at, zone)),
    )


def promised(
    followup: FollowUp, commitment: Commitment | None, say: Catalogue, zone: str
) -> list[str]:
    """Say what the customer can count on, and first what was promised and not kept."""
    if commitment is None:
        return []
    due = say.at(commitment.due_at, zone)
    if followup.state is FollowUpState.WAITING_CUSTOMER:
        return [say("promise_waiting", moment=due)]
    told = say(f"promise_{_GOALS[commitment.step]}", moment=due)
    if commitment.missed is None:
        return [told]
    missed = say.at(commitment.missed.due_at, zone)
    return [
        say(f"missed_{_GOALS[commitment.missed.step]}", moment=missed),
        f"{say('renewed')} {told}",
    ]


def _who(followup: FollowUp, program: Program, say: Catalogue) -> str:
    team = team_of(followup, program)
    team_name = team.name if team else program.name
    owner = program.owner(followup.owner) if followup.owner else None
    if owner is None or program.promise.shows == "team":
        return team_name
    return say("whose", name=owner.name.split()[0], team=team_name)


def _mood(followup: FollowUp) -> Literal["", "good", "warn"]:
    if followup.state in SOLVED_STATES:
        return "good"
    return "warn" if followup.state is FollowUpState.WAITING_CUSTOMER else ""


def _place(place: Place, say: Catalogue) -> str:
    if not place.is_exact:
        return say("place_many", n=place.ahead)
    if place.may_overtake:
        return say("place_range", low=place.ahead, high=place.ahead + place.may_overtake)
    return say.many("place", place.ahead) if place.ahead else say("place_next")


def _done(seen: Visit, say: Catalogue) -> list[str]:
    """Return the owner's words to the customer, else what can be said of any such cause."""
    solved = seen.followup.resolution
    if solved is None:
        return []
    if seen.promise.told_customer:
        return [seen.promise.told_customer]
    because = f"done_{solved.why}"
    return [say("done_any"), *([say(because)] if say.holds(because) else [])]


def _question(asked: Asking, program: Program, say: Catalogue, zone: str) -> Question:
    own = program.resurvey.question
    values = CHOICES[asked.scale]
    is_word = asked.scale == "thumbs"
    words = ("no", "yes")
    return Question(
        words=own.get(say.tag) or own.get("*") or say(f"ask_{asked.scale}"),
        hint="" if is_word else say("scale", low=values[0], high=values[-1]),
        choices=[(one, say(words[one]) if is_word else str(one)) for one in values],
        until=say("until", moment=say.at(asked.expires_at, zone)),
    )


def _answered(asked: Asking | None, say: Catalogue, zone: str) -> str:
    if asked is None or asked.settled_at is None or asked.value is None:
        return ""
    return say("answered", moment=say.at(asked.settled_at, zone))
