"""How long until a flagged event stands in an inbox that is open, at 200 events a second.

`python -m tests.bench.live` measures it with a Kafka and a PostgreSQL of its own: a worker of
scoring, one of routing and the app, each a process, as production runs them.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import asyncpg
from httpx import AsyncClient, HTTPError

from deploy.local import ports
from shared.clock import SystemClock
from shared.contracts.records import Outgoing
from shared.kafka.admin import create_topics
from shared.kafka.producer import Producer
from shared.program.store import ProgramStore
from shared.settings import Settings
from shared.web.auth import Principal, issue_token
from tests.bench import report
from tests.faults.keeper import ROOT, environment
from tests.faults.restarting import running_kafka, running_postgres
from tests.faults.traffic import TEXTS, TOPIC
from tests.support.databases import cloned, ensure_template
from tests.support.waiting import until

EVENTS_A_SECOND, EVENTS_A_TICK = 200, 4
#: The first ones start partitions, caches and code; they are not counted.
WARMING, COUNTED = 1_000, 3_000
#: One event in so many is flagged, as in the sample company.
FLAGGED_ONE_IN = 5
#: Each has an inbox open. So many that all that is theirs has room on its first page.
OWNERS = 24
BOUND_S = 1.0

_TENANT = "live"
_SECRET = "a secret for benchmarks, long enough to sign with"
_ARRIVES_WITHIN_S = 60.0
_STREAM = re.compile(r'data-live="([^"]+)"')
_CUSTOMER = re.compile(r"\bcustomer-\d+\b")


@dataclass(slots=True)
class Seen:
    """When each flagged event was due to be published, and when a page showed its customer."""

    due: dict[str, float] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)

    def page(self, text: str) -> None:
        """Note whom a page shows that has come whole."""
        now = time.perf_counter()
        for customer in _CUSTOMER.findall(text):
            self.shown.setdefault(customer, now)

    def has_all(self) -> bool:
        """Whether every flagged event was shown."""
        return self.due.keys() <= self.shown.keys()

    def took(self, *, since: float) -> list[float]:
        """Return the seconds that the events which were due from `since` on took."""
        return sorted(self.shown[who] - due for who, due in self.due.items() if due >= since)


@dataclass(slots=True)
class Inbox:
    """Asks for what a browser with an open inbox asks for, as shared/web/static/live.js does."""

    client: AsyncClient
    seen: Seen
    is_open: bool = False
    _stale: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep(self) -> None:
        """Open the inbox and show it anew whenever the server says that it has changed."""
        address = _STREAM.search(await self._page())
        assert address is not None
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(unescape(address[1])))
            group.create_task(self._show())

    async def _listen(self, address: str) -> None:
        async with self.client.stream("GET", address, timeout=None) as stream:
            stream.raise_for_status()
            self.is_open = True
            async for line in stream.aiter_lines():
                if line.startswith("event: changed"):
                    self._stale.set()

    async def _show(self) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            await self._page()

    async def _page(self) -> str:
        answer = await self.client.get("/inbox?view=mine", headers={"HX-Request": "true"})
        text = answer.raise_for_status().text
        self.seen.page(text)
        return text


async def measure_live(servers: str, database: str) -> list[report.Finding]:
    """Publish to a running product and watch the open inboxes of all its owners."""
    seen = Seen()
    async with _site(servers, database) as site, AsyncExitStack() as stack:
        address = stack.enter_context(_product(site))
        inboxes = [
            Inbox(await stack.enter_async_context(_browser(address, f"owner-{n}")), seen)
            for n in range(OWNERS)
        ]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(inbox.keep()) for inbox in inboxes]
            await until(lambda: all(one.is_open for one in inboxes), within_s=_ARRIVES_WITHIN_S)
            began = 0.0
            for numbers in (range(WARMING), range(WARMING, WARMING + COUNTED)):
                began = time.perf_counter()
                await _publish(site, seen, numbers)
                await until(seen.has_all, within_s=_ARRIVES_WITHIN_S)
            for task in tasks:
                task.cancel()
    return _findings(seen.took(since=began))


def _findings(took: Sequence[float]) -> list[report.Finding]:
    _say(f"{len(took):,} flagged: median {statistics.median(took):.2f} s, last {took[-1]:.2f} s")
    return [
        report.at_most(
            f"Flagged event to visible in an open inbox, {EVENTS_A_SECOND} events/s, p99",
            [statistics.quantiles(took, n=100)[-1]],
            BOUND_S,
            "s",
        )
    ]


# ── what happens ─────────────────────────────────────────────────────────────────────────────


async def _publish(site: Settings, seen: Seen, numbers: range) -> None:
    """Publish by the clock, whether or not what went before has been acknowledged."""
    async with (
        Producer(site.kafka_bootstrap_servers, topic_prefix=site.topic_prefix) as producer,
        asyncio.TaskGroup() as group,
    ):
        began = time.perf_counter()
        for first in numbers[::EVENTS_A_TICK]:
            due = began + (first - numbers[0]) / EVENTS_A_SECOND
            await asyncio.sleep(due - time.perf_counter())
            some = range(first, first + EVENTS_A_TICK)
            seen.due |= {_customer(number): due for number in some if _is_flagged(number)}
            group.create_task(producer.send_all([_event(number) for number in some]))


def _event(number: int) -> Outgoing:
    event = {
        "specversion": "1.0",
        "id": f"live-{number}",
        "source": "urn:live:survey",
        "type": TOPIC,
        "tenant": _TENANT,
        "data": {
            "customer_id": _customer(number),
            "touchpoint": "counter",
            "listening_post": "survey",
            "occurred_at": datetime.now(UTC).isoformat(),
            "rating": {"scale": "nps", "value": 1 if _is_flagged(number) else 10},
            "text": TEXTS[0] if _is_flagged(number) else TEXTS[1],
        },
    }
    key = f"{_TENANT}/{_customer(number)}".encode()
    return Outgoing(topic=TOPIC, key=key, value=json.dumps(event).encode())


def _customer(number: int) -> str:
    return f"customer-{number}"


def _is_flagged(number: int) -> bool:
    return number % FLAGGED_ONE_IN == 0


# ── what runs ────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _site(servers: str, database: str) -> AsyncIterator[Settings]:
    """A fresh database with a program and fresh topics."""
    prefix = f"live-{uuid.uuid4().hex}-"
    await asyncio.to_thread(create_topics, servers, topic_prefix=prefix)
    async with cloned(database, await ensure_template(database)) as url:
        async with asyncpg.create_pool(url) as pool:
            await ProgramStore(pool, SystemClock()).activate(_program(), who="bench", why="bench")
        yield Settings.model_validate(
            {
                "DATABASE_URL": url,
                "KAFKA_BOOTSTRAP_SERVERS": servers,
                "topic_prefix": prefix,
                "secret": _SECRET,
            }
        )


def _program() -> str:
    """Return a program, in JSON, which is YAML, whose owners may all be given as much as comes."""
    owners = [f"owner-{n}" for n in range(OWNERS)]
    team = {"id": "front", "name": "Front", "department": "service", "lead": owners[0]}
    return json.dumps(
        {
            "tenant": _TENANT,
            "version": 1,
            "name": "A company with open inboxes",
            "departments": [{"id": "service", "name": "Service", "head": owners[0]}],
            "owners": [{"id": one, "name": one.title()} for one in owners],
            "teams": [{**team, "owners": owners}],
            "default_team": "front",
            "taxonomy": {"base": "default"},
            "sla": [
                {"severity": severity, "resolve_hours": hours}
                for severity, hours in (("critical", 4), ("high", 24), ("medium", 72), ("low", 120))
            ],
        }
    )


@contextmanager
def _product(site: Settings) -> Iterator[str]:
    """Run both workers and the app; give the app's address."""
    port = str(ports.choose())
    app = ["deploy.image.serve", "routing", "--host", "127.0.0.1", "--port", port]
    with ExitStack() as stack:
        for arguments in (["services.scoring"], ["services.routing"], app):
            stack.enter_context(_process(arguments, site))
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _process(arguments: Sequence[str], site: Settings) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment(site, 0),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def _browser(address: str, owner: str) -> AsyncIterator[AsyncClient]:
    """Give somebody who is signed in, once the app answers."""
    who = Principal(
        tenant=_TENANT, subject=owner, name=owner.title(), roles=frozenset({"frontline_owner"})
    )
    token = issue_token(who, _SECRET, lifetime=timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}"}
    async with AsyncClient(base_url=address, headers=headers, timeout=30) as client:
        await until(lambda: _is_ready(client), within_s=_ARRIVES_WITHIN_S)
        yield client


async def _is_ready(client: AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).is_success
    except HTTPError:
        return False


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


async def main(folder: Path) -> None:
    """Measure and say it."""
    async with running_kafka(folder) as kafka, running_postgres(folder) as postgres:
        for one in await measure_live(kafka.address, postgres.address):
            _say(f"{one.claim}: {one.figure:.2f} {one.unit} (at most {one.bound:g})")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        asyncio.run(main(Path(name)))
