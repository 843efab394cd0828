"""Finds words and phrases in text of any script, in one pass.

Scripts with spaces are read word by word; a word that ends in `*` stands for all that begin so.
Chinese, Thai, Lao and their like are read sign by sign. At each place the longest phrase wins,
and nothing is found twice. The work is bounded by the longest phrase times the length of what
is read, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import add
from typing import Any, Generic, NamedTuple, TypeVar
from unicodedata import normalize

from shared.errors import ClosedLoopError

T = TypeVar("T")

#: Characters of a text that are read: who complains says so before that.
LONGEST_READ = 2_000
LONGEST_PHRASE = 100
MOST_PHRASES = 30_000
#: Letters that stand before a star: fewer would begin half of a language's words.
SHORTEST_STEM = 3

# Thai and Lao, Khmer and Burmese, kana, Chinese: written without spaces between words.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_PIECE = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+(?:'[^\W_{UNSPACED}]+)*\*?|[^\w\s]")
_WORDS = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+(?:'[^\W_{UNSPACED}]+)*")
_BEGINS_UNSPACED = re.compile(rf"[{UNSPACED}]").match
# ASCII text is cut without a regular expression, in a third of the time.
_ASCII_WORDS = {sign: " " for sign in range(128) if not (chr(sign).isalnum() or chr(sign) == "'")}


class PhraseError(ClosedLoopError):
    """A list of words can't be used; `phrase` is the entry at fault."""

    def __init__(self, phrase: str, detail: str, remedy: str) -> None:
        super().__init__(f"{phrase[:LONGEST_PHRASE]!r}: {detail}", remedy=remedy)
        self.phrase = phrase


class Found(NamedTuple, Generic[T]):
    """A phrase that stands in a text, as it was listed, what it means, and how long it is."""

    phrase: str
    meaning: T
    #: In words, or in signs where words are not set apart.
    length: int


class Place(NamedTuple, Generic[T]):
    """Where a phrase stands: `start` up to, and without, `end`."""

    start: int
    end: int
    found: Found[T]


class _Node(Generic[T]):
    """Where phrases with the same beginning go on."""

    __slots__ = ("found", "next", "stems")

    def __init__(self) -> None:
        self.next: dict[str, _Node[T]] = {}
        #: By the first letters of a stem: the stems, and where each goes on.
        self.stems: dict[str, dict[str, _Node[T]]] = {}
        self.found: Found[T] | None = None


def readable(text: str) -> str:
    """Return what is read of `text`: its beginning, lower-case, in one spelling of each sign."""
    text = text[:LONGEST_READ]
    if not text.isascii():
        text = normalize("NFKC", text)[:LONGEST_READ].replace("’", "'").replace("ʼ", "'")
    return text.lower()


def words_of(readable_text: str) -> list[str]:
    """Return the words of a readable text; signs without spaces between them stay together."""
    if "'" in readable_text or not readable_text.isascii():
        return _WORDS.findall(readable_text)
    return readable_text.translate(_ASCII_WORDS).split()


def is_without_spaces(word: str) -> bool:
    """Return whether `word` is of a script that puts no spaces between words."""
    return _BEGINS_UNSPACED(word) is not None


