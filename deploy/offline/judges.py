"""The judges of sentiment, themes and causes that go with a program: put together only here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from services.scoring.domain.text.data import sentiment_words
from services.scoring.domain.text.judge import Judge
from services.scoring.domain.text.lexicon import LexiconJudge
from services.scoring.domain.text.opinion import Opinion
from services.scoring.domain.text.words import WordsJudge
from shared.program.document import Cause, Program


class Judges(NamedTuple):
    """Who says how a text sounds, what went wrong and why."""

    sentiment: Judge
    theme: Judge
    cause: Judge


class Abstaining:
    """Says nothing of any text: where nobody knows better, the columns stay empty."""

    def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
        """Abstain."""
        return Opinion(label=None, probability=0.0, words=())


def open_judges(program: Program) -> Judges:
    """Return the judges for texts of the tenant whose program it is.

    Raises ClosedLoopError when the program lists a word that can't be looked for.
    """
    taxonomy = program.taxonomy
    return Judges(
        sentiment=LexiconJudge(sentiment_words()),
        theme=_by_words(taxonomy.what),
        cause=_by_words(taxonomy.why),
    )


def _by_words(causes: Sequence[Cause]) -> Judge:
    """Return who tells the causes by the words that the program lists for them."""
    words = {cause.id: cause.words for cause in causes if cause.words}
    return WordsJudge(words) if words else Abstaining()
