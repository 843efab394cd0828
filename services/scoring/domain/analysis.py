"""What is read in a text: its language, how the customer feels, what went wrong and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.scoring.domain.drivers import Drivers
from services.scoring.domain.language import language_of
from services.scoring.domain.text.judge import Judge
from services.scoring.domain.text.masking import mask
from services.scoring.domain.text.opinion import NO_OPINION, Opinion
from services.scoring.domain.text.reading import LONGEST_READ
from shared.contracts.events import Feedback

#: Digits of a probability that are kept: no judge is surer of it than that.
DIGITS = 4


#: Characters that are masked: judges read half as many, and masking makes a text shorter.
_MASKED = 2 * LONGEST_READ


class Judges(NamedTuple):
    """Who says how a text sounds, what went wrong and why, and what it touches.

    `version` names the words and models that they go by: the same version gives the same
    opinions.
    """

    sentiment: Judge
    theme: Judge
    cause: Judge
    drivers: Drivers
    version: str


class Analysis(NamedTuple):
    """What was read in a text; a part without a label could not be told."""

    language: str | None = None
    sentiment: Opinion = NO_OPINION
    theme: Opinion = NO_OPINION
    cause: Opinion = NO_OPINION
    drivers: tuple[str, ...] = ()


NOTHING_READ = Analysis()


def analyze(
    text: str | None, judges: Judges, *, names: Iterable[str] = (), explain: bool = False
) -> Analysis:
    """Read `text`. The judges see it without personal data, of which `names` are the known ones."""
    return _read(text, language_of(text), judges, names, explain=explain) if text else NOTHING_READ


def analyze_all(said: Sequence[tuple[Feedback, Judges]]) -> list[Analysis]:
    """Return what `analyze` does for each text, reading them language by language.

    What a language is judged by fits the processor's cache; that of all languages does not, and
    reading them in turn takes half as long again.
    """
    languages = [language_of(feedback.text) for feedback, _ in said]
    read = [NOTHING_READ] * len(said)
    for place in sorted(range(len(said)), key=lambda place: languages[place] or ""):
        feedback, judges = said[place]
        if feedback.text:
            read[place] = _read(feedback.text, languages[place], judges, names_in(feedback))
    return read


def _read(
    text: str,
    language: str | None,
    judges: Judges,
    names: Iterable[str],
    *,
    explain: bool = False,
) -> Analysis:
    masked = mask(text[:_MASKED], names=names)
    theme = judges.theme.judge(masked, language, explain=explain)
    return Analysis(
        language,
        judges.sentiment.judge(masked, language, explain=explain),
        theme,
        judges.cause.judge(masked, language, explain=explain),
        judges.drivers.touched(masked, language, theme.label),
    )


def names_in(feedback: Feedback) -> tuple[str, ...]:
    """Return the names of people that the fields of `feedback` hold."""
    contact = feedback.contact
    return (contact.name,) if contact and contact.name else ()


def probability_of(opinion: Opinion) -> float:
    """Return how probable the label is, as it is told; 0 where there is none."""
    return round(opinion.probability, DIGITS) if opinion.label is not None else 0.0
