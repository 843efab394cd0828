"""A customer's own page: whom its link lets in, what they see, and what colleagues put there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.routing.domain.communications import Shown
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import HistoryEntry
from services.routing.domain.promise import QUEUED, Place, Promise, is_expired
from services.routing.domain.promise_link import LAST_GENERATION, Link, link_of, token_of
from services.routing.domain.promise_ports import Promises, PromiseTransactions
from services.routing.domain.resurvey import SOLVED_STATES, Asking
from services.routing.domain.transitions import WORKERS, Actor, standing
from services.routing.errors import NotYoursError, RoutingError, UnknownFollowUpError
from services.routing.handlers.joined import shared_promise
from shared.program.document import Program
from shared.program.store import ProgramStore


class DeadLinkError(RoutingError):
    """The link opens nothing: altered, replaced, expired or never made. They all look the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseOffice:
    """What customers' pages take. `secret` is CLOSEDLOOP_SECRET, which signs their links."""

    transactions: PromiseTransactions
    secret: str = field(repr=False)
    public_url: str

    def address_of(self, promise: Promise) -> str:
        """Return the address of the customer's page."""
        link = Link(followup_id=promise.followup_id, generation=promise.generation)
        return f"{self.public_url.rstrip('/')}/p/{token_of(link, self.secret)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A customer whose link names a follow-up that there is."""

    tenant: str
    link: Link
    program: Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a customer's page is made of. `asked` is the latest round of a solved follow-up.

    Where the one that the link names was merged, `followup` is the one that it is worked on in;
    `merged` are those that are one case with it; `changes` what the customer was told of changes.
    """

    followup: FollowUp
    merged: Sequence[FollowUp]
    history: Sequence[HistoryEntry]
    promise: Promise
    program: Program
    place: Place | None
    asked: Asking | None
    changes: Sequence[Shown] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseEdit:
    """What somebody who works on a follow-up changes about its page."""

    told_customer: str | None = None
    replaces_link: bool = False

    def applied(self, promise: Promise) -> Promise:
        """Return the promise with the change."""
        if self.replaces_link:
            return replace(promise, generation=min(promise.generation + 1, LAST_GENERATION))
        return replace(promise, told_customer=(self.told_customer or "").strip() or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept beside a follow-up: its page, and the latest asking if there was one."""

    promise: Promise
    asked: Asking | None


async def admit(office: PromiseOffice, programs: ProgramStore, token: str) -> Guest:
    """Return whose page a token opens; raises DeadLinkError."""
    link = link_of(token, office.secret)
    if link is None:
        raise DeadLinkError("This link was not made here.")
    tenant = await office.transactions.tenant_of(link.followup_id)
    program = (await programs.active_for([tenant])).get(tenant) if tenant else None
    if tenant is None or program is None:
        raise DeadLinkError("What this link names is not here.")
    return Guest(tenant=tenant, link=link, program=program)


async def visit(office: PromiseOffice, guest: Guest, now: datetime) -> Visit:
    """Return what the customer sees; raises DeadLinkError."""
    async with office.transactions.of_promises(guest.tenant) as promises:
        family = await behind(promises, guest, now)
        followup, *merged = family
        return Visit(
            followup=followup,
            merged=merged,
            history=await promises.history(followup),
            promise=await shared_promise(promises, family),
            program=guest.program,
            place=await promises.place(followup) if followup.state in QUEUED else None,
            asked=await asked_of(promises, followup),
            changes=await promises.changes_told(family),
        )


async def kept_for(office: PromiseOffice, followup: FollowUp) -> Kept:
    """Return what is kept beside a follow-up, for those who work on it."""
    async with office.transactions.of_promises(followup.tenant) as promises:
        family = await promises.family(followup)
        is_survivor = family[0].followup_id == followup.followup_id
        return Kept(
            promise=await shared_promise(promises, family if is_survivor else [followup]),
            asked=await latest_asking(promises, followup.followup_id),
        )


async def edit(
    office: PromiseOffice,
    tenant: str,
    followup_id: UUID,
    change: PromiseEdit,
    *,
    actor: Actor,
    program: Program,
    now: datetime,
) -> None:
    """Change what the customer reads, or replace their link: the one before works no longer.

    Raises UnknownFollowUpError; NotYoursError for who does not work on the follow-up.
    """
    async with office.transactions.of_promises(tenant) as promises:
        followup = await promises.find(followup_id, for_update=True)
        if followup is None:
            raise UnknownFollowUpError(f"There is no follow-up {followup_id}.")
        if standing(followup, actor, program, now) not in WORKERS:
            raise NotYoursError("Only who works on it writes to its customer.")
        await promises.keep(change.applied(await promises.promise(followup)))


async def behind(
    promises: Promises, guest: Guest, now: datetime, *, for_update: bool = False
) -> list[FollowUp]:
    """Return what the link opens, and all that were merged with it behind it.

    Raises DeadLinkError.
    """
    named = await promises.find(guest.link.followup_id)
    if named is None:
        raise DeadLinkError("What this link names is not here.")
    family = await promises.family(named, for_update=for_update)
    if is_expired(family[0], guest.program, now):
        raise DeadLinkError("The time of this link is over.")
    if (await promises.promise(named)).generation != guest.link.generation:
        raise DeadLinkError("This link was replaced by another one.")
    return family


async def asked_of(promises: Promises, followup: FollowUp) -> Asking | None:
    """Return the latest asking of a follow-up that counts as solved, None for another."""
    if followup.state not in SOLVED_STATES:
        return None
    return await latest_asking(promises, followup.followup_id)


async def latest_asking(promises: Promises, followup_id: UUID) -> Asking | None:
    """Return the latest asking, None when there was none."""
    rounds = await promises.rounds(followup_id)
    return rounds[-1] if rounds else None
