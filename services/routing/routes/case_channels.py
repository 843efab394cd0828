"""The part of a case's page where a reply by another channel is written, looked at and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.routing.bootstrap import Desk
from services.routing.domain.channel_messages import (
    ChannelMessage,
    ChannelReply,
    ChannelReplyState,
)
from services.routing.domain.channel_replies import compose_message, reachable
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import HistoryEntry
from services.routing.domain.replies import language_for, languages_of
from services.routing.errors import IncompleteError
from services.routing.handlers.promising import kept_for
from shared.program.channels import ReplyChannel
from shared.program.document import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsPart:
    """What the page shows: the channels to choose from, none where nobody can write.

    `preview` is the message that was asked to be shown.
    """

    channels: Sequence[ReplyChannel]
    replies: Sequence[ChannelReply]
    names: Mapping[str, str]
    preview: ChannelMessage | None

    @property
    def failed(self) -> ChannelReply | None:
        """Return the last reply where it did not reach the customer."""
        last = self.replies[-1] if self.replies else None
        return last if last and last.state is ChannelReplyState.FAILED else None

    def of(self, entry: HistoryEntry) -> ChannelReply | None:
        """Return the reply that an entry of the history is about."""
        return next((one for one in self.replies if one.version == entry.version), None)

    def name_of(self, message: ChannelMessage) -> str:
        """Return the channel's name as staff know it."""
        return self.names.get(message.channel, message.channel_name)

    def state_words(self, reply: ChannelReply) -> str:
        """Say what became of a reply."""
        match reply.state:
            case ChannelReplyState.SENT:
                return "Sent"
            case ChannelReplyState.DELIVERED:
                return "Delivered"
            case ChannelReplyState.FAILED:
                return f"Not delivered. {reply.fault}".rstrip()
            case ChannelReplyState.QUEUED if not reply.is_given:
                return "Kept, and not sent: no webhook carries this channel"
            case ChannelReplyState.QUEUED if reply.is_held:
                return "Kept, and not sent: the webhook that carries this channel is disabled"
            case ChannelReplyState.QUEUED:
                return f"On its way. {reply.fault}".rstrip()


async def channels_part(
    desk: Desk,
    followup: FollowUp,
    program: Program,
    *,
    can_log: bool,
    preview: ChannelMessage | None = None,
) -> ChannelsPart:
    """Return the part for one who may log contacts, or not."""
    async with desk.channel_replies.of(followup.tenant) as kept:
        replies = await kept.of_followup(followup.followup_id)
    offered = await _offered(desk, followup, program) if can_log else []
    return ChannelsPart(
        channels=offered,
        replies=replies,
        names={one.id: one.name for one in program.contact.channels},
        preview=preview,
    )


async def message_of(
    desk: Desk, followup: FollowUp, program: Program, *, via: str, text: str
) -> tuple[ReplyChannel, ChannelMessage]:
    """Return the message that is meant and its channel.

    Raises IncompleteError that says what is missing.
    """
    offered = {one.id: one for one in await _offered(desk, followup, program)}
    if via not in offered:
        raise IncompleteError({"via": "Choose a way by which this customer can be reached."})
    languages = languages_of(desk.wordings, program)
    language = language_for(followup.voice, languages)
    message = compose_message(offered[via], followup.voice, languages, language=language, text=text)
    return offered[via], message


async def _offered(desk: Desk, followup: FollowUp, program: Program) -> list[ReplyChannel]:
    """Return the channels that reach the customer: none once their data are erased."""
    found = reachable(followup.voice, program)
    if found and (await kept_for(desk.promises, followup)).promise.erasure_asked_at:
        return []
    return found
