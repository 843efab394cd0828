"""Keeps what owners confirm, for models to learn from: the worker's second subscription."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.scoring.adapters.confirmations import PostgresConfirmations, ensure_partitions
from services.scoring.domain.confirmation import Confirmations, confirmation_of
from shared.contracts.codec import decoder
from shared.contracts.events import FollowUpChanged
from shared.contracts.records import Outcome
from shared.kafka.worker import Subscription
from shared.postgres.ledger import LedgeredCommit
from shared.postgres.pool import Connection, Pool
from shared.program.admission import Admission
from shared.program.store import ProgramStore

GROUP: Final = "scoring"
TOPIC: Final = "followup.changed.v1"


async def keep_confirmations(
    confirmations: Confirmations, events: Sequence[FollowUpChanged]
) -> list[Outcome]:
    """Keep each version of a follow-up once; return an outcome for each event, in order.

    Nothing depends on the order in which versions come: of a follow-up the highest counts.
    """
    versions = {one.id: one for one in map(confirmation_of, events)}
    new = set(await confirmations.add([versions[id_] for id_ in sorted(versions)]))
    outcomes = []
    for event in events:
        id_ = confirmation_of(event).id
        outcomes.append(Outcome(fresh=id_ in new))
        new.discard(id_)
    return outcomes


async def confirmations(pool: Pool, programs: ProgramStore) -> Subscription[FollowUpChanged]:
    """Return the subscription that keeps them, in `pool`, which runs as the worker's role."""
    await ensure_partitions(pool)
    return Subscription(
        topic=TOPIC,
        decode=decoder(FollowUpChanged),
        admit=Admission(programs),
        commit=LedgeredCommit(pool=pool, group=GROUP, effects=_keep),
    )


async def _keep(connection: Connection, events: Sequence[FollowUpChanged]) -> Sequence[Outcome]:
    return await keep_confirmations(PostgresConfirmations(connection), events)
