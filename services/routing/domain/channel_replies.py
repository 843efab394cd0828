"""Replies by other channels than mail: who can be reached, what goes out, and what is reported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from services.routing.domain.channel_messages import (
    ChannelMessage,
    ChannelReply,
    ChannelReplyState,
    Report,
)
from services.routing.domain.followup import Voice
from services.routing.domain.replies import Wording, is_address, one_line, plain
from services.routing.errors import IncompleteError, RoutingError, UnknownError
from shared.program.channels import ReplyChannel
from shared.program.document import Program

_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{2,30}")
#: A quotation of which less than this is left says nothing.
_SHORTEST_QUOTE = 20
_CUT = "…"


class UnknownReplyError(UnknownError):
    """There is no such reply by a channel for this tenant."""


class DeliveredAlreadyError(RoutingError):
    """A reply that has reached the customer is reported as failed."""


def reachable(voice: Voice, program: Program) -> list[ReplyChannel]:
    """Return the program's channels by which this customer can be reached, in its order."""
    return [one for one in program.contact.channels if recipient_of(voice, one)]


def recipient_of(voice: Voice, channel: ReplyChannel) -> str:
    """Return what a message by `channel` goes to, empty where the customer did not give it."""
    match channel.reaches_by:
        case "phone":
            phone = one_line(voice.contact_phone or "")
            return phone if _PHONE.fullmatch(phone) else ""
        case "email":
            address = (voice.contact_email or "").strip()
            return address if is_address(address) else ""
        case "customer_id":
            return voice.customer_id


def compose_message(
    channel: ReplyChannel,
    voice: Voice,
    wordings: Mapping[str, Wording],
    *,
    language: str,
    text: str,
) -> ChannelMessage:
    """Return the message by `channel` that answers `voice` with what its owner wrote.

    The customer's words go above where the channel quotes, cut to the room that is left. Raises
    IncompleteError for no text, too long a one, a customer who can't be reached so.
    """
    written, recipient = plain(text), recipient_of(voice, channel)
    if not recipient:
        raise IncompleteError({"via": f"The customer can't be reached by {channel.name}."})
    if not written:
        raise IncompleteError({"message": "Write what the customer is to read."})
    if (over := len(written) - channel.max_characters) > 0:
        raise IncompleteError(
            {
                "message": f"{channel.name} takes {channel.max_characters:,} characters:"
                f" leave out {over:,}."
            }
        )
    quoted = plain(voice.text or "") if channel.quotes else ""
    room = channel.max_characters - len(written)
    return ChannelMessage(
        channel=channel.id,
        channel_name=channel.name_in(language),
        webhook_id=channel.webhook,
        language=language,
        recipient=recipient,
        body=_quotation(wordings[language].quote, quoted, room) + written,
        written=written,
    )


def reported(reply: ChannelReply, report: Report, words: str, now: datetime) -> ChannelReply:
    """Return the reply after what its receiver reported; the same again changes nothing.

    What arrived after all counts as delivered. Raises DeliveredAlreadyError for the contrary.
    """
    state = ChannelReplyState(report)
    if reply.reported_at and reply.state is state:
        return reply
    if reply.state is ChannelReplyState.DELIVERED:
        raise DeliveredAlreadyError(
            "It was reported as delivered before.", remedy="Report a failure only where it failed."
        )
    fault = one_line(words) if state is ChannelReplyState.FAILED else ""
    return replace(reply, state=state, settled_at=now, reported_at=now, fault=fault)


def _quotation(lead: str, quoted: str, room: int) -> str:
    """Return the customer's words as they stand above an answer, in no more than `room`."""
    frame = f"{lead}\n“”\n\n"
    left = room - len(frame)
    if not quoted or left < min(len(quoted), _SHORTEST_QUOTE):
        return ""
    if len(quoted) > left:
        quoted = quoted[: left - len(_CUT)].rstrip() + _CUT
    return f"{lead}\n“{quoted}”\n\n"
