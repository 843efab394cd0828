"""Tokens of programs: made once, kept as a hash, bounded by scopes, revoked at once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load

PREFIX = "clt_"
_RANDOM_BYTES = 32
_QUERIES = load(Path(__file__).parent / "sql" / "tokens.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What a token that works lets its program do, for one tenant."""

    tenant: str
    name: str
    roles: Sequence[str]
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedToken(AccessToken):
    """A token as operators see it. `last_used_at` may be an hour behind."""

    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


def new_token() -> str:
    """Return a token that nobody can guess: 256 random bits behind a prefix that tells its kind."""
    return PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def token_hash(token: str) -> bytes:
    """Return what is kept of a token: its SHA-256.

    A token is random, not a password that somebody chose, so a slow hash would protect nothing.
    """
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


async def token_in_use(pool: Pool, token: str) -> AccessToken | None:
    """Return what `token` allows, None when it is unknown, revoked or expired; note the use."""
    row = await pool.fetchrow(_QUERIES["token_in_use"], token_hash(token))
    return AccessToken(**row) if row else None


async def add_token(
    connection: Connection,
    token: str,
    *,
    tenant: str,
    name: str,
    roles: Collection[str],
    scopes: Collection[str],
    expires_at: datetime,
) -> bool:
    """Keep a token; False when the tenant has one of this name that is not revoked."""
    made = await connection.fetchval(
        _QUERIES["insert_token"],
        tenant,
        name,
        sorted(roles),
        sorted(scopes),
        token_hash(token),
        expires_at,
    )
    return made is not None


async def revoke_token(connection: Connection, *, tenant: str, name: str) -> bool:
    """Revoke the tenant's token of this name; False when it has none that is not revoked."""
    return await connection.fetchval(_QUERIES["revoke_token"], tenant, name) is not None


async def tokens(connection: Connection, *, tenant: str | None) -> list[ListedToken]:
    """Return the tokens of a tenant, or of all, also those that don't work any more."""
    rows = await connection.fetch(_QUERIES["list_tokens"], tenant)
    return [ListedToken(**row) for row in rows]
