"""What customers are told about a change that they led to: the words, whom, and when it may go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.outer_loop.domain.plan import in_words
from services.outer_loop.errors import InvalidPlanError, PlanError
from shared.contracts.communications import (
    CUSTOMER_LANGUAGES,
    FALLBACK_LANGUAGE,
    LONGEST_CHANGE_TEXT,
)
from shared.contracts.plans import PlanState

Basis = Literal["confirmed", "suggested"]

#: The change is made in these: there is something to tell.
TELLABLE = frozenset({PlanState.IMPLEMENTED, PlanState.MEASURING, PlanState.EFFECTIVE})
#: So many go out with one approval; whoever is left waits for the next communication.
MOST_RECIPIENTS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopCommunication:
    """What changed, in the words of a person, by language. `version` counts its changes from 1.

    `with_suggested`: it goes to customers as well whose cause nobody has confirmed, only their
    words suggest it. Sent, it never changes any more.
    """

    communication_id: UUID
    tenant: str
    issue_id: UUID
    plan_id: UUID
    version: int
    texts: Mapping[str, str]
    with_suggested: bool
    written_by: str
    written_at: datetime
    changed_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None

    @property
    def is_sent(self) -> bool:
        """Whether somebody has approved it."""
        return self.approved_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A customer whom the change concerns, by the follow-up that says so.

    `can_be_written_to`: a mail address is known and they want to hear from us, as far as the
    follow-up's last change says. `is_told`: they were told about the issue, or it is on its way.
    """

    customer_id: str
    followup_id: UUID
    basis: Basis
    language: str | None
    can_be_written_to: bool
    is_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many customers of one basis there are, and how many of them may be told now."""

    customers: int
    told: int
    without_contact: int
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom the change concerns, and what those read who are to be told now, the most first."""

    confirmed: Reach
    suggested: Reach
    languages: Mapping[str, int]


def written(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts as they are kept: trimmed, empty ones left out, by language.

    Raises InvalidPlanError without English words, which everybody falls back on, for a text
    that is too long, and for a language that customers can't read their page in.
    """
    found = {language: text.strip() for language, text in texts.items() if text.strip()}
    for language, text in found.items():
        _check(language, text)
    if FALLBACK_LANGUAGE not in found:
        raise InvalidPlanError(
            "There are no English words.",
            field=f"texts.{FALLBACK_LANGUAGE}",
            remedy="Write it in English too: whoever reads none of the other languages gets that.",
        )
    return dict(sorted(found.items()))


def _check(language: str, text: str) -> None:
    if language not in CUSTOMER_LANGUAGES:
        raise InvalidPlanError(
            f"Customers can't read their page in {language!r}.",
            field=f"texts.{language}",
            remedy=f"One of: {', '.join(sorted(CUSTOMER_LANGUAGES))}.",
        )
    if len(text) > LONGEST_CHANGE_TEXT:
        raise InvalidPlanError(
            f"The text has {len(text):,} characters.",
            field=f"texts.{language}",
            remedy=f"Say it in {LONGEST_CHANGE_TEXT:,} or fewer: it is a note, not a report.",
        )
    if "\0" in text:
        raise InvalidPlanError(
            "The text holds a character that nothing can show (U+0000).",
            field=f"texts.{language}",
            remedy="Take it out.",
        )


def refuse_too_early(state: PlanState) -> None:
    """Raise PlanError unless the change is made."""
    if state not in TELLABLE:
        raise PlanError(
            f"The plan is {in_words(state)}: there is no change to tell yet.",
            remedy="Tell customers once it is implemented.",
        )


def revised(
    before: LoopCommunication, texts: Mapping[str, str], *, with_suggested: bool, at: datetime
) -> LoopCommunication:
    """Return the draft with other words; raises PlanError when it is sent."""
    _refuse_sent(before)
    return replace(
        before,
        version=before.version + 1,
        texts=written(texts),
        with_suggested=with_suggested,
        changed_at=at,
    )


def approved(before: LoopCommunication, *, by: str, at: datetime) -> LoopCommunication:
    """Return it as sent; raises PlanError when it is sent already."""
    _refuse_sent(before)
    return replace(
        before, version=before.version + 1, changed_at=at, approved_by=by, approved_at=at
    )


def recipients(candidates: Iterable[Candidate], *, with_suggested: bool) -> list[Candidate]:
    """Return who may be told now, those with a confirmed cause first, up to the limit."""
    may = [one for one in candidates if _may(one) and (with_suggested or one.basis == "confirmed")]
    return sorted(may, key=lambda one: (one.basis, one.customer_id))[:MOST_RECIPIENTS]


def audience(candidates: Sequence[Candidate], *, with_suggested: bool = True) -> Audience:
    """Return how many customers the change concerns and how many may be told.

    Languages are counted without those of suggested causes where these are not to be told.
    """
    languages = Counter(
        primary(one.language)
        for one in candidates
        if _may(one) and (with_suggested or one.basis == "confirmed")
    )
    return Audience(
        confirmed=_reach([one for one in candidates if one.basis == "confirmed"]),
        suggested=_reach([one for one in candidates if one.basis == "suggested"]),
        languages=dict(languages.most_common()),
    )


def primary(language: str | None) -> str:
    """Return the language that a customer reads, of those there are; English without any."""
    first = (language or "").partition("-")[0].lower()
    return first if first in CUSTOMER_LANGUAGES else FALLBACK_LANGUAGE


def _may(one: Candidate) -> bool:
    return one.can_be_written_to and not one.is_told


def _reach(candidates: Sequence[Candidate]) -> Reach:
    told = sum(one.is_told for one in candidates)
    now = sum(map(_may, candidates))
    return Reach(
        customers=len(candidates), told=told, without_contact=len(candidates) - told - now, now=now
    )


def _refuse_sent(one: LoopCommunication) -> None:
    if one.is_sent:
        raise PlanError(
            "It is sent: what customers have read does not change any more.",
            remedy="Write another one for those who were not told.",
        )
