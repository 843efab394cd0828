"""Replies by mail: the words around an owner's own, what goes out, and when to try again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from services.routing.domain.deliveries import Attempt, next_attempt
from services.routing.domain.followup import Voice
from services.routing.domain.mails import Mail
from services.routing.errors import IncompleteError
from shared.program.contact import ReplyWording
from shared.program.document import Program

#: Used where there are no words in the customer's language.
FALLBACK = "en"
#: An address as HTML's input of type email takes it (WHATWG HTML, 4.10.5.1.5): plain ASCII.
_ADDRESS = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
#: RFC 5321, 4.5.3.1.3, without the angle brackets.
_LONGEST_ADDRESS = 254
_PLACE = re.compile(r"\{([a-z_]+)\}")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What stands around an owner's words in one language, with {places} for names."""

    name: str
    subject: str
    greeting: str
    greeting_unnamed: str
    quote: str
    promise: str
    closing: str


def languages_of(wordings: Mapping[str, Wording], program: Program) -> dict[str, Wording]:
    """Return the words by language: those of the product, changed as `program` says."""
    mail = program.contact.mail
    own = mail.wording if mail else {}
    every = {**wordings, **dict.fromkeys(own.keys() - wordings, wordings[FALLBACK])}
    return {
        language: _changed(words, own[language]) if language in own else words
        for language, words in every.items()
    }


def language_for(voice: Voice, languages: Mapping[str, Wording]) -> str:
    """Return the language to answer in: the one the customer wrote, where there are words."""
    tag = voice.language or FALLBACK
    return next((one for one in (tag, tag.split("-")[0]) if one in languages), FALLBACK)


def compose(
    wording: Wording,
    voice: Voice,
    program: Program,
    *,
    language: str,
    owner: str,
    written: str,
    promise_link: str = "",
) -> Mail:
    """Return the mail that answers `voice` with what its owner has `written`.

    Nothing of it can add a header: names are single lines, addresses plain ones. Raises
    IncompleteError for an empty text, a customer without a usable address, no sender.
    """
    text, sender = plain(written), program.contact.mail
    if not text:
        raise IncompleteError({"text": "Write what the customer is to read."})
    if sender is None:
        raise IncompleteError({"": "The program names no sender: contact.mail.from."})
    places = {
        "name": one_line(voice.contact_name or ""),
        "company": one_line(program.name),
        "owner": one_line(owner),
        "promise_link": one_line(promise_link),
    }
    return Mail(
        language=language,
        sender_name=f"{places['owner']}, {places['company']}",
        sender=sender.sender,
        recipient=_address_of(voice),
        subject=one_line(filled(wording.subject, places)),
        body=_body(wording, places, plain(voice.text or ""), text),
        written=text,
    )


def is_address(text: str) -> bool:
    """Tell whether `text` is a mail address that can be written to."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def plain(text: str) -> str:
    """Return `text` with one kind of line end and nothing that only machines read."""
    lines = _LINE_ENDS.sub("\n", text)
    return "".join(one for one in lines if one in "\n\t" or _is_readable(one)).strip()


def one_line(text: str) -> str:
    """Return `text` as what fits into a header."""
    return " ".join(plain(text).split())


def setback(attempt: Attempt, attempts: int, now: datetime, chance: float) -> datetime | None:
    """Return when to try again after a failed attempt, the `attempts`-th; None to give up.

    A code from 500 on is the server's last word on the mail (RFC 5321, 4.2.1).
    """
    if (attempt.status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    return next_attempt(attempt, attempts, now, chance)


def message_id(reply_id: UUID, sender: str) -> str:
    """Return the Message-ID of a reply: the same each time, so that a receiver tells a repeat."""
    return f"<{reply_id}@{sender.rpartition('@')[2]}>"


def _address_of(voice: Voice) -> str:
    address = (voice.contact_email or "").strip()
    if not address:
        raise IncompleteError({"": "The customer gave no mail address: reach them another way."})
    if not is_address(address):
        raise IncompleteError(
            {"": f"{one_line(address)!r} is no address for mails: call, or ask for one."}
        )
    return address


def _body(wording: Wording, places: Mapping[str, str], quoted: str, text: str) -> str:
    greeting = wording.greeting if places["name"] else wording.greeting_unnamed
    parts = [filled(greeting, places)]
    if quoted:
        parts.append("\n".join([wording.quote, *(f"> {line}" for line in quoted.split("\n"))]))
    parts.append(text)
    if places["promise_link"]:
        parts.append(filled(wording.promise, places))
    parts.append("\n".join([filled(wording.closing, places), places["owner"], places["company"]]))
    return "\n\n".join(parts) + "\n"


def filled(template: str, places: Mapping[str, str]) -> str:
    """Fill the places in one pass: what a name holds is never taken for a place."""
    return _PLACE.sub(lambda place: places.get(place[1], place[0]), template)


def _changed(words: Wording, own: ReplyWording) -> Wording:
    named = {part.name for part in fields(Wording)}
    own_words = own.model_dump(include=named, exclude_none=True)
    return replace(words, **own_words)


def _is_readable(letter: str) -> bool:
    return unicodedata.category(letter) not in {"Cc", "Cs"}
