"""Cuts text into units: words where a script sets them apart, whole runs where it doesn't.

Total and bounded: any string has units, and at most the first `MOST_CHARACTERS` are read.
"""

from __future__ import annotations

import re
from functools import lru_cache

from services.scoring.domain.text.spelling import normalized

#: The start of a text tells what it is about; the rest of a long one is not read.
MOST_CHARACTERS = 1000

#: Scripts that write words without spaces between: Thai and Lao, Tibetan, Burmese, Khmer,
#: Japanese, Chinese.
_RUN = r"\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
#: Vowel signs and the like, which belong to words though Python counts them as no letters.
_MARK = r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff"
_WORD = rf"(?:[^\W\d_{_RUN}{_MARK}]++|[{_MARK}]++)++"
_ASCII = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+|[^\w\s]")
_UNICODE = re.compile(rf"{_WORD}(?:'{_WORD})*+|[{_RUN}]+|\d+|[^\w\s]")
_STARTS_A_RUN = re.compile(f"[{_RUN}]")
_ADDRESS = re.compile(r"https?://\S+")
_PERSON = re.compile(r"@\w+")


# The judges of one text ask one after the other; the second finds the units made.
@lru_cache(maxsize=1)
def units_of(text: str) -> tuple[str, ...]:
    """Return the units of `text` in order: words, runs, numbers and signs, case folded.

    Compatibility forms are made one (NFKC); a web address counts as the units of `//`, a
    mention of somebody as `@`.
    """
    text = text[:MOST_CHARACTERS]
    if "@" in text:
        text = _PERSON.sub("@", text)
    if "://" in text:
        text = _ADDRESS.sub(" // ", text)
    if text.isascii():
        return tuple(_ASCII.findall(text.lower()))
    return tuple(_UNICODE.findall(normalized(text, MOST_CHARACTERS).casefold().replace("’", "'")))


def is_run(unit: str) -> bool:
    """Tell whether `unit` is of a script that does not set words apart."""
    return _STARTS_A_RUN.match(unit) is not None
