"""Escalations by mail: who is told of what, in which words, and many of them in one mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.routing.domain.escalation import Told
from services.routing.domain.followup import FollowUp
from services.routing.domain.mails import Mail
from services.routing.domain.replies import one_line
from services.routing.domain.timetable import Step
from shared.ids import derived_id
from shared.program.document import Program
from shared.program.escalation import Level

#: So many escalations are told to one person by a mail each within WINDOW; more come in one.
MOST_BY_THEMSELVES = 5
WINDOW = timedelta(minutes=10)
#: So many cases a mail lists at most.
MOST_LISTED = 50
_FALLBACK = "en"

#: What becomes of what waits for a person: a mail each, one for all, or nothing yet.
Way = Literal["each", "together", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Somebody is to be told by mail that a step of a follow-up runs out, or has run out."""

    alert_id: UUID
    tenant: str
    followup_id: UUID
    version: int
    customer_id: str
    step: Step
    level: Level
    share: float
    deadline: datetime
    whom: str
    name: str
    recipient: str
    language: str
    fired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertWording:
    """What such a mail says in one language, with {places}; `why` by level."""

    subject: str
    greeting: str
    until: str
    since: str
    why: tuple[str, str, str, str]
    many: str
    more: str
    acknowledge: str
    first_contact: str
    next_contact: str
    resolve: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLetter:
    """A mail to somebody of the staff that tells of `alerts`."""

    letter_id: UUID
    tenant: str
    mail: Mail
    alerts: Sequence[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """How much waits for a person, and of how much they were told within WINDOW."""

    tenant: str
    whom: str
    waiting: int
    recent: int

    @property
    def way(self) -> Way:
        """Return what becomes of it: nobody gets more than MOST_BY_THEMSELVES within WINDOW."""
        if self.recent + self.waiting <= MOST_BY_THEMSELVES:
            return "each"
        return "later" if self.recent else "together"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMail:
    """What became of the mail about one escalation; `waiting` until it is written."""

    state: Literal["waiting", "queued", "sent", "failed"]
    sent_at: datetime | None
    fault: str | None
    is_with_others: bool


def alert_of(followup: FollowUp, told: Told, program: Program) -> Alert | None:
    """Return how somebody is told by mail; None where `program` has no address or no sender."""
    person = program.owner(told.told) if told.told else None
    if person is None or person.email is None or program.contact.mail is None:
        return None
    return Alert(
        alert_id=derived_id(
            "alert", str(followup.followup_id), told.round, told.step.value, int(told.level)
        ),
        tenant=followup.tenant,
        followup_id=followup.followup_id,
        version=told.version,
        customer_id=followup.voice.customer_id,
        step=told.step,
        level=told.level,
        share=told.share,
        deadline=_deadline(followup, told.step),
        whom=person.id,
        name=person.name,
        recipient=person.email,
        language=person.languages[0] if person.languages else _FALLBACK,
        fired_at=told.fired_at,
    )


def letters_for(
    pile: Pile,
    alerts: Sequence[Alert],
    wordings: Mapping[str, AlertWording],
    program: Program,
    public_url: str,
) -> list[StaffLetter]:
    """Return the mails that tell a person of `alerts`, which are all that wait for them."""
    if pile.way == "later":
        return []
    if pile.way == "each" or len(alerts) == 1:
        return [_letter([one], wordings, program, public_url) for one in alerts]
    return [_letter(alerts, wordings, program, public_url)]


def _letter(
    alerts: Sequence[Alert],
    wordings: Mapping[str, AlertWording],
    program: Program,
    public_url: str,
) -> StaffLetter:
    first = alerts[0]
    language = _language_of(first, wordings)
    words, desk = wordings[language], _Desk(program=program, public_url=public_url.rstrip("/"))
    is_alone = len(alerts) == 1
    ids = sorted(one.alert_id for one in alerts)
    return StaffLetter(
        letter_id=first.alert_id if is_alone else derived_id("alerts", *map(str, ids)),
        tenant=first.tenant,
        mail=Mail(
            language=language,
            sender_name=one_line(program.name),
            sender=program.contact.mail.sender if program.contact.mail else "",
            recipient=first.recipient,
            subject=one_line(
                _line(first, words) if is_alone else words.many.format(count=len(alerts))
            ),
            body=desk.about_one(first, words) if is_alone else desk.about_many(alerts, words),
            written="",
        ),
        alerts=ids,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """Whose program it is, and where its inbox stands."""

    program: Program
    public_url: str

    def about_one(self, alert: Alert, words: AlertWording) -> str:
        late = alert.deadline <= alert.fired_at
        deadline = (words.since if late else words.until).format(deadline=self._moment(alert))
        parts = [
            words.greeting.format(name=one_line(alert.name)),
            f"{_line(alert, words)}\n{deadline}",
            self._case(alert),
            f"{words.why[alert.level]}\n{one_line(self.program.name)}",
        ]
        return "\n\n".join(parts) + "\n"

    def about_many(self, alerts: Sequence[Alert], words: AlertWording) -> str:
        parts = [words.greeting.format(name=one_line(alerts[0].name))]
        parts += [
            f"{_line(one, words)}\n{self._moment(one)}\n{self._case(one)}"
            for one in alerts[:MOST_LISTED]
        ]
        if (left := len(alerts) - MOST_LISTED) > 0:
            parts.append(f"{words.more.format(count=left)}\n{self.public_url}/inbox")
        parts.append(one_line(self.program.name))
        return "\n\n".join(parts) + "\n"

    def _moment(self, alert: Alert) -> str:
        zone = self.program.time_zone
        return f"{alert.deadline.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"

    def _case(self, alert: Alert) -> str:
        return f"{self.public_url}/inbox/{alert.followup_id}"


def _line(alert: Alert, words: AlertWording) -> str:
    return words.subject.format(
        customer=one_line(alert.customer_id),
        share=f"{alert.share:.0%}",
        goal=getattr(words, alert.step.value),
    )


def _language_of(alert: Alert, wordings: Mapping[str, AlertWording]) -> str:
    tag = alert.language.lower()
    return next((one for one in (tag, tag.split("-")[0]) if one in wordings), _FALLBACK)


def _deadline(followup: FollowUp, step: Step) -> datetime:
    steps = followup.timetable.steps if followup.timetable else ()
    return next((one.due_at for one in steps if one.step is step), followup.due_at)
