"""Files that belong to a case: a photo of what arrived, an invoice, a letter."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol
from uuid import UUID

from services.routing.domain.ports import FollowUps
from services.routing.errors import IncompleteError

#: What a history calls it when a file was added.
ATTACHED = "attached"
#: A photo of a telephone and a scanned letter fit; a film does not.
LARGEST_FILE_BYTES = 10 * 1024 * 1024
MOST_FILES = 20
_LONGEST_NAME = 120
_SEPARATORS = str.maketrans({"\\": "/"})


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file; `digest` is its SHA-256."""

    name: str
    content: bytes = field(repr=False)
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that was added when the follow-up came to `version`; `size` is in bytes.

    Of an erased one, `name` is empty and nothing is left to read.
    """

    attachment_id: UUID
    followup_id: UUID
    version: int
    name: str
    size: int
    digest: bytes
    by: str
    at: datetime
    erased_at: datetime | None = None


def accepted(name: str, content: bytes) -> File:
    """Return the file that somebody hands in.

    Raises IncompleteError, field `file`: no file, an empty one, one too large.
    """
    if not name and not content:
        raise _refused("Choose a file.")
    if not content:
        raise _refused(f"{plain_name(name)} is empty: choose another.")
    if len(content) > LARGEST_FILE_BYTES:
        largest = LARGEST_FILE_BYTES // 2**20
        raise _refused(f"{plain_name(name)} is larger than {largest} MB: make it smaller.")
    return File(name=plain_name(name), content=content, digest=hashlib.sha256(content).digest())


def refuse_too_many(present: Sequence[Attachment]) -> None:
    """Raise IncompleteError when no further file joins those `present`."""
    if len(present) >= MOST_FILES:
        raise _refused(f"A case holds {MOST_FILES} files: say in a note where this one is.")


def plain_name(name: str) -> str:
    """Return the last part of a path as one readable line that keeps its ending.

    What turns text around or hides in it is dropped: a name shows its true ending.
    """
    last = PurePosixPath(name.translate(_SEPARATORS)).name
    readable = "".join(one for one in last if not unicodedata.category(one).startswith("C"))
    path = PurePosixPath(" ".join(readable.split()).strip(". ") or "file")
    suffix = path.suffix if len(path.suffix) < _LONGEST_NAME // 2 else ""
    return path.name.removesuffix(suffix)[: _LONGEST_NAME - len(suffix)] + suffix


def _refused(fault: str) -> IncompleteError:
    return IncompleteError({"file": fault})


class Attachments(FollowUps, Protocol):
    """One tenant's follow-ups and their files, in one transaction."""

    async def files(self, followup_id: UUID) -> Sequence[Attachment]:
        """Return the files of a follow-up, oldest first."""
        ...

    async def add_file(self, tenant: str, attachment: Attachment, content: bytes) -> None:
        """Keep a file."""
        ...

    async def file(self, followup_id: UUID, attachment_id: UUID) -> File | None:
        """Return a file to read; None when there is none, or it is erased."""
        ...


class AttachmentTransactions(Protocol):
    """Opens transactions."""

    def of_attachments(self, tenant: str) -> AbstractAsyncContextManager[Attachments]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        ...
