"""How often the language of a sentence is told rightly, and when it is left open."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pycld2
import yaml

from services.scoring.domain.language import language_of
from services.scoring.training.shipped import wisesight
from shared.program.taxonomy import default_taxonomy
from tests.evaluate import corpora
from tests.evaluate.findings import Finding, Section
from tests.unit.scoring.sentences import SENTENCES

LANGUAGES = ("en", "es", "zh", "th", "lo", "kk", "hmn")
#: Characters of a sentence that is judged.
FEWEST = 20
#: The share of sentences that must be told rightly, and that of unclear texts left open.
RIGHT = 0.97
LEFT_OPEN = 0.9
#: The share of a corpus text's letters that must be of the script of the corpus's language.
OWN_SCRIPT = 0.8
_MADE = 2_000

_PHRASES = Path(__file__).parents[2] / "deploy" / "sample" / "phrases"
_SAID = ("negative", "stories", "neutral", "positive", "closing")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_CHINESE_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")
_SCRIPTS: Mapping[str, Callable[[str], bool]] = {
    "th": lambda sign: "\u0e00" <= sign <= "\u0e7f",
    "zh": lambda sign: "\u3400" <= sign <= "\u9fff",
}


def languages() -> Section:
    """Language identification in the seven languages."""
    texts = {language: sentences(language) for language in LANGUAGES}
    rows = {language: _rows(language, texts[language]) for language in LANGUAGES}
    mean = sum(found[0].value for found in rows.values()) / len(rows)
    return Section(
        "The language of a sentence (7)",
        _NOTE,
        [
            Finding("told rightly, of all sentences: mean of the languages", mean, least=RIGHT),
            *(finding for found in rows.values() for finding in found),
            _left_open("halves of two languages", _mixed(texts)),
            _left_open("Latin and Cyrillic words of up to seven letters", _short(texts)),
        ],
    )


def sentences(language: str) -> list[str]:
    """Return the different sentences that there are in `language`, long enough to be judged."""
    written = [*_of_sample(language), *_of_taxonomy(language), *SENTENCES[language]]
    known = dict.fromkeys([*written, *_of_corpora(language)])
    return [text for text in known if len(text) >= FEWEST]


def _of_sample(language: str) -> Iterator[str]:
    """Yield what the sample company's customers say, numbers in the place of what varies."""
    said = yaml.safe_load((_PHRASES / f"{language}.yaml").read_text("utf-8"))
    for part in _SAID:
        for text in _texts(said.get(part)):
            yield _PLACEHOLDER.sub("12", text)


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        yield from _texts(list(part.values()))
    elif isinstance(part, list):
        for one in part:
            yield from _texts(one)


def _of_taxonomy(language: str) -> Iterator[str]:
    for causes in default_taxonomy().values():
        for cause in causes:
            yield from cause.get("examples", {}).get(language, ())


def _of_corpora(language: str) -> Iterable[str]:
    match language:
        case "en":
            return _english()
        case "th":
            return _in_own_script("th", (text for text, _ in wisesight(corpora.DATA)))
        case "zh":
            reviews = [*corpora.asap("train"), *corpora.asap("dev"), *corpora.asap("test")]
            cut = (_CHINESE_SENTENCE.findall(review.text) for review in reviews)
            return _in_own_script("zh", (text for each in cut for text in each))
        case _:
            return ()


def _english() -> Iterator[str]:
    yield from corpora.airline_sentiment().judge.texts
    yield from (review.text for review in corpora.mams("test"))
    with (corpora.DATA / "banking77_en" / "test.csv").open(encoding="utf-8", newline="") as file:
        yield from (row["text"] for row in csv.DictReader(file))


def _in_own_script(language: str, texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that are mostly of the script: messages in another language are left out."""
    for text in texts:
        letters = list(filter(str.isalpha, text))
        if letters and sum(map(_SCRIPTS[language], letters)) >= OWN_SCRIPT * len(letters):
            yield text


def _rows(language: str, texts: Sequence[str]) -> list[Finding]:
    said = list(map(language_of, texts))
    told = [one for one in said if one is not None]
    alone = [_cld2(text) for text in texts]
    of = f"{language}, {len(texts):,} sentences"
    return [
        Finding(f"{of}: told rightly, of all", said.count(language) / len(texts)),
        Finding(f"{of}: told rightly, of those told", told.count(language) / len(told)),
        Finding(f"{of}: left open", said.count(None) / len(texts)),
        Finding(f"{of}: CLD2's first answer is right", alone.count(language) / len(texts)),
    ]


def _cld2(text: str) -> str:
    """Return the first language that CLD2 names, as others would take it."""
    printable = "".join(filter(str.isprintable, text))
    _, _, ((_, language, _, _), *_) = pycld2.detect(printable, isPlainText=True)
    return str(language).removesuffix("-Hant")


def _mixed(texts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield texts of two sentences in two languages, of about the same length in bytes."""
    chance = random.Random(0)
    for _ in range(_MADE):
        first, second = chance.sample(LANGUAGES, 2)
        one = chance.choice(texts[first])
        yield f"{one} {min(chance.sample(texts[second], 8), key=lambda text: _unlike(text, one))}"


def _unlike(one: str, other: str) -> int:
    return abs(len(one.encode()) - len(other.encode()))


def _short(texts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield single words with fewer letters than a language can be told by."""
    for language in ("en", "es", "kk", "hmn"):
        words = dict.fromkeys(word for text in texts[language] for word in text.split())
        yield from (word for word in words if sum(map(str.isalpha, word)) < _ENOUGH)


def _left_open(what: str, texts: Iterable[str]) -> Finding:
    said = list(map(language_of, texts))
    share = said.count(None) / len(said)
    return Finding(f"left open: {what} ({len(said):,})", share, least=LEFT_OPEN)


_ENOUGH = 8
_NOTE = (
    f"Different sentences of {FEWEST} or more characters. English: airline tweets, banking "
    "questions, MAMS; Thai: Wisesight; Chinese: sentences of ASAP; of these two, texts whose "
    "letters are to four fifths of the language's script. In all seven: sentences written for "
    "this project (sample company, taxonomy, tests), which is all that there is in Spanish, Lao, "
    "Kazakh and Hmong, so that their figures rest on few sentences. What is left open counts as "
    "not told rightly. The two thresholds that keep mixed texts open, of Hmong and of English, "
    "were chosen by these sentences."
)
