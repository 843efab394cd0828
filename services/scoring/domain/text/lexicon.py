"""Judges how a customer feels by the words they use, without any training.

Made for feedback about service: what goes wrong ("still waiting", "lost my bag") counts as
unhappy, a plain question as neutral.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import Any, NamedTuple

from services.scoring.domain.text.opinion import Opinion, Weight, heaviest
from services.scoring.domain.text.phrases import Found, Phrasebook
from services.scoring.domain.text.reading import UNSPACED, Reading, read, readable

LABELS = ("negative", "neutral", "positive")
#: Under which the emoji stand.
ANY_LANGUAGE = "any"
#: What a word of each strength adds, in log-odds.
STRENGTHS: Mapping[str, float] = {"strong": 2.0, "plain": 1.2, "weak": 0.45}
#: Where a feeling must be stronger than this to be told from a plain remark.
NEUTRAL = 0.5
QUESTION = 0.7
LINK = 0.7
#: Words, or signs where words are not set apart, over which a negation or "very" reaches.
REACH = 3
VERY = 1.3
#: What a good word adds to the bad ones when it is negated, and a bad word to the good ones:
#: "not good" is a complaint, "not bad" little praise.
NOT_GOOD = 0.9
NOT_BAD = 0.3
#: What is left of what was said before a "but".
BEFORE_BUT = 0.5
EXCLAMATION = 1.1
MOST_EXCLAMATIONS = 3
#: Turns sums into probabilities that hold: chosen on feedback about airlines, where the mean
#: probability then is the share that is right.
TEMPERATURE = 0.75

# Where emoji and faces stand; looking for each by itself takes ten times as long.
_PICTURES = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")


class Role(Enum):
    """What a word does in a sentence, or that the sentence ends."""

    FEELS = "feels"
    NOT = "not"
    VERY = "very"
    BUT = "but"
    ENDS = "ends"


class Meaning(NamedTuple):
    """What a word means: a log-odds for each label, and what it does to the words after it."""

    negative: float = 0.0
    positive: float = 0.0
    neutral: float = 0.0
    role: Role = Role.FEELS


_END = Meaning(role=Role.ENDS)

# A word under two labels keeps the first: a plain question holds words that elsewhere complain.
_LABELS: Mapping[str, Callable[[float], Meaning]] = {
    "neutral": lambda weight: Meaning(neutral=weight),
    "negative": lambda weight: Meaning(negative=weight),
    "positive": lambda weight: Meaning(positive=weight),
}


class LexiconJudge:
    """Judges as negative, neutral or positive by a list of words for each language.

    `words` is what `data.sentiment_words` returns: language -> label -> strength -> words,
    besides the words that negate (`not`), strengthen (`very`) and turn (`but`); `any` has the
    emoji. A word that can't be looked for is passed over.
    """

    def __init__(self, words: Mapping[str, Mapping[str, Any]]) -> None:
        self._words = {language: words[language] for language in words if language != ANY_LANGUAGE}
        self._emoji = _meanings(words.get(ANY_LANGUAGE, {}))
        self._phrases = Phrasebook(self._meanings_of, end=_END)

    def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
        """Return how the writer of `text` feels; abstains when no word of it is known.

        Without a language the words of all are looked for; in one without a list, emoji alone.
        """
        sums = self._sums(text, language)
        if not sums.words:
            return _NOTHING
        scores = sums.negative, sums.neutral + NEUTRAL, sums.positive
        highest = max(scores)
        label = LABELS[scores.index(highest)]
        words = heaviest(_spoke(sums.words, label)) if explain else ()
        return Opinion(label, _probability(scores, highest), words)

    def _sums(self, text: str, language: str | None) -> _Sums:
        reading = read(text)
        sums = _Sums()
        _add_words(sums, reading.words, self._phrases[language].place(reading))
        if not reading.text.isascii():
            for sign in self._emoji_in(reading.text):
                sums.add(sign, self._emoji[sign])
        sums.punctuate(reading)
        return sums

    def _emoji_in(self, text: str) -> Iterable[str]:
        signs = filter(self._emoji.__contains__, _PICTURES.findall(text))
        return islice(signs, MOST_EXCLAMATIONS)

    def _meanings_of(self, language: str | None) -> Mapping[str, Meaning]:
        if language is not None:
            return _meanings(self._words.get(language.partition("-")[0], {}))
        everything: dict[str, Meaning] = {}
        for listed in self._words.values():
            everything = _meanings(listed) | everything
        return everything


_NOTHING = Opinion(None, 0.0, ())


class _Sums:
    """What the words of a text add up to, and which they were."""

    __slots__ = ("negative", "neutral", "positive", "words")

    def __init__(self) -> None:
        self.negative = self.neutral = self.positive = 0.0
        self.words: list[tuple[str, Meaning]] = []

    def add(self, word: str, meaning: Meaning) -> None:
        """Count a word."""
        self.negative += meaning.negative
        self.neutral += meaning.neutral
        self.positive += meaning.positive
        self.words.append((word, meaning))

    def turn(self) -> None:
        """Let what was said so far weigh less: the writer says "but"."""
        self.negative *= BEFORE_BUT
        self.positive *= BEFORE_BUT

    def punctuate(self, reading: Reading) -> None:
        """Count questions and links for neutral, exclamations for the feelings."""
        loudness = EXCLAMATION ** min(reading.text.count("!"), MOST_EXCLAMATIONS)
        self.negative *= loudness
        self.positive *= loudness
        if "?" in reading.text:
            self.neutral += QUESTION
        if reading.links:
            self.neutral += LINK


def _add_words(sums: _Sums, words: str, places: Iterable[tuple[int, int, Found[Meaning]]]) -> None:
    negated = strengthened = _NOWHERE
    for start, end, (phrase, listed) in places:
        role = listed.role
        meaning = _times(listed, VERY) if _reaches(words, strengthened, start) else listed
        if role is Role.FEELS:
            meaning = _negated(meaning) if _reaches(words, negated, start) else meaning
            negated = _NOWHERE
        elif role is Role.NOT:
            negated = end
        elif role is Role.VERY:
            strengthened = end
        elif role is Role.BUT:
            sums.turn()
        else:
            negated = strengthened = _NOWHERE
        if role is Role.FEELS or meaning.negative:
            sums.add(phrase, meaning)


_NOWHERE = -1
#: The first letter of a word, or a sign.
_WORD = re.compile(rf"(?<= )[^ ]|[{UNSPACED}]")


def _reaches(words: str, end: int, start: int) -> bool:
    """Return whether what ends at `end` reaches over the words between to what starts there."""
    if end == _NOWHERE:
        return False
    between = islice(_WORD.finditer(words, end, start), REACH + 1)
    return sum(1 for _ in between) <= REACH


def _times(meaning: Meaning, factor: float) -> Meaning:
    return Meaning(
        meaning.negative * factor, meaning.positive * factor, meaning.neutral, meaning.role
    )


def _negated(meaning: Meaning) -> Meaning:
    if meaning.positive:
        return Meaning(negative=meaning.positive * NOT_GOOD)
    if meaning.negative:
        return Meaning(positive=meaning.negative * NOT_BAD, negative=meaning.negative * NOT_BAD)
    return meaning


def _meanings(listed: Mapping[str, Any]) -> dict[str, Meaning]:
    meanings: dict[str, Meaning] = {}
    for label, meant in _LABELS.items():
        for strength, words in listed.get(label, {}).items():
            for word in words:
                meanings.setdefault(readable(word), meant(STRENGTHS[strength]))
    for role in (Role.NOT, Role.VERY, Role.BUT):
        for word in listed.get(role.value, ()):
            felt = meanings.get(readable(word), Meaning())
            meanings[readable(word)] = felt._replace(role=role)
    return meanings


def _probability(scores: Iterable[float], highest: float) -> float:
    odds = [math.exp((score - highest) / TEMPERATURE) for score in scores]
    return 1.0 / sum(odds)


def _spoke(words: Iterable[tuple[str, Meaning]], label: str) -> Iterator[Weight]:
    for word, meaning in dict(words).items():
        weight: float = getattr(meaning, label)
        if weight > 0:
            yield Weight(word, weight)
