"""Customers are told what changed because of them: who may be, in which words, and only once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import RecordedChange
from services.routing.domain.replies import (
    Wording,
    filled,
    is_address,
    languages_of,
    one_line,
    plain,
)
from shared.contracts.communications import (
    FALLBACK_LANGUAGE,
    LoopCommunicationSent,
    LoopCommunicationTold,
    ToldCustomer,
    WhyNotTold,
)
from shared.contracts.events import FollowUpState
from shared.contracts.records import Outgoing
from shared.ids import derived_id
from shared.program.document import Program

#: What a history calls it when the customer was told.
TOLD_OF_CHANGE = "told_of_change"
#: Nobody is told of two changes within so long: it would read like advertising.
QUIET = timedelta(days=7)
_SOURCE = "urn:closedloop:routing"
_TOPIC = "loop.communication.told.v1"

State = Literal["queued", "sent", "not_reachable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWording:
    """What stands around what changed, in one language."""

    subject: str
    lead: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMail:
    """A mail that tells what changed, in the parts around the link to the customer's page.

    The link stands in `link_line` as {promise_link}, and is known when the mail is sent.
    """

    language: str
    sender_name: str
    sender: str
    recipient: str
    subject: str
    opening: str
    link_line: str
    ending: str

    def body(self, promise_link: str) -> str:
        """Return the mail's text with the link."""
        link = self.link_line.replace("{promise_link}", promise_link)
        return "\n\n".join([self.opening, link, self.ending]) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One customer and what they are told: `mail` is None where nobody can be, for `why_not`.

    `named_id` is the follow-up that led to it, `approved_by` the name of who sent it.
    """

    telling_id: UUID
    tenant: str
    communication_id: UUID
    issue_id: UUID
    named_id: UUID
    customer_id: str
    texts: Mapping[str, str]
    approved_by: str
    created_at: datetime
    state: State
    why_not: WhyNotTold | None = None
    settled_at: datetime | None = None
    language: str | None = None
    mail: ChangeMail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What one customer was told before: about which issues, and when last of any."""

    issues: frozenset[UUID] = frozenset()
    last: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """All that decides whether a customer may be told: their case and what was before.

    `followup` is None when there is no such case, or it is not this customer's.
    """

    followup: FollowUp | None
    is_erased: bool
    before: Before


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordings:
    """Words by language: around what changed, and around every mail of the program."""

    changes: Mapping[str, ChangeWording]
    replies: Mapping[str, Wording]

    def of(self, program: Program) -> Wordings:
        """Return the words as a program has them."""
        return Wordings(changes=self.changes, replies=languages_of(self.replies, program))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a customer's page says of one change, by language, and since when."""

    texts: Mapping[str, str]
    created_at: datetime


