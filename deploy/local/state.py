"""What runs in a place, as a file: for the next start, for `status` and for `down`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deploy.local.processes import Identity

Phase = Literal["starting", "ready", "stopping", "stopped"]
_PRIVATE_FILE = 0o600


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PartState(_Model):
    """One supervised process: who it is, how often it was started again, whether that helps."""

    pid: int
    started_at: float
    stop_signal: int
    restarts: int = 0
    failing: bool = False

    @property
    def identity(self) -> Identity:
        """The process, for all time."""
        return Identity(pid=self.pid, started_at=self.started_at)


class Ports(_Model):
    """Where the parts listen; kept from start to start, 0 where nothing was chosen yet."""

    web: int = 0
    kafka: int = 0
    kafka_controller: int = 0
    postgres: int = 0


class Supervisor(_Model):
    """The process that looks after the others."""

    pid: int
    started_at: float

    @property
    def identity(self) -> Identity:
        """The process, for all time."""
        return Identity(pid=self.pid, started_at=self.started_at)


class State(_Model):
    """Everything that is known about one place."""

    phase: Phase = "starting"
    supervisor: Supervisor
    ports: Ports = Ports()
    parts: dict[str, PartState] = Field(default_factory=dict)
    #: What the product's processes and the other commands of the CLI are configured with.
    environment: dict[str, str] = Field(default_factory=dict, repr=False)

    def is_running(self) -> bool:
        """Tell whether the supervisor lives."""
        return self.phase != "stopped" and self.supervisor.identity.process() is not None


def read_state(path: Path) -> State | None:
    """Return the state in `path`; None when there is none or it cannot be understood."""
    try:
        return State.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write_state(path: Path, state: State) -> None:
    """Replace the state in `path` at once: whoever reads sees the old one or the new one."""
    unfinished = path.with_suffix(".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        file.write(state.model_dump_json(indent=2))
    unfinished.replace(path)
