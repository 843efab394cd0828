"""Decides which version of a tenant's program counts from when, in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self
from unicodedata import category

from shared.errors import ClosedLoopError
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load
from shared.program.timeline import Start, Timeline

QUERIES = load(Path(__file__).parent / "sql" / "program.sql")


#: A version that follows another counts so much later at the earliest: by then every worker has
#: heard of it (store.FRESH_FOR_S), however its clock is a little off, and none judges by the old
#: version what another, or a later reading of the same topic, would judge by the new one.
LEAD = timedelta(seconds=10)

#: Control characters, among them U+0000, and lone surrogates: PostgreSQL keeps neither.
_NO_TEXT = frozenset({"Cc", "Cs"})


class ActivationError(ClosedLoopError):
    """X."""


class NoReasonError(ActivationError):
    """An activation does not say who wants it, or why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Who wants an activation, and why. Raises NoReasonError when one is not said."""

    who: str
    why: str

    def __post_init__(self) -> None:
        if not (self.who.strip() and self.why.strip()):
            raise NoReasonError(
                "An activation is kept with who wanted it and why.", remedy="Say both."
            )
        if any(category(sign) in _NO_TEXT for sign in self.who + self.why):
            raise NoReasonError(
                "Who wanted it, or why, has signs that are no text.",
                remedy="Write it on one line, in UTF-8.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """That a version of the tenant's program should count from `start` on."""

    connection: Connection
    tenant: str
    reason: Reason
    now: datetime
    start: datetime
    timeline: Timeline

    @classmethod
    async def begin(
        cls,
        connection: Connection,
        tenant: str,
        reason: Reason,
        *,
        now: datetime,
        start: datetime | None,
    ) -> Self:
        """Hold back other decisions about `tenant` until the transaction ends.

        Without `start` the version counts as soon as can be: at once where it is the first one,
        after LEAD where it follows another. It never counts from before a decision that was made
        already, by a machine whose clock is ahead. Raises ActivationError for a `start` that is
        sooner.
        """
        await connection.execute(QUERIES["lock_tenant"], tenant)
        rows = await connection.fetch(QUERIES["decisions"], tenant)
        decided_at = max([now, *(row["activated_at"] for row in rows)])
        earliest = decided_at + LEAD if rows else decided_at
        if start is not None and start < earliest:
            raise ActivationError(
                f"{start.isoformat()} is past or too soon: what is scored till then keeps its"
                " score, and every worker has to hear of the change.",
                remedy=f"Name a moment from {earliest.isoformat()} on, or none.",
            )
        return cls(
            connection=connection,
            tenant=tenant,
            reason=reason,
            now=decided_at,
            start=start or earliest,
            timeline=Timeline(
                Start(row["active_from"], row["activation_id"], row["version"]) for row in rows
            ),
        )

    async def keep(self, document: str, base: str | None) -> int:
        """Return the version that `document` has: a new one unless it counts then already.

        `base` is the taxonomy that it is built on, kept with it.
        """
        digest = hashlib.sha256((document + (base or "")).encode()).digest()
        counting = self.timeline.version_at(self.start)
        if counting and await self._digest(counting) == digest:
            return counting
        version: int = await self.connection.fetchval(
            QUERIES["insert_version"],
            self.tenant,
            document,
            base,
            digest,
            self.reason.who,
            self.reason.why,
            self.now,
        )
        await self._let_count(version)
        return version

    async def go_back(self, to: int) -> None:
        """Let the version `to` count again. Raises ActivationError when it can't, or does."""
        if await self._digest(to) is None:
            raise ActivationError(
                f"There is no version {to} of {self.tenant!r}.",
                remedy="closedloop program history lists those there are.",
            )
        if self.timeline.version_at(self.start) == to:
            raise ActivationError(
                f"Version {to} of {self.tenant!r} counts then anyway.", remedy="Nothing is to do."
            )
        await self._let_count(to)

    async def _digest(self, version: int) -> bytes | None:
        digest: bytes | None = await self.connection.fetchval(
            QUERIES["digest"], self.tenant, version
        )
        return digest

    async def _let_count(self, version: int) -> None:
        await self.connection.execute(
            QUERIES["insert_activation"],
            self.tenant,
            version,
            self.start,
            self.now,
            self.reason.who,
            self.reason.why,
        )
