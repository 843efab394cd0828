"""Changes as they happen: one connection listens, the open inboxes of this process hear of it."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import structlog

from services.routing.domain.watching import Interest, Touched
from shared.postgres.pool import TRANSIENT_ERRORS, Connection, Pool

CHANNEL = "routing_followup"
#: How often a connection that is silent is asked whether it still lives.
ASK_EVERY_S = 5.0
TRY_AGAIN_AFTER_S = 1.0

log = structlog.get_logger()


class DeafError(Exception):
    """The connection that listens is lost: what happens now is not heard."""


class Watcher:
    """An open inbox, which waits for changes that concern it."""

    def __init__(self, interest: Interest) -> None:
        self._interest = interest
        self._woken = asyncio.Event()
        self._is_deaf = False

    def hear(self, touched: Touched) -> None:
        """Wake up if the change may concern what is shown."""
        if self._interest.is_met_by(touched):
            self._woken.set()

    def give_up(self) -> None:
        """Wake up to the loss of the connection."""
        self._is_deaf = True
        self._woken.set()

    async def change(self, *, gather_s: float) -> None:
        """Wait for a change, and `gather_s` more for those that follow it: they are one.

        Raises DeafError when nothing is heard any more.
        """
        await self._woken.wait()
        await asyncio.sleep(gather_s)
        self._woken.clear()
        if self._is_deaf:
            raise DeafError


class Live:
    """Hands changes to the watchers of their tenant.

    A `place` names how far a tenant's changes have come, in this process and this run of it: a
    page of another place has missed something and asks again for what it shows.
    """

    def __init__(self) -> None:
        self._run = secrets.token_hex(6)
        self._places: defaultdict[str, int] = defaultdict(int)
        self._watchers: defaultdict[str, set[Watcher]] = defaultdict(set)
        self._hears = False

    @property
    def hears(self) -> bool:
        """Whether changes are heard at present."""
        return self._hears

    def place(self, tenant: str) -> str:
        """Return how far the tenant's changes have come."""
        return f"{self._run}-{self._places[tenant]}"

    @contextmanager
    def watching(self, interest: Interest) -> Iterator[Watcher]:
        """Give a watcher, for as long as an inbox is open."""
        watcher = Watcher(interest)
        self._watchers[interest.tenant].add(watcher)
        try:
            yield watcher
        finally:
            self._watchers[interest.tenant].discard(watcher)

    def tell(self, touched: Touched) -> None:
        """Pass a change on."""
        self._places[touched.tenant] += 1
        for watcher in self._watchers[touched.tenant]:
            watcher.hear(touched)

    def listens(self) -> None:
        """Begin to hear: whoever looked before has missed something."""
        self._run = secrets.token_hex(6)
        self._hears = True

    def falls_deaf(self) -> None:
        """Send every watcher away: they come back when changes are heard again."""
        self._hears = False
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.give_up()


@asynccontextmanager
async def listening(pool: Pool) -> AsyncIterator[Live]:
    """Listen for as long as the block lasts, again after each loss."""
    live = Live()
    task = asyncio.create_task(_listen_for_ever(pool, live), name="inbox listener")
    try:
        yield live
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        live.falls_deaf()


async def _listen_for_ever(pool: Pool, live: Live) -> None:
    while True:
        try:
            async with pool.acquire() as connection:
                await _listen(connection, live)
        except TRANSIENT_ERRORS as error:
            log.warning("inboxes hear of no changes", error=str(error))
        finally:
            live.falls_deaf()
        await asyncio.sleep(TRY_AGAIN_AFTER_S)


async def _listen(connection: Connection, live: Live) -> None:
    def heard(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        live.tell(touched_of(str(payload)))

    await connection.add_listener(CHANNEL, heard)
    try:
        live.listens()
        while not connection.is_closed():
            await asyncio.sleep(ASK_EVERY_S)
            await connection.execute("SELECT 1", timeout=ASK_EVERY_S)
    finally:
        if not connection.is_closed():
            await connection.remove_listener(CHANNEL, heard)


def touched_of(payload: str) -> Touched:
    """Return what a notification says."""
    told = json.loads(payload)
    return Touched(
        tenant=told["tenant"],
        teams=frozenset(told["teams"]) if "teams" in told else None,
        owners=frozenset(told["owners"]) if "owners" in told else None,
    )
