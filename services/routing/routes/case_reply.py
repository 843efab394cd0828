"""The part of a case's page where a reply is written, looked at as the customer will, and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.routing.bootstrap import Desk
from services.routing.domain.followup import FollowUp
from services.routing.domain.mails import Mail, Reply, ReplyState
from services.routing.domain.ports import HistoryEntry
from services.routing.domain.replies import (
    Wording,
    compose,
    language_for,
    languages_of,
)
from services.routing.errors import IncompleteError
from shared.program.document import Program
from shared.web.auth import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPart:
    """What the page shows: where to write, or why nobody can; the replies so far.

    `preview` is the mail that was asked to be shown.
    """

    can_write: bool
    why_not: str
    can_mail: bool
    languages: Mapping[str, Wording]
    language: str
    replies: Sequence[Reply]
    preview: Mail | None

    @property
    def failed(self) -> Reply | None:
        """Return the last reply where the mail server refused it."""
        last = self.replies[-1] if self.replies else None
        return last if last and last.state is ReplyState.FAILED else None

    def of(self, entry: HistoryEntry) -> Reply | None:
        """Return the reply that an entry of the history is about."""
        return next((one for one in self.replies if one.version == entry.version), None)

    def state_words(self, reply: Reply) -> str:
        """Say what became of a reply."""
        match reply.state:
            case ReplyState.SENT:
                return "Sent"
            case ReplyState.FAILED:
                return f"Not delivered. {reply.fault}"
            case ReplyState.QUEUED if not self.can_mail:
                return "Kept, and not sent: no mail server is set up"
            case ReplyState.QUEUED:
                return f"On its way. {reply.fault}".rstrip()


async def reply_part(
    desk: Desk,
    who: Principal,
    followup: FollowUp,
    program: Program,
    *,
    can_log: bool,
    preview: Mail | None = None,
) -> ReplyPart:
    """Return the part for one who may log contacts, or not."""
    async with desk.transactions.of(followup.tenant) as followups:
        replies = await followups.replies(followup.followup_id)
    languages = languages_of(desk.wordings, program)
    why_not = _why_not(desk, who, followup, program)
    return ReplyPart(
        can_write=can_log and not why_not,
        why_not=why_not if can_log else "",
        can_mail=desk.can_mail,
        languages=languages,
        language=language_for(followup.voice, languages),
        replies=replies,
        preview=preview,
    )


def mail_of(
    desk: Desk,
    who: Principal,
    followup: FollowUp,
    program: Program,
    *,
    language: str,
    written: str,
    promise_link: str = "",
) -> Mail:
    """Return the mail that is meant; raises IncompleteError that says what is missing."""
    languages = languages_of(desk.wordings, program)
    if language not in languages:
        raise IncompleteError({"language": "Choose a language of the list."})
    return compose(
        languages[language],
        followup.voice,
        program,
        language=language,
        owner=who.name,
        written=written,
        promise_link=promise_link,
    )


def _why_not(desk: Desk, who: Principal, followup: FollowUp, program: Program) -> str:
    try:
        mail_of(desk, who, followup, program, language="en", written="?")
    except IncompleteError as error:
        return error.detail
    return ""
