"""The counts by day, kept exact with the facts, on the connection of one transaction.

A batch reckons in this order, the same for all: rebuilds away, facts, customers held, counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from services.outer_loop.adapters.columns import columns
from services.outer_loop.domain.counting import CauseMet
from services.outer_loop.domain.issue import FeedbackFact, IssueKey
from shared.postgres.pool import Connection
from shared.postgres.sqlfile import load

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "counts.sql")

_VOICE = (
    "tenant", "touchpoint", "department", "segment", "journey", "place", "product", "category",
    "occurred_at",
)  # fmt: skip
_MET = (
    "tenant", "customer_id", "kind", "touchpoint", "department", "what", "why", "occurred_at",
    "what_millionths", "why_millionths", "things",
)  # fmt: skip
_REBUILD = (
    "clear_voices", "clear_sightings", "clear_causes", "clear_customers", "rebuild_voices",
    "rebuild_sightings", "rebuild_causes", "rebuild_customers", "rebuild_known",
)  # fmt: skip
_REBUILDS_WITHIN_S = 7_200.0


async def begin_counting(connection: Connection, zones: Mapping[str, str]) -> None:
    """Keep rebuilds away and fix the zone of each tenant that is new. Comes before the facts."""
    await connection.execute(QUERIES["keep_rebuilds_away"])
    await connection.execute(QUERIES["fix_zones"], list(zones), list(zones.values()))


async def count_voices(connection: Connection, facts: Sequence[FeedbackFact]) -> None:
    """Add feedback, new since the last call, to the counts of its day."""
    await connection.execute(QUERIES["count_voices"], *columns(facts, _VOICE))


async def count_causes(connection: Connection, met: Sequence[CauseMet]) -> None:
    """Bring the counts of causes up to date, for customers that no other batch counts now."""
    if not met:
        return
    customers = columns(met, ("tenant", "customer_id"))
    await connection.execute(QUERIES["meet_customers"], *customers)
    await connection.execute(QUERIES["hold_customers"], *customers)
    await connection.execute(QUERIES["count_causes"], *columns(met, _MET))


async def know_causes(connection: Connection, keys: Sequence[IssueKey]) -> None:
    """Remember that owners confirmed these causes."""
    await connection.execute(
        QUERIES["know_causes"], *columns(keys, ("tenant", "touchpoint", "what"))
    )


async def uncounted(connection: Connection) -> bool:
    """Return whether there are facts from before there were counts."""
    found: bool = await connection.fetchval(QUERIES["uncounted"])
    return found


async def rebuild(connection: Connection, zones: Mapping[str, str]) -> None:
    """Count everything anew from the facts, in days of these zones. Batches wait meanwhile."""
    await connection.execute(QUERIES["keep_batches_away"])
    await connection.execute(QUERIES["change_zones"], list(zones), list(zones.values()))
    for name in _REBUILD:
        await connection.execute(QUERIES[name], timeout=_REBUILDS_WITHIN_S)
