"""Who signed in, when and how, and who was refused: written down, and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from shared.postgres.pool import Pool
from shared.postgres.sqlfile import load
from shared.web.auth import Principal

_QUERIES = load(Path(__file__).parent / "sql" / "web.sql")

How = Literal["provider", "link", "one_click"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One line of the record; `refused` is the problem's slug, None for who got in."""

    at: datetime
    how: How
    refused: str | None
    tenant: str | None
    subject: str | None
    name: str | None
    roles: Sequence[str]


async def note_signed_in(pool: Pool, who: Principal, how: How) -> None:
    """Write down that `who` signed in."""
    await pool.execute(
        _QUERIES["note_sign_in"], how, None, who.tenant, who.subject, who.name, sorted(who.roles)
    )


async def note_refused(
    pool: Pool, how: How, reason: str, *, tenant: str | None = None, subject: str | None = None
) -> None:
    """Write down that somebody was refused for `reason`, a problem's slug, and who, if known."""
    await pool.execute(_QUERIES["note_sign_in"], how, reason, tenant, subject, None, [])


async def sign_ins(
    pool: Pool, *, tenant: str | None, since: datetime, only_refused: bool, limit: int
) -> list[SignIn]:
    """Return the record since a moment, the newest first: of one tenant, or of all."""
    rows = await pool.fetch(_QUERIES["list_sign_ins"], tenant, since, only_refused, limit)
    return [SignIn(**row) for row in rows]
