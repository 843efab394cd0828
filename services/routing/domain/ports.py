"""What the handlers need kept and found again, whoever keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.routing.domain.channel_messages import ChannelReply
from services.routing.domain.contacts import ContactAttempt
from services.routing.domain.escalation import Told
from services.routing.domain.followup import FollowUp
from services.routing.domain.later import Said
from services.routing.domain.mails import Reply
from services.routing.domain.mentions import Unseen
from services.routing.domain.opening import Rotation
from services.routing.domain.resurvey import Asking
from services.routing.domain.staffing import Inquiry, Staffing
from services.routing.domain.why import Why
from shared.contracts.events import FollowUpState
from shared.contracts.records import Outgoing

#: Where a page of a list by time to breach ended.
Position = tuple[datetime, UUID]
#: Counts go up to here, those of words that many follow-ups hold up to FOUND_UP_TO.
COUNTED_UP_TO = 1_000
FOUND_UP_TO = 500
#: How many words a search looks for; more are left out.
MOST_WORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """The event that told of a follow-up's opening, as it was published."""

    tenant: str
    customer_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    """A new entry of a follow-up's history. `message` is the published event.

    `why` is there where the follow-up got an owner; `mentioned` are whom the note names.
    """

    followup: FollowUp
    change: str
    actor: str
    actor_name: str
    note: str | None
    message: str
    why: Why | None = None
    mentioned: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """What happened to a follow-up at one version."""

    version: int
    change: str
    state: FollowUpState
    owner: str | None
    actor: str
    actor_name: str
    note: str | None
    changed_at: datetime
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are: `number`, or at least so many when counting stopped there."""

    number: int
    is_exact: bool

    @classmethod
    def up_to(cls, most: int, counted: int) -> Count:
        """Return the count of which `counted`, at most one more than `most`, have been seen."""
        return cls(min(counted, most), counted <= most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which follow-ups are wanted: what is None does not filter.

    `words` are looked for, all of them, in what the customer said, names and ids of open
    follow-ups; `ids` and `patterns` are what they come to.
    """

    open_only: bool = False
    states: Sequence[str] | None = None
    owner: str | None = None
    unowned: bool = False
    teams: Sequence[str] | None = None
    severities: Sequence[str] | None = None
    touchpoint: str | None = None
    language: str | None = None
    segment: str | None = None
    rule: str | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    last_resort: bool | None = None
    escalated: bool | None = None
    issue_id: UUID | None = None
    words: Sequence[str] = ()
    ids: Sequence[UUID] | None = None
    patterns: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Whose inbox is looked at, in which view, when, and when their day ends."""

    subject: str
    teams: Sequence[str]
    view: str
    now: datetime
    today_ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDue:
    """When the next follow-up falls due, and whose calendar says so."""

    at: datetime
    team: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCounts:
    """How many open follow-ups each view of the inbox holds, and which falls due next."""

    views: Mapping[str, Count]
    dues: Mapping[str, Count]
    next_due: NextDue | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request was answered with. `replayed` says that it was so before."""

    status: int
    body: str
    etag: str
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """The answer under an idempotency key, and the fingerprint of the request it answered."""

    fingerprint: bytes
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How many follow-ups a rotation has given out, and the last turn of each of its people."""

    position: int
    turns: Mapping[str, int]


class Openings(Protocol):
    """Opens follow-ups, of all tenants, in the transaction that it was made for."""

    async def lock_rotations(self, rotations: Sequence[Rotation]) -> dict[Rotation, Round]:
        """Lock `rotations`, which must be sorted, and return how they stand."""
        ...

    async def learn(self, staffing: Staffing, inquiry: Inquiry) -> None:
        """Let `staffing` know the loads and last owners that `inquiry` asks for, if any."""
        ...

    async def advance_rotations(
        self, positions: Mapping[Rotation, int], turns: Mapping[Rotation, Mapping[str, int]]
    ) -> None:
        """Set the rotations to new positions and turns."""
        ...

    async def opened_messages(self, feedback_ids: Sequence[UUID]) -> dict[UUID, StoredMessage]:
        """Return, by feedback id, how the follow-ups that exist already were announced."""
        ...

    async def insert(self, followups: Sequence[FollowUp]) -> set[UUID]:
        """Insert new follow-ups; return the feedback ids of those that were not there yet."""
        ...

    async def record(self, changes: Sequence[RecordedChange]) -> None:
        """Append to the follow-ups' histories."""
        ...

    async def hear(self, said: Sequence[Said]) -> None:
        """Keep what customers said with their follow-ups that were resolved not long before."""
        ...


