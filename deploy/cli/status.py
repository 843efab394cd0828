"""`closedloop status`: whether each part lives, and how much work lies before it."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import typer
from kafka.errors import KafkaError
from rich.table import Table

from deploy.cli.console import Screen
from deploy.cli.up import AsJson, Data
from deploy.local import health
from deploy.local.memory import memory_mb
from deploy.local.place import DEFAULT_FOLDER, Place
from deploy.local.state import PartState, State
from shared.errors import TransientError


def status(data: Data = DEFAULT_FOLDER, as_json: AsJson = False) -> None:
    """Show the health and the lag of each part; the exit code is 0 only when all is well."""
    screen = Screen(as_json=as_json)
    state = Place(root=data.absolute()).state()
    if state is None or not state.is_running():
        screen.say(f"Nothing runs in {data}. Start it with closedloop up.")
        screen.give({"phase": "stopped", "healthy": False})
        raise typer.Exit(1)
    facts = _facts(state)
    screen.show(_table(facts))
    screen.give(facts)
    if not facts["healthy"]:
        raise typer.Exit(1)


def _facts(state: State) -> dict[str, Any]:
    parts = {name: _part(part) for name, part in state.parts.items()}
    work = _work(state)
    return {
        "phase": state.phase,
        "healthy": state.phase == "ready"
        and "error" not in work
        and all(part["running"] and not part["failing"] for part in parts.values()),
        "url": state.environment.get("CLOSEDLOOP_PUBLIC_URL", ""),
        "parts": parts,
        **work,
    }


def _part(part: PartState) -> dict[str, Any]:
    return {
        "pid": part.pid,
        "running": part.identity.process() is not None,
        "restarts": part.restarts,
        "failing": part.failing,
        "memory_mb": memory_mb(part.identity),
    }


def _work(state: State) -> dict[str, Any]:
    """Ask the servers what lies before the workers; while they start they do not know."""
    if state.phase != "ready":
        return {}
    try:
        return {
            "lag": dict(
                health.consumer_lags(
                    state.environment["KAFKA_BOOTSTRAP_SERVERS"],
                    state.environment["CLOSEDLOOP_TOPIC_PREFIX"],
                )
            ),
            "unsent": dict(asyncio.run(health.unsent_messages(state.environment["DATABASE_URL"]))),
        }
    except (TransientError, KafkaError, OSError, asyncpg.PostgresError) as error:
        return {"error": str(error)}


def _table(facts: dict[str, Any]) -> Table:
    table = Table("part", "state", "lag", "unsent", "restarts", "memory", "pid", box=None)
    lags, unsent = facts.get("lag", {}), facts.get("unsent", {})
    for name, part in facts["parts"].items():
        table.add_row(
            name,
            _word(part),
            str(lags.get(name, "")),
            str(unsent.get(name, "")),
            str(part["restarts"]),
            f"{part['memory_mb']:.0f} MB",
            str(part["pid"]),
        )
    table.caption = f"{facts['phase']}  {facts['url']}  {facts.get('error', '')}"
    return table


def _word(part: dict[str, Any]) -> str:
    if not part["running"]:
        return "ended"
    return "failing" if part["failing"] else "runs"
