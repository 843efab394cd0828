from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from deploy.local.processes import Command
from deploy.local.state import PartState
from deploy.local.supervisor import Part, Supervisor
from tests.support.waiting import until


class Audience:
    """Remembers what a supervisor said, and the last state that it published."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.states: Mapping[str, PartState] = {}

    def hear(self, line: str) -> None:
        self.lines.append(line)

    def see(self, states: Mapping[str, PartState]) -> None:
        self.states = states


@pytest.fixture
def audience() -> Audience:
    return Audience()


@pytest.fixture
async def supervisor(audience: Audience) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(say=audience.hear, changed=audience.see)
    yield supervisor
    await supervisor.stop(audience.states)


async def at_once() -> None:
    """Be ready without further ado."""


def sleeper(tmp_path: Path) -> Part:
    command = Command(name="sleeper", arguments=["/bin/sleep", "600"])
    return Part(command=command, log=tmp_path / "sleeper.log", ready=at_once)


async def test_a_part_that_is_killed_is_started_again_and_that_is_said(
    tmp_path: Path, supervisor: Supervisor, audience: Audience
) -> None:
    await supervisor.start(sleeper(tmp_path))
    first = audience.states["sleeper"]
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: audience.states["sleeper"].restarts == 1)
    second = audience.states["sleeper"]
    assert second.pid != first.pid
    assert second.identity.process() is not None
    assert "sleeper was killed by signal 9" in audience.lines[0]
    assert str(tmp_path / "sleeper.log") in audience.lines[0]


async def test_a_part_that_keeps_ending_is_reported_as_failing(
    tmp_path: Path, supervisor: Supervisor, audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.backoff.FIRST_PAUSE_S", 0.01)
    command = Command(name="mayfly", arguments=["/bin/sh", "-c", "sleep 0.2; exit 3"])
    await supervisor.start(Part(command=command, log=tmp_path / "log", ready=at_once))
    await until(lambda: audience.states["mayfly"].failing)
    assert "mayfly ended with exit code 3" in audience.lines[-1]
    assert "keeps ending: 4 times in a row" in audience.lines[-1]


async def test_a_part_that_was_stopped_is_not_started_again(
    tmp_path: Path, supervisor: Supervisor, audience: Audience
) -> None:
    await supervisor.start(sleeper(tmp_path))
    identity = audience.states["sleeper"].identity
    await supervisor.stop(["sleeper", "unknown"])
    assert identity.process() is None
    assert audience.states == {}
    assert audience.lines == []
