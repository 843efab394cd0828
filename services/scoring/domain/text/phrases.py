"""Finds words and phrases in text of any script, in one pass.

Scripts with spaces are read word by word; a word that ends in `*` stands for all that begin so.
Chinese, Thai, Lao and their like are read sign by sign. At each place the longest phrase wins,
and nothing is found twice. The work is bounded by the longest phrase times the length of what
is read, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import compress, count
from operator import add
from typing import Generic, NamedTuple, TypeVar

from services.scoring.domain.text.reading import (
    END,
    ENDS,
    START,
    UNSPACED,
    Reading,
    is_without_spaces,
    readable,
)
from shared.errors import ClosedLoopError

T = TypeVar("T")

LONGEST_PHRASE = 100
MOST_PHRASES = 30_000
#: Letters that stand before a star: fewer would begin half of a language's words.
SHORTEST_STEM = START
#: Words of which it is remembered what they begin, and how long such a word may be.
_REMEMBERED = 10_000
_LONGEST_REMEMBERED = 32

_ENDS = re.compile(r"(?:\. )+")
_PIECE = re.compile(rf"[{UNSPACED}]+|[^\W_{UNSPACED}]+(?:'[^\W_{UNSPACED}]+)*\*?|[^\w\s]")


class PhraseError(ClosedLoopError):
    """A list of words can't be used; `phrase` is the entry at fault."""

    def __init__(self, phrase: str, detail: str, remedy: str) -> None:
        super().__init__(f"{phrase[:LONGEST_PHRASE]!r}: {detail}", remedy=remedy)
        self.phrase = phrase


class Found(NamedTuple, Generic[T]):
    """A phrase that stands in a text, as it was listed, what it means, and how long it is."""

    phrase: str
    meaning: T
    #: In words, of which a sign of a script without spaces is one.
    length: int


class Place(NamedTuple, Generic[T]):
    """Where a phrase stands: `start` up to, and without, `end`."""

    start: int
    end: int
    found: Found[T]


class _Node(Generic[T]):
    """Where phrases with the same beginning go on: at a whole word, or at one that begins so."""

    __slots__ = ("found", "stems", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node[T]] = {}
        self.stems: dict[str, _Node[T]] = {}
        self.found: Found[T] | None = None


def _after(nodes: Sequence[_Node[T]], word: str) -> list[_Node[T]]:
    """Return where phrases go on after `word`: at itself before its stems, longest first."""
    after = []
    for node in nodes:
        if word in node.words:
            after.append(node.words[word])
        if node.stems:
            after += [node.stems[stem] for stem in _stems_of(word) if stem in node.stems]
    return after


def _stems_of(word: str) -> list[str]:
    """Return the stems of `word`, longest first; the last is a sign without spaces, alone."""
    lengths = range(min(len(word), LONGEST_PHRASE), SHORTEST_STEM - 1, -1)
    return [word[:length] for length in lengths] + [word[:1]]


class _Begun(NamedTuple, Generic[T]):
    """What has begun with a word: the phrase that has also ended, and where others go on.

    They go on with one of `words`, or with a word that has one of `starts`.
    """

    found: Found[T] | None
    nodes: Sequence[_Node[T]]
    words: Container[str]
    starts: Container[str]


class _ByStem(dict[str, _Begun[T] | None]):
    """What begins with each word that was met and may have a stem; None for nothing."""

    def __init__(self, first: _Node[T]) -> None:
        super().__init__()
        self._first = first

    def __missing__(self, word: str) -> _Begun[T] | None:
        nodes = _after([self._first], word)
        begun = _begun(nodes) if nodes else None
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[word] = begun
        return begun


