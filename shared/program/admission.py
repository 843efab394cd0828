"""Lets events through to a handler whose tenant has an active program, and refuses the others.

It runs before the batch's transaction, so that no batch holds a connection while it waits for
another.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from shared.contracts.records import Batch, Entry, Rejected
from shared.errors import TransientError
from shared.postgres.pool import TRANSIENT_ERRORS
from shared.program.store import ProgramStore, unknown_tenant


class OfTenant(Protocol):
    """An event, or anything else that one tenant owns."""

    @property
    def tenant(self) -> str: ...  # noqa: D102  (the word is the vocabulary's)


E = TypeVar("E", bound=OfTenant)


@dataclass(frozen=True, slots=True)
class Admission:
    """Judges the events of a batch by their tenants."""

    programs: ProgramStore

    async def __call__(self, batch: Batch[E]) -> Batch[E]:
        """Return `batch` with the events of unknown tenants refused.

        Raises TransientError when PostgreSQL is away.
        """
        events = [one.decoded for one in batch.entries if not isinstance(one.decoded, Rejected)]
        tenants = {event.tenant for event in events}
        try:
            known = await self.programs.active_for(tenants)
        except TRANSIENT_ERRORS as error:
            raise TransientError(f"PostgreSQL: {type(error).__name__}: {error}") from error
        if known.keys() >= tenants:
            return batch
        return replace(batch, entries=[_judged(entry, known) for entry in batch.entries])


def _judged(entry: Entry[E], known: Container[str]) -> Entry[E]:
    if isinstance(entry.decoded, Rejected) or entry.decoded.tenant in known:
        return entry
    return Entry(entry.record, unknown_tenant(entry.decoded.tenant))