class Communications(Protocol):
    """Where tellings are kept, of all tenants, in one transaction."""

    async def known(self, ids: Sequence[UUID]) -> Mapping[UUID, Telling]:
        """Return those that are kept already."""
        ...

    async def addressees(self, events: Sequence[LoopCommunicationSent]) -> Mapping[UUID, Addressee]:
        """Return by telling what decides; whoever else writes to these customers waits."""
        ...

    async def add(self, tellings: Sequence[Telling]) -> None:
        """Keep new ones, and have those that are queued sent."""
        ...

    async def settle(
        self, telling_id: UUID, state: State, why_not: str | None, at: datetime, fault: str
    ) -> Telling | None:
        """Keep what became of a queued one and return it; None when that is known already."""
        ...

    async def locked(self, named_id: UUID) -> FollowUp | None:
        """Return the case that a follow-up is worked on in, locked."""
        ...

    async def note(self, row: RecordedChange) -> None:
        """Write a case's next version, which says that its customer was told."""
        ...

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Have messages published when the transaction has ended well."""
        ...


#: Opens a transaction.
OpenCommunications = Callable[[], AbstractAsyncContextManager[Communications]]


def telling_id_of(event: LoopCommunicationSent) -> UUID:
    """Return the id of telling one customer by one communication, whoever computes it."""
    return derived_id(
        "loop communication", str(event.data.communication_id), event.data.customer_id
    )


def tell(
    event: LoopCommunicationSent,
    to: Addressee,
    *,
    wordings: Wordings,
    program: Program,
    now: datetime,
) -> Telling:
    """Return how the customer is told, or why they are not."""
    told = event.data
    why_not = _why_not(event, to, program, now)
    mail = None
    if why_not is None and to.followup is not None:
        mail = compose(told.texts, to.followup, wordings=wordings, program=program)
    return Telling(
        telling_id=telling_id_of(event),
        tenant=event.tenant,
        communication_id=told.communication_id,
        issue_id=told.issue_id,
        named_id=told.followup_id,
        customer_id=told.customer_id,
        texts=told.texts,
        approved_by=program.owner_name(told.approved_by),
        created_at=now,
        state="queued" if mail else "not_reachable",
        why_not=why_not,
        settled_at=None if mail else now,
        language=mail.language if mail else None,
        mail=mail,
    )


def _why_not(
    event: LoopCommunicationSent, to: Addressee, program: Program, now: datetime
) -> WhyNotTold | None:
    followup, before = to.followup, to.before
    if to.is_erased:
        return "erased"
    if followup is None or not is_address((followup.voice.contact_email or "").strip()):
        return "no_address"
    if followup.state is FollowUpState.DECLINED_CONTACT:
        return "declined"
    if program.contact.mail is None:
        return "no_sender"
    if event.data.issue_id in before.issues or (before.last and now < before.last + QUIET):
        return "told_lately"
    return None


def compose(
    texts: Mapping[str, str], followup: FollowUp, *, wordings: Wordings, program: Program
) -> ChangeMail:
    """Return the mail in the customer's language where there are words, else in English.

    The whole mail is in one language. Names are single lines: none of them adds a header.
    """
    language = _language(followup, texts, wordings)
    around, greeting = wordings.changes[language], wordings.replies[language]
    name, company = one_line(followup.voice.contact_name or ""), one_line(program.name)
    places = {"name": name, "company": company, "owner": company}
    hello = greeting.greeting if name else greeting.greeting_unnamed
    lines = (filled(hello, places), filled(around.lead, places), plain(texts[language]))
    return ChangeMail(
        language=language,
        sender_name=company,
        sender=program.contact.mail.sender if program.contact.mail else "",
        recipient=(followup.voice.contact_email or "").strip(),
        subject=one_line(filled(around.subject, places)),
        opening="\n\n".join(lines),
        link_line=filled(around.answer, places),
        ending="\n".join([filled(greeting.closing, places), company]),
    )


def _language(followup: FollowUp, texts: Mapping[str, str], wordings: Wordings) -> str:
    tag = followup.voice.language or FALLBACK_LANGUAGE
    known = texts.keys() & wordings.changes.keys() & wordings.replies.keys()
    return next((one for one in (tag, tag.split("-")[0]) if one in known), FALLBACK_LANGUAGE)


def told_event(telling: Telling) -> LoopCommunicationTold:
    """Return the event that says what became of a telling that is settled."""
    at = telling.settled_at or telling.created_at
    return LoopCommunicationTold(
        specversion="1.0",
        id=str(derived_id(_TOPIC, str(telling.telling_id))),
        source=_SOURCE,
        type="loop.communication.told.v1",
        time=at,
        subject=telling.customer_id,
        tenant=telling.tenant,
        data=ToldCustomer(
            communication_id=telling.communication_id,
            issue_id=telling.issue_id,
            followup_id=telling.named_id,
            customer_id=telling.customer_id,
            outcome="told" if telling.state == "sent" else "not_reachable",
            language=telling.language if telling.state == "sent" else None,
            why_not=telling.why_not,
            at=at,
        ),
    )