class Phrases(Generic[T]):
    """Phrases and what each of them means; `end` is what the end of a sentence means, if anything.

    Raises PhraseError for a phrase that can't be found.
    """

    def __init__(self, phrases: Mapping[str, T], *, end: T | None = None) -> None:
        if len(phrases) > MOST_PHRASES:
            raise PhraseError(
                next(iter(phrases)),
                f"It is one of {len(phrases):,} phrases; {MOST_PHRASES:,} are the most.",
                "Leave out what says little.",
            )
        self._first: _Node[T] = _Node()
        for phrase, meaning in phrases.items():
            self._add(phrase, meaning)
        self._whole = {word: _begun([node]) for word, node in self._first.words.items()}
        if end is not None:
            self._whole[END] = _Begun(Found(END, end, 1), (), (), ())
        self._by_stem: _ByStem[T] = _ByStem(self._first)
        self._starts = {stem[:SHORTEST_STEM] for stem in self._first.stems}

    def _add(self, phrase: str, meaning: T) -> None:
        pieces = phrase_pieces(phrase)
        length = len(pieces)
        if is_without_spaces(pieces[0]):
            signs = "".join(pieces)
            length = len(signs)
            pieces = list(map(add, signs, signs[1:])) or [f"{signs}*"]
        node = self._first
        for piece in pieces:
            if piece.endswith("*"):
                node = node.stems.setdefault(piece[:-1], _Node())
            else:
                node = node.words.setdefault(piece, _Node())
        node.found = Found(phrase, meaning, length)

    def find(self, reading: Reading) -> list[Found[T]]:
        """Return the phrases in what was read, in order, none within another."""
        return [place.found for place in self.place(reading)]

    def place(self, reading: Reading) -> list[Place[T]]:
        """Return what `find` does, and where: counted in words."""
        places: list[Place[T]] = []
        words, starts = [*reading.words, END], [*reading.starts, END]
        begun = self._begun(reading)
        end = 0
        for position, one in compress(enumerate(begun, 1), begun):
            if position > end and one is not None:
                found = one.found
                if words[position] in one.words or starts[position] in one.starts:
                    found = _continued(one, words, position)
                if found is not None:
                    end = position - 1 + found.length
                    places.append(Place(position - 1, end, found))
        return places

    def _begun(self, reading: Reading) -> list[_Begun[T] | None]:
        """Return what begins with each word, asking about stems only where one may be."""
        words = reading.words
        begun = list(map(self._whole.get, words))
        may_have_stem = map(self._starts.__contains__, reading.starts)
        for position in compress(count(), may_have_stem):
            begun[position] = self._by_stem[words[position]]
        return begun


def _begun(nodes: Sequence[_Node[T]]) -> _Begun[T]:
    return _Begun(
        found=_longest(None, nodes),
        nodes=nodes,
        words=frozenset(word for node in nodes for word in node.words),
        starts=frozenset(stem[:START] for node in nodes for stem in node.stems),
    )


def _continued(begun: _Begun[T], words: Sequence[str], position: int) -> Found[T] | None:
    """Return the longest phrase that has begun and goes on with the words from `position`.

    The last of `words` is END, with which none goes on.
    """
    longest, nodes = begun.found, _after(begun.nodes, words[position])
    while nodes:
        longest = _longest(longest, nodes)
        position += 1
        nodes = _after(nodes, words[position])
    return longest


def _longest(longest: Found[T] | None, nodes: Iterable[_Node[T]]) -> Found[T] | None:
    """Return the longest phrase that has ended; of equals the first, a whole word before stems."""
    for node in nodes:
        if node.found and (longest is None or node.found.length > longest.length):
            longest = node.found
    return longest


def phrase_pieces(phrase: str) -> list[str]:
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
    """Return the words of a phrase, between them the ends of sentences, as in "St. Gallen"."""
    pieces = [END if piece in ENDS else piece for piece in _PIECE.findall(readable(phrase))]
    words = [piece for piece in pieces if piece[0].isalnum()]
    if END not in pieces or any(map(is_without_spaces, words)):
        return words
    said = [piece for piece in pieces if piece == END or piece[0].isalnum()]
    return _ENDS.sub(f"{END} ", " ".join(said)).strip(f"{END} ").split()


def _check_piece(phrase: str, piece: str) -> None:
    is_stem = piece.endswith("*")
    if is_stem and len(piece) <= SHORTEST_STEM:
        raise PhraseError(
            phrase, "Too little stands before the star.", f"Use {SHORTEST_STEM} letters or more."
        )
    if not is_stem and len(piece) == 1 and piece.isascii() and phrase.strip() == piece:
        raise PhraseError(phrase, "A single letter says nothing.", "Write a longer word.")
