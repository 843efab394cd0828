"""How far an import has come, kept in a small file, so that a stopped one goes on from there."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.importing.errors import ImportFailedError


class Progress(BaseModel):
    """What is settled: the first `rows` rows, and the length of the file of refused rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = 0
    accepted: int = 0
    refused: int = 0
    rejected_bytes: int = 0


class Checkpoint:
    """The progress of one import: this file, this mapping, this destination."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Progress:
        """Return the progress that was saved, none where nothing (readable) was."""
        try:
            return Progress.model_validate_json(self.path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return Progress()

    def save(self, progress: Progress) -> None:
        """Keep `progress`, whole or not at all."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(progress.model_dump_json(), encoding="utf-8")
        fresh.replace(self.path)

    def forget(self) -> None:
        """Forget the progress: the import is complete."""
        self.path.unlink(missing_ok=True)


@contextmanager
def checkpoint(file: Path, mapping: Path, *destination: str) -> Iterator[Checkpoint]:
    """Give the checkpoint of importing `file` by `mapping` to `destination`, to one at a time.

    Its name hashes the contents: a file or a mapping that was changed is another import. Raises
    ImportFailedError while the same import runs elsewhere.
    """
    folder = _state_folder()
    folder.mkdir(parents=True, exist_ok=True)
    where = hashlib.sha256("\n".join(destination).encode()).hexdigest()
    name = hashlib.sha256((_sha256(file) + _sha256(mapping) + where).encode()).hexdigest()[:32]
    with (folder / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ImportFailedError(
                f"{file.name} is being imported by another process.",
                remedy="Wait for it, or stop it.",
            ) from None
        yield Checkpoint(folder / f"{name}.json")


def _state_folder() -> Path:
    """Where programs keep state by the XDG base directory specification."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "closedloop" / "imports"


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
