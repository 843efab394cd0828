"""Files of a case: added with a change of its follow-up, and read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from services.routing.domain.attachments import (
    Attachment,
    AttachmentTransactions,
    File,
    refuse_too_many,
)
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import Answer
from services.routing.errors import UnknownAttachmentError, UnknownFollowUpError
from services.routing.handlers.changing import ChangeRequest, carry_out, kept_answer, locked
from shared.ids import derived_id
from shared.program.document import Program


async def attach(
    transactions: AttachmentTransactions,
    request: ChangeRequest,
    file: File,
    *,
    program: Program,
    now: datetime,
    answer_of: Callable[[FollowUp, Attachment], Answer],
) -> Answer:
    """Add `file`, which the request's command names, and return what `answer_of` makes.

    With an idempotency key, a repeat gets the first one's answer. Raises RoutingError for what
    is refused; then nothing has changed.
    """
    async with transactions.of_attachments(request.tenant) as followups:
        if request.key and (kept := await kept_answer(followups, request)):
            return kept
        before = await locked(followups, request)
        refuse_too_many(await followups.files(request.followup_id))
        after = await carry_out(followups, before, request, program=program, now=now)
        attachment = _attachment(after, file, request.actor.subject)
        await followups.add_file(request.tenant, attachment, file.content)
        answer = answer_of(after, attachment)
        if request.key:
            await followups.keep_answer(request.actor.subject, request.key, answer)
        return answer


async def list_files(
    transactions: AttachmentTransactions, tenant: str, followup_id: UUID
) -> Sequence[Attachment]:
    """Return the files of a follow-up, oldest first; raises UnknownFollowUpError."""
    async with transactions.of_attachments(tenant) as followups:
        if await followups.find(followup_id) is None:
            raise UnknownFollowUpError(f"There is no follow-up {followup_id}.")
        return await followups.files(followup_id)


async def read_file(
    transactions: AttachmentTransactions, tenant: str, followup_id: UUID, attachment_id: UUID
) -> File:
    """Return a file; raises UnknownAttachmentError, for one that was erased too."""
    async with transactions.of_attachments(tenant) as followups:
        found = await followups.file(followup_id, attachment_id)
    if found is None:
        raise UnknownAttachmentError(f"There is no file {attachment_id} here.")
    return found


def _attachment(followup: FollowUp, file: File, by: str) -> Attachment:
    return Attachment(
        attachment_id=derived_id("attachment", str(followup.followup_id), followup.version),
        followup_id=followup.followup_id,
        version=followup.version,
        name=file.name,
        size=len(file.content),
        digest=file.digest,
        by=by,
        at=followup.changed_at,
    )
