"""Decides which version of a tenant's program counts from when, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self
from unicodedata import category

from shared.errors import ClosedLoopError
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load
from shared.program.timeline import Start, version_at

QUERIES = load(Path(__file__).parent / "sql" / "program.sql")


#: Control characters, among them U+0000, and lone surrogates: PostgreSQL keeps neither.
_NO_TEXT = frozenset({"Cc", "Cs"})


class ActivationError(ClosedLoopError):
    """An activation that can't be: of no known version, in the past, or without a reason."""


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
    starts: Sequence[Start]

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

        Without `start` the version counts from now on: never from before a decision that was
        made already, by a machine whose clock is ahead. Raises ActivationError for a `start`
        that is past.
        """
        await connection.execute(QUERIES["lock_tenant"], tenant)
        rows = await connection.fetch(QUERIES["decisions"], tenant)
        if start is not None and start < now:
            raise ActivationError(
                f"{start.isoformat()} is past: what was scored then keeps its score.",
                remedy="Name a moment to come, or none for now.",
            )
        decided_at = max([now, *(row["activated_at"] for row in rows)])
        return cls(
            connection=connection,
            tenant=tenant,
            reason=reason,
            now=decided_at,
            start=start or decided_at,
            starts=[
                Start(row["active_from"], row["activation_id"], row["version"]) for row in rows
            ],
        )

    async def keep(self, document: str, base: str | None) -> int:
        """Return the version that `document` has: a new one unless it counts then already.

        `base` is the taxonomy that it is built on, kept with it.
        """
        digest = hashlib.sha256((document + (base or "")).encode()).digest()
        counting = version_at(self.starts, self.start)
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
        if version_at(self.starts, self.start) == to:
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
