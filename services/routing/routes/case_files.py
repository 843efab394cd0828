"""The part of a case's page that shows its files, and takes another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.routing.bootstrap import Desk
from services.routing.domain.attachments import LARGEST_FILE_BYTES, MOST_FILES, Attachment
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import HistoryEntry
from services.routing.domain.transitions import Standing
from services.routing.handlers.attaching import list_files
from services.routing.routes.followups import PREFIX

_KB, _MB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesPart:
    """What the page shows: the files so far, and whether one can be added."""

    followup: FollowUp
    files: Sequence[Attachment]
    can_add: bool

    @property
    def largest(self) -> str:
        """Say how large a file may be."""
        return size_words(LARGEST_FILE_BYTES)

    def of(self, entry: HistoryEntry) -> Attachment | None:
        """Return the file that an entry of the history is about."""
        return next((one for one in self.files if one.version == entry.version), None)

    def address(self, file: Attachment) -> str:
        """Return where the file can be read."""
        return f"{PREFIX}/followups/{self.followup.followup_id}/attachments/{file.attachment_id}"

    def size_words(self, file: Attachment) -> str:
        """Say how large a file is."""
        return size_words(file.size)


async def files_part(desk: Desk, followup: FollowUp, position: Standing) -> FilesPart:
    """Return the part for one who stands so to the follow-up."""
    files = await list_files(desk.attachments, followup.tenant, followup.followup_id)
    can_add = position is not Standing.READER and len(files) < MOST_FILES
    return FilesPart(followup=followup, files=files, can_add=can_add)


def size_words(size: int) -> str:
    """Say a size in bytes: '412 bytes', '38 kB', '2.38 MB'."""
    if size < _KB:
        return f"{size} bytes"
    return f"{size / _KB:.0f} kB" if size < _MB else f"{size / _MB:.3g} MB"
