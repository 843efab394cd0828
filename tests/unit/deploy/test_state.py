from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.local.processes import Identity, identity_of
from deploy.local.state import PartState, Ports, State, Supervisor, read_state, write_state


@pytest.fixture
def state() -> State:
    me = identity_of(os.getpid())
    return State(
        phase="ready",
        supervisor=Supervisor(pid=me.pid, started_at=me.started_at),
        ports=Ports(web=8080, kafka=9092),
        parts={"kafka": PartState(pid=1, started_at=2.5, stop_signal=15, restarts=3)},
        environment={"DATABASE_URL": "postgresql://somewhere"},
    )


def test_what_is_written_is_read_again(tmp_path: Path, state: State) -> None:
    write_state(tmp_path / "state.json", state)
    assert read_state(tmp_path / "state.json") == state


def test_the_state_is_readable_for_its_owner_alone(tmp_path: Path, state: State) -> None:
    write_state(tmp_path / "state.json", state)
    assert (tmp_path / "state.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"{", b'{"phase": "asleep"}', b"\xff\x00"])
def test_a_state_that_cannot_be_understood_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    assert read_state(tmp_path / "state.json") is None


def test_where_nothing_was_written_there_is_no_state(tmp_path: Path) -> None:
    assert read_state(tmp_path / "state.json") is None


def test_a_state_whose_supervisor_lives_is_running(state: State) -> None:
    assert state.is_running()
    assert not state.model_copy(update={"phase": "stopped"}).is_running()


def test_a_recycled_pid_is_not_taken_for_the_process_that_had_it() -> None:
    me = identity_of(os.getpid())
    assert me.process() is not None
    assert Identity(pid=me.pid, started_at=me.started_at - 1).process() is None
