"""The folder that holds everything of one local product: data, logs, secrets and its state."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LocalError, from_os_error
from deploy.local.state import State, read_state

CHECKOUT = Path(__file__).resolve().parents[2]
DEFAULT_FOLDER = CHECKOUT / ".closedloop"

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
#: Root's PostgreSQL runs as another user, who must be able to walk through, and no more.
_PASSABLE_FOLDER = 0o711
_SPACE_NEEDED_MB = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The paths of one local product. Nothing in it is readable by another user."""

    root: Path

    @property
    def kafka(self) -> Path:
        """Kafka's data and configuration."""
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data, unless its user cannot come here."""
        return self.root / "postgres"

    @property
    def state_file(self) -> Path:
        """What runs, under which pid, on which port."""
        return self.root / "state.json"

    @property
    def log_folder(self) -> Path:
        """One log a process."""
        return self.root / "logs"

    def log(self, name: str) -> Path:
        """Return the log of one process."""
        return self.log_folder / f"{name}.log"

    def state(self) -> State | None:
        """Return the last state that was written, None when there is none that can be read."""
        return read_state(self.state_file)

    def secret(self, name: str) -> str:
        """Return the secret of that name: random, made the first time, kept for its owner alone."""
        path = self.root / name
        if not path.exists():
            self.keep_secret(name, secrets.token_urlsafe(36))
        return path.read_text()

    def keep_secret(self, name: str, value: str) -> None:
        """Keep `value` under `name`, readable for its owner alone."""
        descriptor = os.open(self.root / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
        with os.fdopen(descriptor, "w") as file:
            file.write(value)

    def rotate_logs(self) -> None:
        """Begin new logs and keep the last ones as *.log.1."""
        for log in self.log_folder.glob("*.log"):
            log.replace(log.with_suffix(".log.1"))

    def empty(self) -> None:
        """Delete everything but the lock, which is held, and the logs."""
        for path in self.root.iterdir():
            if path.is_dir() and path != self.log_folder:
                shutil.rmtree(path)
            elif path.is_file() and path.name != "lock":
                path.unlink()


@contextmanager
def occupied(root: Path) -> Iterator[Place]:
    """Have the place to oneself: made when it is not there, locked against a second start.

    Raises LocalError when it cannot be written, its disk is full or it is taken.
    """
    place = Place(root=root.absolute())
    try:
        _make(place)
        lock = os.open(place.root / "lock", os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
    except OSError as error:
        raise from_os_error(error, "use the folder") from error
    try:
        _lock(lock, place)
        yield place
    finally:
        os.close(lock)


def _make(place: Place) -> None:
    mode = _PASSABLE_FOLDER if os.geteuid() == 0 else _PRIVATE_FOLDER
    place.root.mkdir(parents=True, exist_ok=True)
    place.root.chmod(mode)
    place.log_folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    free_mb = shutil.disk_usage(place.root).free // 1_000_000
    if free_mb < _SPACE_NEEDED_MB:
        raise LocalError(
            f"Only {free_mb} MB are free on the disk of {place.root}; "
            f"a start takes {_SPACE_NEEDED_MB} MB.",
            remedy="Free some space, or pass --data DIR on another disk.",
        )


def _lock(descriptor: int, place: Place) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        state = place.state()
        who = f" (pid {state.supervisor.pid})" if state else ""
        raise LocalError(
            f"closedloop runs already in {place.root}{who}.",
            remedy="See closedloop status, or stop it with closedloop down.",
        ) from error
