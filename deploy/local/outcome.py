"""What the product has made of what it was given, counted where it is kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from deploy.ledger.collect import prove
from deploy.ledger.proof import Proof
from shared.kafka.admin import extents
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load
from shared.settings import Settings

QUERIES = load(Path(__file__).parent / "sql" / "outcome.sql")
SUBMITTED = "feedback.submitted.v1"

#: Row-level security is forced: only the service's own role sees every tenant.
_COUNTED_AS = {
    "detractors": "closedloop_scoring",
    "followups": "closedloop_routing",
    "systemic_issues": "closedloop_outer_loop",
    "action_plans": "closedloop_outer_loop",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Counts over all tenants, and the ledger's proof.

    `published` is the number of records on the public topic, as the broker counts them.
    """

    published: int
    scored: int
    duplicates: int
    dead_letters: int
    detractors: int
    followups: int
    systemic_issues: int
    action_plans: int
    proof: Proof

    @property
    def adds_up(self) -> bool:
        """Tell whether every published record has its outcome and the ledger is clean."""
        accounted = self.scored + self.duplicates + self.dead_letters
        return self.published == accounted and self.proof.holds


async def count_outcome(settings: Settings) -> Outcome:
    """Count. Raises TransientError when a server cannot be reached."""
    topic = settings.topic_prefix + SUBMITTED
    held = await asyncio.to_thread(extents, settings.kafka_bootstrap_servers, [topic])
    connection = await asyncpg.connect(settings.database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            feedback = await connection.fetchrow(QUERIES["feedback"], SUBMITTED)
            counts = {
                name: await _count(connection, name, role) for name, role in _COUNTED_AS.items()
            }
    finally:
        await connection.close()
    return Outcome(
        published=sum(extent.end - extent.start for extent in held.values()),
        **dict(feedback or {}),
        **counts,
        proof=await prove(settings),
    )


async def _count(connection: Connection, name: str, role: str) -> int:
    await connection.execute("SELECT set_config('role', $1, true)", role)
    counted: int = await connection.fetchval(QUERIES[name])
    return counted
