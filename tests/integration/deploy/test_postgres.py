from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local import postgres
from deploy.local.errors import LocalError
from deploy.local.postgres import Lodging, PostgresServer
from tests.support import servers


@pytest.fixture
def lodging(tmp_path: Path) -> Iterator[Lodging]:
    found = postgres.find_lodging(tmp_path / "postgres")
    yield found
    found.remove()


@pytest.fixture
def server(lodging: Lodging) -> PostgresServer:
    return servers.postgres_server(lodging)


def pretend_data(server: PostgresServer, version: str) -> None:
    """Make a folder that looks like a data folder of PostgreSQL."""
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text(f"{version}\n")


async def test_data_of_another_version_is_named_and_left_alone(
    server: PostgresServer, tmp_path: Path
) -> None:
    pretend_data(server, "9.6")
    with pytest.raises(LocalError, match=r"is PostgreSQL 9\.6's.*--fresh"):
        await postgres.prepare(server, tmp_path / "log")
    assert (server.data / "PG_VERSION").exists()


async def test_a_pid_file_that_names_another_program_is_removed(
    server: PostgresServer, tmp_path: Path
) -> None:
    pretend_data(server, str(postgres.major_version(server.binaries)))
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{server.data}\n")
    await postgres.prepare(server, tmp_path / "log")
    assert not pid_file.exists()


async def test_a_start_that_was_broken_off_in_the_middle_begins_again(
    server: PostgresServer, tmp_path: Path
) -> None:
    server.data.mkdir(parents=True)
    (server.data / "half").write_text("a part of initdb's work")
    await postgres.prepare(server, tmp_path / "log")
    assert (server.data / "PG_VERSION").exists()
    assert not (server.data / "half").exists()


async def test_the_server_lets_nobody_in_without_the_password(tmp_path: Path) -> None:
    async with servers.running_postgres(tmp_path) as url:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url, password="guessed")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL")
def test_root_keeps_data_where_the_server_user_can_reach_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    lodging = postgres.find_lodging(closed / "postgres")
    try:
        assert lodging.user.uid > 0
        assert postgres.is_reachable(lodging.data.parent)
        assert postgres.is_reachable(lodging.binaries)
    finally:
        lodging.remove()
    assert not lodging.data.parent.exists()
