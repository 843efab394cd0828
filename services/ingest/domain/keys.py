"""Publisher keys: shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "clp_"
_RANDOM_BYTES = 32


def new_key() -> str:
    """Return a key that nobody can guess: 256 random bits behind a prefix that tells its kind."""
    return PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def key_hash(key: str) -> bytes:
    """Return what is kept of a key: its SHA-256.

    A key is random, not a password that somebody chose, so a slow hash would protect nothing.
    """
    return hashlib.sha256(key.encode(errors="surrogateescape")).digest()
