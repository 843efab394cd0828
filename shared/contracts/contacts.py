"""How somebody tried to reach a customer, and what came of it."""

from __future__ import annotations

from enum import StrEnum


class ContactChannel(StrEnum):
    """How somebody tried to reach a customer."""

    PHONE = "phone"
    MAIL = "mail"
    CHAT = "chat"
    MESSAGE = "message"
    VISIT = "visit"
    LETTER = "letter"


class ContactOutcome(StrEnum):
    """What came of an attempt to reach a customer. `sent`: in writing, without an answer yet."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_DETAILS = "wrong_details"
    CALLBACK_AGREED = "callback_agreed"
    DECLINED = "declined"
    SENT = "sent"
