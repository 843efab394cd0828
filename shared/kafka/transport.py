"""A Faust transport that delivers batches: broker URL `batch://host:port`.

It is Faust's aiokafka transport with another way of handing out records: one message is a
chunk of consecutive records of one partition, so that Faust's cost for a message is paid once
for hundreds of events. See docs/adr/0001-batch-transport.md for what it takes to lose nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, ClassVar, cast

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord
from faust.transport.consumer import RecordMap
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message
from faust.types.transports import ConsumerT
from mode.utils.futures import notify

from shared.kafka.deliveries import Chunk, Deliveries, Hole

#: The most records in one chunk: one transaction's worth.
CHUNK_RECORDS = 500
#: A partition with so many unfinished chunks is not fetched from until some are finished.
CHUNKS_IN_HAND = 3
#: How long the broker may hold back a fetch when it has nothing new.
FETCH_WAIT_MS = 100
#: How long a fetch waits for partitions that have nothing, while others lack only room: they
#: are not asked for by this fetch, and would lie idle once they have it.
BUSY_FETCH_WAIT_S = 0.02

log = structlog.get_logger()

Records = Sequence[ConsumerRecord[bytes, bytes]]


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Faust sets 1.5 s. A fetch asks for the partitions that have room at that moment: one
        # that gets room a little later waits for the answer, and meanwhile lies idle.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer


class Consumer(driver.Consumer):
    """Hands out chunks and commits the end of what is finished."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  (Faust's own)
        super().__init__(*args, **kwargs)
        self.deliveries = Deliveries()
        self._finished = asyncio.Event()

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def finish(self, chunk: Chunk) -> None:
        """Let the offsets of `chunk` be committed."""
        self.deliveries.finish(chunk)
        self._finished.set()

    def is_stale(self, generation: int | None) -> bool:
        """Whether a rebalance has overtaken what was fetched in `generation`.

        It is fetched again, here or by another; begun, it would only keep the rebalance waiting.
        """
        return not self.flow_active or generation != self.app.consumer_generation_id

    def ack(self, message: Message) -> bool:
        """Let go of a message, so that a rebalance need not wait for it.

        This commits nothing: Faust acknowledges what it skips in a rebalance, too.
        """
        message.acked = True
        self._unacked_messages.discard(message)
        notify(self._waiting_for_ack)
        return True

    # ── what Faust calls ─────────────────────────────────────────────────────────────────────

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget what is taken away, once Faust has waited for what was in hand."""
        await super().on_partitions_revoked(revoked)
        self.deliveries.forget(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Start afresh on what is given: it may have been elsewhere meanwhile."""
        self.deliveries.forget(assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109  (Faust's own name)
    ) -> AsyncIterator[tuple[TP, Message]]:
        """Yield one message per chunk, the partitions in turn."""
        generation = self.app.consumer_generation_id
        await self._wait_for_room(timeout)
        records, _ = await self._wait_next_records(timeout)
        if not records or self.should_stop:
            return
        if self.is_stale(generation):
            await self._seek_back(records)
            return
        chunks = [await self._chunks(tp, found) for tp, found in records.items()]
        for chunk in _in_turn(chunks):
            if self.is_stale(generation):
                await self._seek_back(records)
                return
            self.deliveries.hand_out(chunk)
            # Faust drops a message that lies before the last one it read; what may be
            # delivered is decided here alone.
            self._read_offset[chunk.partition] = None
            yield chunk.partition, self._message(chunk, generation)

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109  (Faust's own name)
    ) -> RecordMap:
        if active_partitions is None:
            return await super()._getmany(None, timeout)
        with_room = {tp for tp in active_partitions if self._has_room(tp)}
        if not with_room:
            return {}
        if with_room != active_partitions:
            timeout = min(timeout, BUSY_FETCH_WAIT_S)
        return await super()._getmany(with_room, timeout)

    def _new_offset(self, tp: TP) -> int | None:
        return self.deliveries.committable(tp)

    def _filter_tps_with_pending_acks(
        self, topics: Iterable[TP | str] | None = None
    ) -> Iterator[TP]:
        for tp in self.deliveries.partitions():
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        before = {tp: self._committed_offset[tp] for tp in offsets}
        committed = await super()._commit_offsets(offsets, start_new_transaction)
        if not committed:
            # Faust takes note of the offsets all the same, and would never try them again.
            self._committed_offset.update(before)
        return bool(committed)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Do nothing: holes are accounted for by the chunk that follows them."""

    # ── chunks ───────────────────────────────────────────────────────────────────────────────

    async def _chunks(self, tp: TP, found: Records) -> list[Chunk]:
        self.deliveries.start(tp, self._committed_offset[tp])
        records = self.deliveries.trimmed(tp, found)
        if not records:
            return []
        first_offset = records[0].offset
        if hole := self.deliveries.hole_before(tp, records):
            if not self.deliveries.is_confirmed(tp, hole):
                await self.seek_wait({tp: hole.expected})
                return []
            first_offset = await self._after_hole(tp, hole)
        return list(_cut(tp, first_offset, records))

    async def _after_hole(self, tp: TP, hole: Hole) -> int:
        """Return where the account goes on: at the hole, or behind it where data was deleted."""
        log_start = (await self.earliest_offsets(tp))[tp]
        lost = log_start > hole.expected
        log.warning(
            "offsets without records",
            topic=tp.topic,
            partition=tp.partition,
            first=hole.expected,
            last=hole.found - 1,
            reason="deleted by retention before they were read" if lost else "control records",
        )
        # What retention deleted unread stays a gap in the ledger, which names it.
        return hole.found if lost else hole.expected

    def _message(self, chunk: Chunk, generation: int) -> ConsumerMessage:
        last = cast(ConsumerRecord[bytes, bytes], chunk.records[-1])
        return ConsumerMessage(
            topic=last.topic,
            partition=last.partition,
            offset=last.offset,
            timestamp=last.timestamp / 1000,
            timestamp_type=last.timestamp_type,
            headers=None,
            key=None,
            value=cast(bytes, chunk),  # the raw serializer hands it through as it is
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=chunk.partition,
            generation_id=generation,
        )

    # ── flow ─────────────────────────────────────────────────────────────────────────────────

    def _has_room(self, tp: TP) -> bool:
        return self.deliveries.outstanding(tp) < CHUNKS_IN_HAND

    async def _wait_for_room(self, within_s: float) -> None:
        assigned = self._get_active_partitions()
        self._finished.clear()
        if assigned and not any(map(self._has_room, assigned)):
            try:
                await asyncio.wait_for(self._finished.wait(), within_s)
            except TimeoutError:
                return

    async def _seek_back(self, records: Mapping[TP, Records]) -> None:
        """Undo a fetch that a rebalance overtook: its records are fetched again, or by another.

        Delivered, they would make later data look old.
        """
        assigned = self.assignment()
        positions = {}
        for tp, found in records.items():
            expected = self.deliveries.expected(tp)
            committed = self._committed_offset[tp]
            if tp in assigned and found:
                positions[tp] = next(
                    known for known in (expected, committed, found[0].offset) if known is not None
                )
        if positions:
            await self.seek_wait(positions)


class Transport(driver.Transport):
    """Faust's aiokafka transport with the consumer above."""

    Consumer: ClassVar[type[ConsumerT]] = Consumer


def _cut(tp: TP, first_offset: int, records: Records) -> Iterator[Chunk]:
    for start in range(0, len(records), CHUNK_RECORDS):
        part = records[start : start + CHUNK_RECORDS]
        yield Chunk(tp, first_offset, part)
        first_offset = part[-1].offset + 1


def _in_turn(chunks: Sequence[Sequence[Chunk]]) -> Iterator[Chunk]:
    for row in zip_longest(*chunks):
        yield from (chunk for chunk in row if chunk is not None)