class FollowUps(Protocol):
    """One tenant's follow-ups, in one transaction."""

    async def find(self, followup_id: UUID, *, for_update: bool = False) -> FollowUp | None:
        """Return the follow-up, locked until the transaction ends when it is to be changed."""
        ...

    async def has_issue(self, issue_id: UUID) -> bool:
        """Return whether the outer loop has told of a systemic issue."""
        ...

    async def history(self, followup: FollowUp) -> list[HistoryEntry]:
        """Return everything that happened to the follow-up, oldest first."""
        ...

    async def told(self, followup_id: UUID) -> list[Told]:
        """Return who was told that time runs out, in the order in which they were."""
        ...

    async def page(self, wanted: Filter, after: Position | None, limit: int) -> list[FollowUp]:
        """Return up to `limit` follow-ups by time to breach, those behind the position `after`."""
        ...

    async def looked_up(self, wanted: Filter) -> Filter:
        """Return the filter with what its words come to, for `page` and `count`."""
        ...

    async def count(self, wanted: Filter) -> Count:
        """Return how many follow-ups match, as far as they are counted."""
        ...

    async def count_views(self, watch: Watch) -> ViewCounts:
        """Return how many open follow-ups the inbox's views hold for one person."""
        ...

    async def update(self, followup: FollowUp) -> None:
        """Write a follow-up's next version; raises OvertakenError when another one stands there."""
        ...

    async def record(self, changes: Sequence[RecordedChange]) -> None:
        """Append to the follow-ups' histories."""
        ...

    async def ask_again(self, asked: Asking) -> None:
        """Keep that the customer is to be asked whether it is solved."""
        ...

    async def add_attempt(self, attempt: ContactAttempt) -> None:
        """Keep an attempt to reach the customer, for good."""
        ...

    async def attempts(self, followup_id: UUID) -> list[ContactAttempt]:
        """Return the attempts to reach the customer, oldest first."""
        ...

    async def add_reply(self, reply: Reply) -> None:
        """Keep a reply and have it sent when the transaction has ended well."""
        ...

    async def replies(self, followup_id: UUID) -> list[Reply]:
        """Return the replies to the customer, oldest first."""
        ...

    async def add_channel_reply(self, reply: ChannelReply) -> None:
        """Keep a reply and have its webhook told when the transaction has ended well."""
        ...

    async def unseen(self, whom: str) -> Sequence[Unseen]:
        """Return what somebody has not seen of their mentions, the latest first."""
        ...

    async def see(self, followup_id: UUID, whom: str, now: datetime) -> None:
        """Keep that somebody has seen their mentions in a case."""
        ...

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Have `messages` published when the transaction has ended well."""
        ...

    async def claim_key(self, subject: str, key: str, fingerprint: bytes) -> KeptAnswer | None:
        """Take `key` for this transaction; return the answer that is kept under a used one."""
        ...

    async def keep_answer(self, subject: str, key: str, answer: Answer) -> None:
        """Keep `answer` under a key that this transaction has taken."""
        ...


class Transactions(Protocol):
    """Opens transactions."""

    def of(self, tenant: str) -> AbstractAsyncContextManager[FollowUps]:
        """Open a transaction that sees the follow-ups of `tenant` and no others."""
        ...