class Phrases(Generic[T]):
    """Phrases and what each of them means. Raises PhraseError for one that can't be found."""

    def __init__(self, phrases: Mapping[str, T]) -> None:
        if len(phrases) > MOST_PHRASES:
            raise PhraseError(
                next(iter(phrases)),
                f"It is one of {len(phrases):,} phrases; {MOST_PHRASES:,} are the most.",
                "Leave out what says little.",
            )
        self._words: _Node[T] = _Node()
        self._signs: _Node[T] = _Node()
        for phrase, meaning in phrases.items():
            self._add(phrase, meaning)
        #: Where phrases go on after their first two signs, by these.
        self._pairs = {
            first + second: after
            for first, node in self._signs.next.items()
            for second, after in node.next.items()
        }
        self._single = {
            sign: node.found for sign, node in self._signs.next.items() if node.found is not None
        }

    def _add(self, phrase: str, meaning: T) -> None:
        pieces: Sequence[str] = _checked(phrase)
        node = self._words
        if is_without_spaces(pieces[0]):
            node, pieces = self._signs, "".join(pieces)
        length = len(pieces)
        for piece in pieces:
            if piece.endswith("*"):
                stems = node.stems.setdefault(piece[:SHORTEST_STEM], {})
                node = stems.setdefault(piece[:-1], _Node())
            else:
                node = node.next.setdefault(piece, _Node())
        node.found = Found(phrase, meaning, length)

    def find(self, words: Sequence[str]) -> list[Found[T]]:
        """Return the phrases in `words` (from `words_of`), in order, none within another."""
        return [place.found for place in self.place(words)]

    def place(self, words: Sequence[str]) -> list[Place[T]]:
        """Return what `find` does, and where: counted in words, or in signs without spaces."""
        places: list[Place[T]] = []
        first, stems, has_signs = self._words.next, self._words.stems, bool(self._signs.next)
        end = shift = 0
        for position, word in enumerate(words):
            if position < end:
                continue
            if word in first or word[:SHORTEST_STEM] in stems:
                found = _longest(self._words, words, position)
                if found is not None:
                    end = position + found.length
                    places.append(Place(position + shift, end + shift, found))
            elif has_signs and is_without_spaces(word):
                places += self._in_signs(word, position + shift)
                shift += len(word) - 1
        return places

    def _in_signs(self, chunk: str, start: int) -> list[Place[T]]:
        places: list[Place[T]] = []
        pairs, single, end = self._pairs, self._single, 0
        for position, pair in enumerate(map(add, chunk, f"{chunk[1:]} ")):
            if position < end:
                continue
            found = single.get(pair[0]) if single else None
            if pair in pairs:
                node = pairs[pair]
                found = node.found or found
                if chunk[position + 2 : position + 3] in node.next:
                    found = _longest(node, chunk, position + 2) or found
            if found is not None:
                end = position + found.length
                places.append(Place(start + position, start + end, found))
        return places


def _longest(node: _Node[T], words: Sequence[str], position: int) -> Found[T] | None:
    """Return the longest phrase that goes on from `node` with the words at `position`."""
    longest: Found[T] | None = None
    end = len(words)
    while position < end:
        word = words[position]
        position += 1
        if node.stems:
            longest = _longer(longest, _by_stem(node, words, position))
        after = node.next.get(word)
        if after is None:
            break
        node = after
        longest = _longer(longest, node.found)
    return longest


def _by_stem(node: _Node[T], words: Sequence[str], position: int) -> Found[T] | None:
    word, longest = words[position - 1], None
    for stem, after in node.stems.get(word[:SHORTEST_STEM], _NO_STEMS).items():
        if word.startswith(stem):
            found = _longest(after, words, position) or after.found
            longest = _longer(longest, found)
    return longest


def _longer(one: Found[T] | None, other: Found[T] | None) -> Found[T] | None:
    if one is None or (other is not None and other.length >= one.length):
        return other
    return one


_NO_STEMS: Mapping[str, Any] = {}


def _checked(phrase: str) -> list[str]:
    """Return the pieces of a phrase. Raises PhraseError."""
    if len(phrase) > LONGEST_PHRASE:
        raise PhraseError(phrase, "This phrase is too long.", f"Use {LONGEST_PHRASE} characters.")
    pieces = _pieces(phrase)
    if not pieces:
        raise PhraseError(phrase, "There is no word in it.", "Write a word, or leave it out.")
    if len({is_without_spaces(piece) for piece in pieces}) > 1:
        raise PhraseError(phrase, "It mixes scripts with and without spaces.", "List each part.")
    for piece in pieces:
        _check_piece(phrase, piece)
    return pieces


def _pieces(phrase: str) -> list[str]:
    return [piece for piece in _PIECE.findall(readable(phrase)) if piece[0].isalnum()]


def _check_piece(phrase: str, piece: str) -> None:
    is_stem = piece.endswith("*")
    if is_stem and len(piece) <= SHORTEST_STEM:
        raise PhraseError(
            phrase, "Too little stands before the star.", f"Use {SHORTEST_STEM} letters or more."
        )
    if not is_stem and len(piece) == 1 and piece.isascii() and phrase.strip() == piece:
        raise PhraseError(phrase, "A single letter says nothing.", "Write a longer word.")
