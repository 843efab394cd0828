"""The product's processes, started for a test on the test's own database and topics."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import httpx

from deploy.sample import Site, program_yaml
from services.ingest.bootstrap import open_publishers
from services.ingest.handlers import add_publisher
from shared.program.store import ACTIVATING_ROLE, open_programs
from shared.settings import Settings
from tests.support.waiting import until

#: A small sample has few customers a cause: so many open an issue already.
ISSUE_CUSTOMERS = 3

_WORKERS = ("services.scoring", "services.routing", "services.outer_loop")


@asynccontextmanager
async def running_site(settings: Settings) -> AsyncIterator[Site]:
    """Run the workers and the web for the sample's tenant, its program active."""
    async with open_programs(settings.database_url, role=ACTIVATING_ROLE) as programs:
        document = program_yaml().replace("{customers: 45,", f"{{customers: {ISSUE_CUSTOMERS},")
        program = await programs.activate(document, who="test", why="the sample")
    async with open_publishers(settings) as publishers:
        key = await add_publisher(publishers, program.tenant, "sample")
    port = _free_port()
    base_url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        for module in _WORKERS:
            stack.enter_context(_process(settings, module))
        stack.enter_context(_process(settings, "deploy.local.web", "--port", str(port)))
        await until(lambda: _ready(base_url), within_s=60)
        yield Site(
            base_url=base_url, tenant=program.tenant, publisher_key=key, secret=settings.secret
        )


async def _ready(base_url: str) -> bool:
    async with httpx.AsyncClient() as http:
        try:
            return (await http.get(f"{base_url}/readyz")).is_success
        except httpx.TransportError:
            return False


@contextmanager
def _process(settings: Settings, module: str, *arguments: str) -> Iterator[None]:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "CLOSEDLOOP_SECRET": settings.secret,
        "CLOSEDLOOP_MODE": settings.mode,
        "CLOSEDLOOP_TOPIC_PREFIX": settings.topic_prefix,
    }
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], env=environment)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
