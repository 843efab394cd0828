"""Replies by other channels: who can be reached, how long it gets, what a report changes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.routing.adapters.replies import load_wordings
from services.routing.domain.channel_messages import (
    ChannelMessage,
    ChannelReply,
    ChannelReplyState,
)
from services.routing.domain.channel_replies import (
    DeliveredAlreadyError,
    compose_message,
    reachable,
    recipient_of,
    reported,
)
from services.routing.domain.followup import Voice
from services.routing.domain.opening import open_followup
from services.routing.domain.replies import plain
from services.routing.domain.reply_requests import delivery_of
from services.routing.errors import IncompleteError
from shared.program.channels import ReplyChannel
from shared.program.document import Program
from tests.integration.routing.company import DOCUMENT, NOW, PROGRAM, scored

WORDINGS = load_wordings()
WEBHOOK = UUID(int=5)
OPENED = open_followup(scored(1).data, PROGRAM, defaultdict(int), NOW)
VOICE = replace(OPENED.voice, contact_phone="+856 20 5555 1234", text="Late again.")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def channel(**more: object) -> ReplyChannel:
    return ReplyChannel.model_validate(
        {"id": "whatsapp", "name": "WhatsApp", "webhook": str(WEBHOOK), **more}
    )


def message(voice: Voice = VOICE, text: str = "We are sorry.", **more: object) -> ChannelMessage:
    return compose_message(channel(**more), voice, WORDINGS, language="en", text=text)


def reply(**more: Any) -> ChannelReply:  # noqa: ANN401  (what a test changes)
    known = {
        "reply_id": UUID(int=1),
        "tenant": "demo",
        "followup_id": UUID(int=2),
        "version": 3,
        "customer_id": "C-00001",
        "message": message(),
        "by": "mali",
        "created_at": NOW,
    }
    return ChannelReply(**{**known, **more})


def program_with(*channels: Mapping[str, object]) -> Program:
    contact = {**DOCUMENT["contact"], "channels": channels}
    return Program.model_validate({**DOCUMENT, "contact": contact})


def test_a_customer_is_reached_by_what_they_gave() -> None:
    ways = [
        {"id": by, "name": by, "webhook": str(WEBHOOK), "reaches_by": by}
        for by in ("phone", "email", "customer_id")
    ]
    program = program_with(*ways)
    assert [one.id for one in reachable(VOICE, program)] == ["phone", "customer_id"]
    mute = replace(VOICE, contact_phone=None, contact_email="som@example.com")
    assert [one.id for one in reachable(mute, program)] == ["email", "customer_id"]


@pytest.mark.parametrize("phone", ["", "call me", "123; DROP", "+", "1" * 40, None])
def test_what_is_no_number_is_not_written_to(phone: str | None) -> None:
    voice = replace(VOICE, contact_phone=phone)
    assert recipient_of(voice, channel()) == ""
    with pytest.raises(IncompleteError, match="can't be reached by WhatsApp"):
        message(voice)


def test_a_message_is_the_owners_words_alone_unless_the_channel_quotes() -> None:
    assert message().body == "We are sorry."
    assert message(quotes=True).body == "You told us:\n“Late again.”\n\nWe are sorry."


@given(said=TEXTS, text=TEXTS, most=st.integers(20, 500), quotes=st.booleans())
def test_no_message_is_longer_than_its_channel_takes_and_none_of_the_owners_words_is_cut(
    said: str, text: str, most: int, *, quotes: bool
) -> None:
    assume(0 < len(plain(text)) <= most)
    made = message(replace(VOICE, text=said), text, max_characters=most, quotes=quotes)
    assert len(made.body) <= most
    assert made.body.endswith(plain(text))


def test_a_long_quotation_is_cut_and_says_so() -> None:
    made = message(replace(VOICE, text="late " * 100), quotes=True, max_characters=100)
    assert len(made.body) <= 100
    assert "late…”" in made.body


def test_too_long_a_message_says_how_much_to_leave_out() -> None:
    with pytest.raises(IncompleteError, match=r"WhatsApp takes 20 characters: leave out 5\."):
        message(text="x" * 25, max_characters=20)


def test_the_channel_has_a_name_in_the_customers_language() -> None:
    made = compose_message(
        channel(names={"th": "ไลน์"}), VOICE, WORDINGS, language="th", text="ขอโทษ"
    )
    assert made.channel_name == "ไลน์"


def test_what_is_shown_has_another_digest_when_a_word_or_the_webhook_changes() -> None:
    others = {message(text="Pay now.").digest, message(webhook=str(UUID(int=6))).digest}
    assert len({message().digest, *others}) == 3
    assert message().digest == message().digest


def test_the_webhook_is_told_under_the_replys_id() -> None:
    told = delivery_of(reply())
    event = json.loads(told.body)
    assert told.message_id == event["id"] == event["data"]["reply_id"] == str(UUID(int=1))
    assert (told.webhook_id, told.event) == (WEBHOOK, "reply.requested")
    assert event["type"] == "reply.requested.v1"
    assert event["data"]["to"] == "+856 20 5555 1234"
    assert event["data"]["text"] == "We are sorry."


def test_a_report_is_kept_once_and_a_late_arrival_counts() -> None:
    sent = reply(state=ChannelReplyState.SENT)
    failed = reported(sent, "failed", "No such\nnumber.", NOW)
    assert (failed.state, failed.fault) == (ChannelReplyState.FAILED, "No such number.")
    assert reported(failed, "failed", "Other words.", NOW + timedelta(hours=1)) is failed
    delivered = reported(failed, "delivered", "", NOW)
    assert (delivered.state, delivered.fault) == (ChannelReplyState.DELIVERED, "")
    with pytest.raises(DeliveredAlreadyError):
        reported(delivered, "failed", "", NOW)


def test_a_program_names_each_channel_once_and_its_webhook_by_id() -> None:
    one = {"id": "sms", "name": "SMS", "webhook": str(WEBHOOK)}
    with pytest.raises(ValidationError, match="'sms' stands twice"):
        program_with(one, one)
    with pytest.raises(ValidationError, match="webhook"):
        program_with({**one, "webhook": "gateway"})
