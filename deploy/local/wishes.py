"""What whoever starts the product may choose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The choices of one start.

    Servers that are named are used as they are; those that are not are started here.
    """

    port: int | None = None
    fresh: bool = False
    database_url: str | None = None
    kafka_bootstrap_servers: str | None = None
