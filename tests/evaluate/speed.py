"""How fast texts are understood on one core, beside CLD2 alone, and what loading takes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time
from typing import TypeVar

import psutil
import pycld2

from services.scoring.domain.analysis import Analysis, Judges
from services.scoring.domain.language import language_of
from services.scoring.domain.scorer import Scorer
from services.scoring.domain.variables import Judged, variables
from services.scoring.judges import open_judges
from services.scoring.training.shipped import wisesight
from shared.contracts.events import Category, Feedback
from shared.program.conditions import compile_rules
from shared.program.document import Program
from shared.program.loading import read_program
from shared.program.starting import starter
from tests.evaluate import corpora
from tests.evaluate.findings import Finding, Section
from tests.evaluate.languages import LANGUAGES, sentences
from tests.unit.scoring.text_words.anything import TIRESOME

#: The least share of CLD2's own speed that everything together must reach.
OF_CLD2 = 0.08
LOAD_S = 0.5
WORST_MS = 5
MEMORY_MB = 150
MIXED = "mixed"
#: Documents in each language, and how often all are gone through.
_EACH = 300
_ROUNDS = 9
_LOADS = 3
_LONG = 10_000
_TRIES = 5
_ROOT = Path(__file__).parents[2]

#: Longer words of several kinds, besides what the tests try.
MORE_TIRESOME = (
    "慢", "不好，", "。", "คุณ", "ไม่ดี ", "a\u0301", "\u200b", "😡", "①", "ﬃ", "AA00 AAAA ", "0 0 ",
    "12/12/2000 ", "１", "x@y.z ", "://", "no ", "very not good but ", "\u0e33", "A1B2C3 ",
)  # fmt: skip
T = TypeVar("T")
_Seconds = dict[str, list[float]]


def speed() -> Section:
    """Documents a second, load time and memory."""
    program = _program()
    judges = open_judges(program)
    documents = {MIXED: _mixed(), **{language: _documents(language) for language in LANGUAGES}}
    alone, asked, together = _rounds(documents, _asking(program, judges), Scorer(program, judges))
    loads = [_load_in_a_fresh_process() for _ in range(_LOADS)]
    return Section(
        "Speed on one core",
        _NOTE,
        [
            Finding("mixed: the four ÷ CLD2 alone", _ratio(alone, asked, MIXED), least=OF_CLD2),
            Finding("mixed: all that is scored ÷ CLD2 alone", _ratio(alone, together, MIXED)),
            Finding("mixed: documents a second, the four", 1 / median(asked[MIXED])),
            Finding("mixed: documents a second, CLD2 alone", 1 / median(alone[MIXED])),
            *(
                Finding(f"{language}: the four ÷ CLD2 alone", _ratio(alone, asked, language))
                for language in LANGUAGES
            ),
            Finding(
                "milliseconds for the worst text of 10,000 characters",
                _worst_ms(program, judges),
                most=WORST_MS,
            ),
            Finding("seconds to load", median(load["seconds"] for load in loads), most=LOAD_S),
            Finding("MB of memory", median(load["megabytes"] for load in loads), most=MEMORY_MB),
        ],
    )


def _asking(program: Program, judges: Judges) -> Callable[[Feedback], object]:
    """Return what asks the four: language, sentiment, theme and the rules."""
    rules = compile_rules(program.rules)

    def ask(event: Feedback) -> object:
        text = event.text or ""
        language = language_of(text)
        sentiment, theme = (
            judges.sentiment.judge(text, language),
            judges.theme.judge(text, language),
        )
        judged = Judged(event, Category.UNRATED, Analysis(language, sentiment, theme))
        return rules.first(variables(rules.reads, judged))

    return ask


def load() -> dict[str, float]:
    """Return what making the judges takes: seconds of this process, megabytes of memory."""
    program = _program()
    process = psutil.Process()
    memory, start = process.memory_info().rss, process_time()
    judges = open_judges(program)
    seconds = process_time() - start
    _ask_once(judges)
    return {"seconds": seconds, "megabytes": (process.memory_info().rss - memory) / 1e6}


def _ask_once(judges: Judges) -> None:
    for language in (*LANGUAGES, None):
        for judge in (judges.sentiment, judges.theme, judges.cause):
            judge.judge("?", language)


def _worst_ms(program: Program, judges: Judges) -> float:
    """Return what the slowest text takes, each at its best of a few tries."""
    scorer = Scorer(program, judges)
    events = [_event(text) for text in _tiresome(program) if _is_text(text)]
    tries = (min(_seconds(scorer.score, [event]) for _ in range(_TRIES)) for event in events)
    return max(tries) * 1000


def _tiresome(program: Program) -> Iterator[str]:
    """Yield long texts of what a reader may stumble over, and of nothing but words it knows."""
    for sign in (*TIRESOME, *MORE_TIRESOME):
        yield (sign * _LONG)[:_LONG]
    chance = random.Random(0)
    listed = (words for theme in program.taxonomy.what for words in theme.words.values())
    known = [word.replace("*", "") for words in listed for word in words]
    for between in ("", " ", ". "):
        yield between.join(chance.choices(known, k=_LONG))[:_LONG]
    for language in LANGUAGES:
        texts = sentences(language)
        yield " ".join(chance.choices(texts, k=_LONG // len(min(texts, key=len))))[:_LONG]


def _is_text(text: str) -> bool:
    """Tell whether an event may hold `text`: others become dead letters before they are read."""
    return "\x00" not in text and "\ud800" not in text


def _load_in_a_fresh_process() -> dict[str, float]:
    code = "import json; from tests.evaluate.speed import load; print(json.dumps(load()))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=_ROOT
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _program() -> Program:
    return read_program(starter("shop", tenant="evaluated"))


def _mixed() -> list[str]:
    """Return documents of a sentence in each language, in any order."""
    chance = random.Random(0)
    known = [sentences(language) for language in LANGUAGES]
    each = (
        [chance.choice(texts) for texts in chance.sample(known, len(known))] for _ in range(_EACH)
    )
    return [_printable(" ".join(texts)) for texts in each]


def _documents(language: str) -> list[str]:
    """Return documents of a corpus, or of one to four sentences where there is none."""
    chance = random.Random(0)
    match language:
        case "en":
            texts = list(corpora.airline_sentiment().judge.texts)
        case "th":
            texts = [text for text, _ in wisesight(corpora.DATA)]
        case "zh":
            parts = (corpora.asap(part) for part in ("train", "dev", "test"))
            texts = [review.text for reviews in parts for review in reviews]
        case _:
            known = sentences(language)
            texts = [" ".join(chance.sample(known, chance.randint(1, 4))) for _ in range(_EACH)]
    return [_printable(text) for text in chance.sample(texts, min(_EACH, len(texts)))]


def _printable(text: str) -> str:
    """Return `text` without what CLD2 alone would refuse."""
    return "".join(filter(str.isprintable, text))


def _rounds(
    documents: dict[str, list[str]], ask: Callable[[Feedback], object], scorer: Scorer
) -> tuple[_Seconds, _Seconds, _Seconds]:
    """Return the seconds a document of each round: CLD2 alone, the four, and all; in turn."""
    alone: _Seconds = {name: [] for name in documents}
    asked: _Seconds = {name: [] for name in documents}
    together: _Seconds = {name: [] for name in documents}
    for _ in range(_ROUNDS):
        for name, texts in documents.items():
            events = [_event(text) for text in texts]
            alone[name].append(_seconds(_cld2, texts))
            asked[name].append(_seconds(ask, events))
            together[name].append(_seconds(scorer.score, events))
    return alone, asked, together


def _ratio(alone: _Seconds, other: _Seconds, name: str) -> float:
    """Return the median of what the rounds say: what disturbs a round disturbs both."""
    pairs = zip(alone[name], other[name], strict=True)
    return median(cld2 / seconds for cld2, seconds in pairs)


def _cld2(text: str) -> object:
    return pycld2.detect(text, isPlainText=True)


def _event(text: str) -> Feedback:
    return Feedback(
        text=text,
        customer_id="customer",
        touchpoint="shop",
        listening_post="survey",
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _seconds(work: Callable[[T], object], things: Sequence[T]) -> float:
    start = process_time()
    for thing in things:
        work(thing)
    return (process_time() - start) / len(things)


_NOTE = (
    "The four are language, sentiment, theme, and the 14 rules of the starter for a shop; all that "
    "is scored masks personal data, and tells the cause and whether words and rating contradict "
    "each other, besides. A mixed document has a sentence in each of the seven languages. The "
    "others are in one: tweets, messages and reviews of the corpora, or one to four sentences "
    "written for this project; the language of these CLD2 tells by the script, or almost. Median "
    f"of {_ROUNDS} rounds, each in turn, in processor seconds. Loading happens in a process of its "
    "own: the words of all languages, the program's words, the models that ship. The worst text is "
    "sought among long ones of accents, digits, emoji, control characters, words it knows and more."
)
