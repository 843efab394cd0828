"""The words that weighed, found again in the text that a person reads.

Judges read a text in one spelling, in small letters and only its beginning: a word that the
writer spelled otherwise is not found, and stands in the table alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from services.scoring.domain.text.reading import is_without_spaces


class Piece(NamedTuple):
    """A part of a text: marked, or as it is."""

    text: str
    is_marked: bool


def marked(text: str, phrases: Iterable[str]) -> list[Piece]:
    """Return `text` in pieces, where each occurrence of one of `phrases` is marked.

    A phrase that ends in `*` stands for every word that begins so. Joined, the pieces are the
    text.
    """
    wanted = sorted(set(map(whole_signs, phrases)) - {"", "*"}, key=len, reverse=True)
    if not wanted:
        return [Piece(text, is_marked=False)] if text else []
    found = re.compile("|".join(map(_pattern, wanted)), re.IGNORECASE)
    return list(_pieces(text, found))


def whole_signs(phrase: str) -> str:
    """Return `phrase` without the marks at its beginning that belong to a letter before it."""
    while phrase and (_is_mark(phrase[0]) or phrase[0].isspace()):
        phrase = phrase[1:]
    return phrase.rstrip()


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign).startswith("M")


def _pieces(text: str, found: re.Pattern[str]) -> Iterator[Piece]:
    end = 0
    for match in found.finditer(text):
        if match.start() > end:
            yield Piece(text[end : match.start()], is_marked=False)
        start, end = match.start(), match.end()
        while end < len(text) and _is_mark(text[end]):
            end += 1
        yield Piece(text[start:end], is_marked=True)
    if end < len(text):
        yield Piece(text[end:], is_marked=False)


def _pattern(phrase: str) -> str:
    stem = phrase.removesuffix("*")
    words = r"\s+".join(map(re.escape, stem.split())).replace("'", "['’ʼ]")
    if is_without_spaces(stem):
        return words
    before = r"(?<!\w)" if stem[0].isalnum() else ""
    whole = r"(?!\w)" if stem[-1].isalnum() else ""
    return f"{before}{words}" + (whole if stem == phrase else r"\w*")
