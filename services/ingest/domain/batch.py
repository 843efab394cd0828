"""A JSON list taken apart into the bytes of its items, each exactly as it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder

from shared.contracts.records import Rejected

#: Keeps what is not UTF-8 as it is, so that the one event that holds it is refused and not all.
_LOSSLESS = "surrogateescape"
_BLANK = re.compile(r"[ \t\n\r]*")
# Numbers stay text: they are not looked at here, and text has no limit on its digits.
_SCAN = JSONDecoder(parse_int=str, parse_float=str).raw_decode


def items(body: bytes) -> Iterator[bytes]:
    """Yield each item of the JSON list in `body` as its own bytes.

    Raises Rejected with the code `not_json` where the list breaks off or is none.
    """
    text = body.decode(errors=_LOSSLESS)
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        raise _broken("a list of events should begin with [", at)
    at = _skip(text, at + 1)
    if text[at : at + 1] == "]":
        return _end(text, at)
    while True:
        end = _item_end(text, at)
        yield text[at:end].encode(errors=_LOSSLESS)
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            return _end(text, at)
        if text[at : at + 1] != ",":
            raise _broken("after an event there should be , or ]", at)
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _item_end(text: str, at: int) -> int:
    try:
        return int(_SCAN(text, at)[1])
    except (ValueError, RecursionError) as error:
        raise _broken(getattr(error, "msg", "it is nested too deeply"), at) from None


def _end(text: str, at: int) -> None:
    rest = _skip(text, at + 1)
    if rest != len(text):
        raise _broken("there is more behind the list", rest)


def _broken(what: str, at: int) -> Rejected:
    return Rejected(
        "not_json",
        f"The body is not a JSON list: {what} (character {at}).",
        remedy="Send a JSON list of CloudEvents; nothing of this request was taken.",
    )
