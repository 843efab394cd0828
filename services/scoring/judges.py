"""The judges of sentiment, themes and causes that go with a program: put together only here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from pathlib import Path

from services.scoring.adapters.models import Target, load, shipped
from services.scoring.domain.analysis import Judges
from services.scoring.domain.drivers import Drivers
from services.scoring.domain.text.data import sentiment_words
from services.scoring.domain.text.judge import Judge
from services.scoring.domain.text.lexicon import LexiconJudge
from services.scoring.domain.text.linear import Model, judges_of
from services.scoring.domain.text.opinion import NO_OPINION, Opinion
from services.scoring.domain.text.phrases import PhraseError, pattern_of
from services.scoring.domain.text.words import WordsJudge
from shared.program.document import Cause, Driver, Program
from shared.program.loading import Finding
from shared.program.parts import Words
from shared.program.source import Place
from shared.program.taxonomy import HALVES

#: How texts are read: one more whenever the same words and models give other opinions.
READING = 2

_VERSION_DIGITS = 16
#: Taxonomies whose words are kept ready: most versions of a program share one.
_MOST_TAXONOMIES = 64


class Abstaining:
    """Says nothing of any text: where nobody knows better."""

    def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
        """Abstain."""
        return NO_OPINION


class ByLanguage:
    """Lets that judge speak who knows the text's language, and `otherwise` in all others."""

    def __init__(self, judges: Mapping[str | None, Judge], otherwise: Judge) -> None:
        self._judges = judges
        self._otherwise = otherwise

    def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
        """Return the opinion of whoever knows `language`."""
        judge = self._judges.get(language, self._otherwise)
        return judge.judge(text, language, explain=explain)


def open_judges(program: Program, own: Mapping[Target, Model] | None = None) -> Judges:
    """Return the judges for texts of the tenant whose program it is; `own` are its models."""
    models = own or {}
    what, why = _words_of(program.taxonomy.what), _words_of(program.taxonomy.why)
    trained = dict(zip(models, judges_of(list(models.values())), strict=True))
    return Judges(
        sentiment=_first(models.get("sentiment"), trained.get("sentiment"), _by_feeling()),
        theme=_first(models.get("theme"), trained.get("theme"), _by_words(what)),
        cause=_by_words(why),
        drivers=Drivers(program.drivers, program.taxonomy.what),
        version=_version(what, why, program.drivers, models),
    )


def _first(model: Model | None, judge: Judge | None, otherwise: Judge) -> Judge:
    """Return a judge that asks the tenant's own first, in the languages that it was trained on."""
    if model is None or judge is None:
        return otherwise
    languages = model.origin.languages
    return ByLanguage(dict.fromkeys([*languages, None], judge), otherwise) if languages else judge


class _Shipped:
    """Judges by a model that ships, which is read when its language is first met."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _judge(self) -> Judge:
        (judge,) = judges_of([load(self._path)])
        return judge

    def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
        """Return the model's opinion."""
        return self._judge.judge(text, language, explain=explain)


@cache
def _by_feeling() -> Judge:
    """Return who tells feelings by the models that ship, by the words in other languages."""
    judges: dict[str | None, Judge] = {
        language: _Shipped(path) for language, path in shipped().items()
    }
    return ByLanguage(judges, LexiconJudge(sentiment_words()))


def unfindable_words(program: Program) -> Iterator[Finding]:
    """Find the words of the program that can't be looked for; the judges pass over them."""
    for half in HALVES:
        for number, cause in enumerate(getattr(program.taxonomy, half)):
            yield from _unfindable(cause.words, ("taxonomy", half, number, "words"))
    for number, driver in enumerate(program.drivers):
        yield from _unfindable(driver.words, ("drivers", number, "words"))


def _unfindable(words: Words, place: Place) -> Iterator[Finding]:
    for language, own in words.items():
        for position, word in enumerate(own):
            if (error := _error_of(word)) is not None:
                yield Finding((*place, language, position), error.detail, error.remedy)


@lru_cache(maxsize=_MOST_TAXONOMIES)
def _by_words(listed: str) -> Judge:
    """Return who tells the causes by the words that are listed for them, as JSON."""
    words = json.loads(listed)
    return WordsJudge(words) if words else Abstaining()


def _words_of(causes: Sequence[Cause]) -> str:
    words = {cause.id: cause.words for cause in causes if cause.words}
    return json.dumps(words, ensure_ascii=False)


def _error_of(word: str) -> PhraseError | None:
    try:
        pattern_of(word)
    except PhraseError as error:
        return error
    return None


def _version(what: str, why: str, drivers: Sequence[Driver], own: Mapping[Target, Model]) -> str:
    models = sorted((target, model.version) for target, model in own.items())
    told = [(one.id, sorted(one.themes), sorted(one.words.items())) for one in drivers]
    parts = [READING, _shipped_version(), what, why, told, models]
    return _digest(json.dumps(parts, ensure_ascii=False))


@cache
def _shipped_version() -> str:
    """Name what ships: the words of feeling and the models."""
    models = [hashlib.sha256(path.read_bytes()).hexdigest() for path in shipped().values()]
    return _digest(json.dumps([sentiment_words(), models], sort_keys=True, ensure_ascii=False))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_VERSION_DIGITS]
