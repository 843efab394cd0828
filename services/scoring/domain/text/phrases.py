"""Finds words and phrases in text of any script, in one pass.

Scripts with spaces are read word by word; a phrase that ends in `*` stands for all whose last
word begins so. Chinese, Thai, Lao and their like are read sign by sign. At each place the
longest phrase wins, and nothing is found twice. The work grows with the length of what is read,
whatever the text and however many the phrases (Aho and Corasick 1975).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick, MatchKind

from services.scoring.domain.text.reading import (
    END,
    ENDS,
    UNSPACED,
    Reading,
    framed,
    is_without_spaces,
    readable,
)
from shared.errors import ClosedLoopError

T = TypeVar("T")

LONGEST_PHRASE = 100
#: Phrases that count of one text: more than anybody says in earnest.
MOST_FOUND = 500
#: Letters that stand before a star: fewer would begin half of a language's words.
SHORTEST_STEM = 3

_ENDS = re.compile(r"(?:\. )+")
_PIECE = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+(?:'[^\W_{UNSPACED}]+)*\*?|[^\w\s]")


class PhraseError(ClosedLoopError):
    """A phrase can't be looked for; `phrase` is as it was listed."""

    def __init__(self, phrase: str, detail: str, remedy: str) -> None:
        super().__init__(f"{phrase[:LONGEST_PHRASE]!r}: {detail}", remedy=remedy)
        self.phrase = phrase


class Found(NamedTuple, Generic[T]):
    """A phrase that stands in a text, as it was listed, and what it means."""

    phrase: str
    meaning: T


class Phrases(Generic[T]):
    """Phrases and what each of them means; `end` is what the end of a sentence means, if anything.

    Passes over what can't be looked for, which `pattern_of` tells.
    """

    def __init__(self, phrases: Mapping[str, T], *, end: T | None = None) -> None:
        found = {
            pattern_of(phrase): Found(phrase, meaning)
            for phrase, meaning in phrases.items()
            if is_findable(phrase)
        }
        if end is not None:
            found[framed([END])] = Found(END, end)
        self._found = list(found.values())
        self._automaton = AhoCorasick(
            found, matchkind=MatchKind.LeftmostLongest, store_patterns=False
        )

    def find(self, reading: Reading) -> list[Found[T]]:
        """Return the phrases in what was read, in order, none within another."""
        return [self._found[number] for number, _, _ in self._matches(reading)]

    def place(self, reading: Reading) -> Iterator[tuple[int, int, Found[T]]]:
        """Yield what `find` returns, after where it stands among the framed words: from, up to."""
        return ((start, end, self._found[number]) for number, start, end in self._matches(reading))

    def _matches(self, reading: Reading) -> list[tuple[int, int, int]]:
        return self._automaton.find_matches_as_indexes(reading.words)[:MOST_FOUND]


class Phrasebook(dict[str | None, Phrases[T]]):
    """The phrases of each language, put together when it is first met.

    `listed` returns what is listed for a language, and for None what is listed for any.
    """

    def __init__(
        self, listed: Callable[[str | None], Mapping[str, T]], *, end: T | None = None
    ) -> None:
        super().__init__()
        self._listed = listed
        self._end = end

    def __missing__(self, language: str | None) -> Phrases[T]:
        phrases = self[language] = Phrases(self._listed(language), end=self._end)
        return phrases


# A phrase is asked for by its own language and by the one that is not known.
@lru_cache(maxsize=20_000)
def pattern_of(phrase: str) -> str:
    """Return what stands for `phrase` among framed words. Raises PhraseError where nothing can."""
    pieces = phrase_pieces(phrase)
    if is_without_spaces(pieces[0]):
        return "".join(pieces)
    pattern = framed(pieces)
    return pattern.removesuffix("* ")


def is_findable(phrase: str) -> bool:
    """Tell whether `phrase` can be looked for."""
    try:
        return bool(pattern_of(phrase))
    except PhraseError:
        return False


def phrase_pieces(phrase: str) -> list[str]:
    """Return the words of a phrase. Raises PhraseError."""
    if len(phrase) > LONGEST_PHRASE:
        raise PhraseError(phrase, "This phrase is too long.", f"Use {LONGEST_PHRASE} characters.")
    pieces = _pieces(phrase)
    if not pieces:
        raise PhraseError(phrase, "There is no word in it.", "Write a word, or leave it out.")
    if len({is_without_spaces(piece) for piece in pieces}) > 1:
        raise PhraseError(phrase, "It mixes scripts with and without spaces.", "List each part.")
    if any(piece.endswith("*") for piece in pieces[:-1]):
        raise PhraseError(phrase, "A star stands before its end.", "List the word's forms.")
    _check_last(phrase, pieces[-1], is_alone=len(pieces) == 1)
    return pieces


def _check_last(phrase: str, piece: str, *, is_alone: bool) -> None:
    is_stem = piece.endswith("*")
    if is_stem and len(piece) <= SHORTEST_STEM:
        raise PhraseError(
            phrase, "Too little stands before the star.", f"Use {SHORTEST_STEM} letters or more."
        )
    if is_alone and len(piece) == 1 and piece.isascii() and phrase.strip() == piece:
        raise PhraseError(phrase, "A single letter says nothing.", "Write a longer word.")


def _pieces(phrase: str) -> list[str]:
    """Return the words of a phrase, between them the ends of sentences, as in "St. Gallen"."""
    pieces = [END if piece in ENDS else piece for piece in _PIECE.findall(readable(phrase))]
    words = [piece for piece in pieces if piece[0].isalnum()]
    if END not in pieces or any(map(is_without_spaces, words)):
        return words
    said = [piece for piece in pieces if piece == END or piece[0].isalnum()]
    return _ENDS.sub(f"{END} ", " ".join(said)).strip(f"{END} ").split()
