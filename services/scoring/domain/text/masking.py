"""Takes personal data out of text, before a model or a log sees it.

What goes is replaced by its kind (‹mail›, ‹phone›, ‹card›, ‹iban›, ‹number›, ‹name›,
‹reference›), so that a sentence can still be read. The masked text has another length: places
in it are not places in the original. When in doubt a long number goes; dates, amounts and short
numbers stay. Addresses in street form, and names that nobody passed in, are not recognized.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import ascii_uppercase

from services.scoring.domain.text.reading import UNSPACED

#: Digits of a phone number after ITU-T E.164, of a card number after ISO/IEC 7812.
MOST_PHONE_DIGITS = 15
CARD_DIGITS = range(13, 20)
#: Digits without a prefix that are taken for a phone number: fewer are orders and amounts.
FEWEST_BARE_DIGITS = 9
FEWEST_PREFIXED_DIGITS = 7
SHORTEST_IBAN = 15
#: Names of one person, with their parts, that are looked for.
MOST_NAMES = 32
LONGEST_NAME = 100
SHORTEST_PART = 3

_LETTER = "A-Za-zÀ-ɏЀ-ӿ"
_MAIL = re.compile(
    rf"(?<![{_LETTER}\d._%+\-])[{_LETTER}\d._%+\-]{{1,128}}+"
    rf"@(?:[{_LETTER}\d\-]{{1,63}}+\.){{1,8}}[{_LETTER}]{{2,24}}+"
)
# What may stand between the digits of a number.
_BETWEEN = r"[ \u00a0()./\-‐-–]{0,3}"
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])",
    re.ASCII | re.IGNORECASE,
)
_IBAN_START = 4
# Found five times as fast as what they stand for, which most texts have nothing of.
_MAY_BE_IBAN = re.compile(r"[A-Za-z]{2}\d\d ?[A-Za-z0-9]{4}")
_MAY_BE_NUMBER = re.compile(rf"\d(?:{_BETWEEN}\d){{{FEWEST_PREFIXED_DIGITS - 1}}}")
_GROUP = re.compile(r"[^ ]+")
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?P<date>\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d(?!\d))"
    rf"|(?P<number>[+＋]?\(?\d(?:{_BETWEEN}\d){{6,}}+))"
)
_AMOUNT = re.compile(r"\d{1,3}(?:\.\d{3})+")
_LOCAL = re.compile(r"\d{3,4}[ \-]\d{4}")
_YEARS = re.compile(r"(?:19|20)\d\d[ \-](?:19|20)\d\d")
# ISO 13616 reads the letters of an account number as 10 to 35.
_LETTER_VALUES = {ord(letter): str(ord(letter) - ord("A") + 10) for letter in ascii_uppercase}
# A booking code such as X7K2PQ, and no flight number such as QV312.
_REFERENCE = re.compile(
    r"(?<![A-Za-z0-9])(?![A-Z]{2}\d{1,4}(?![A-Z0-9]))(?=[A-Z]{0,11}\d)(?=\d{0,11}[A-Z])"
    r"[A-Z0-9]{5,12}(?![A-Za-z0-9])"
)
_UNSPACED = re.compile(f"[{UNSPACED}]")


def mask(text: str, *, names: Iterable[str] = (), references: bool = False) -> str:
    """Return `text` without mail addresses, phone, card and bank account numbers and `names`.

    `names` are those of the customer and whoever else the event's fields name: each is masked
    as a whole and by its parts. `references` masks booking codes and the like too.
    """
    if "@" in text:
        text = _MAIL.sub("‹mail›", text)
    if _MAY_BE_IBAN.search(text):
        text = _IBAN.sub(_iban, text)
    if _MAY_BE_NUMBER.search(text):
        text = _NUMBER.sub(_number, text)
    if references:
        text = _REFERENCE.sub("‹reference›", text)
    return _without_names(text, names)


def _iban(match: re.Match[str]) -> str:
    """Mask the part of a match that is an IBAN: words may follow it that look like its groups.

    The check is that of ISO 13616: the first four signs go to the end, letters count from 10,
    and the number leaves 1 when divided by 97 (ISO/IEC 7064).
    """
    found = match[0]
    first = found[:_IBAN_START].upper().translate(_LETTER_VALUES)
    last, shift = int(first), 10 ** len(first)
    groups = found[_IBAN_START:].upper().translate(_LETTER_VALUES).split()
    remainder, end = 0, 0
    for group, digits in zip(_GROUP.finditer(found, _IBAN_START), groups, strict=True):
        remainder = (remainder * 10 ** len(digits) + int(digits)) % 97
        if group.end() >= SHORTEST_IBAN and (remainder * shift + last) % 97 == 1:
            end = group.end()
    return "‹iban›" + found[end:] if end else found


def _number(match: re.Match[str]) -> str:
    number = match["number"]
    if number is None:
        return match[0]
    digits = [int(sign) for sign in number if sign.isdecimal()]
    if len(digits) in CARD_DIGITS and _is_card(digits):
        return "‹card›"
    if len(digits) > MOST_PHONE_DIGITS:
        return "‹number›"
    return "‹phone›" if _is_phone(number, digits) else number


def _is_phone(number: str, digits: list[int]) -> bool:
    if number[0] in "+＋(":
        return True
    if _AMOUNT.fullmatch(number):
        return False
    if _LOCAL.fullmatch(number):
        return not _YEARS.fullmatch(number)
    is_prefixed = digits[0] == 0 and len(digits) >= FEWEST_PREFIXED_DIGITS
    return is_prefixed or len(digits) >= FEWEST_BARE_DIGITS


def _is_card(digits: list[int]) -> bool:
    """Return whether the check digit is right (Luhn, ISO/IEC 7812-1 annex B)."""
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return any(digits) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _without_names(text: str, names: Iterable[str]) -> str:
    wanted = [name for name in _parts(names) if name.casefold() in text.casefold()]
    if not wanted:
        return text
    alternatives = "|".join(_bounded(name) for name in sorted(wanted, key=len, reverse=True))
    return re.sub(alternatives, "‹name›", text, flags=re.IGNORECASE)


def _bounded(name: str) -> str:
    if _UNSPACED.search(name):
        return re.escape(name)
    return rf"(?<![\w‹]){re.escape(name)}(?!\w)"


def _parts(names: Iterable[str]) -> list[str]:
    """Return each name as a whole and in its parts, longest first, no more than can be sought."""
    parts: dict[str, None] = {}
    for name in names:
        whole = " ".join(name[:LONGEST_NAME].split())
        pieces = [piece for piece in whole.split(" ") if len(piece) >= SHORTEST_PART]
        parts |= dict.fromkeys([whole, *pieces] if len(whole) > 1 else ())
    return list(parts)[:MOST_NAMES]
