"""The product's own processes: workers, notifier, clock, assessor, detector, one web server."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import httpx

from deploy.local.polling import until
from deploy.local.ports import LOOPBACK
from deploy.local.processes import Command

WORKERS = (
    "scoring",
    "routing",
    "outer_loop",
    "routing.notifier",
    "routing.clock",
    "outer_loop.assessor",
    "outer_loop.detector",
)
WEB = "web"


def worker_command(service: str, environment: Mapping[str, str]) -> Command:
    """Return how the worker of a service runs, or another of its processes.

    It may be killed at any moment without a loss, so nobody waits long for it.
    """
    return _python(service, ["-m", f"services.{service}"], environment)


def web_command(port: int, environment: Mapping[str, str]) -> Command:
    """Return how the web server runs, with the apps of all services."""
    return _python(WEB, ["-m", "deploy.local.web", "--port", str(port)], environment)


async def until_worker_ready(log: Path) -> None:
    """Return once the worker's log says that it is ready; wait for ever otherwise."""
    await until(lambda: asyncio.to_thread(_says_ready, log))


async def until_web_ready(port: int) -> None:
    """Return once every app behind the port is ready; wait for ever otherwise."""
    async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client:
        await until(lambda: _answers(client))


def _python(name: str, arguments: list[str], environment: Mapping[str, str]) -> Command:
    return Command(
        name=name,
        arguments=[sys.executable, *arguments],
        environment={**environment, "PYTHONUNBUFFERED": "1"},
        death_signal=signal.SIGKILL,
        stop_within_s=10.0,
    )


def _says_ready(log: Path) -> bool:
    return any(_event(line) == "ready" for line in log.read_bytes().splitlines())


def _event(line: bytes) -> object:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry.get("event") if isinstance(entry, dict) else None


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == HTTPStatus.OK
    except httpx.TransportError:
        return False
