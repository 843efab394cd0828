"""What judges a program's texts, and what names it."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.analysis import (
    Analysis,
    analyze,
    analyze_all,
    names_in,
    probability_of,
)
from services.scoring.domain.text.opinion import MOST_WORDS
from services.scoring.judges import READING, open_judges, unfindable_words
from shared.contracts.events import FeedbackSubmitted
from shared.program.document import Program
from shared.program.loading import read_program
from tests.unit.program.samples import document, program
from tests.unit.scoring.events import events
from tests.unit.scoring.sentences import SENTENCES
from tests.unit.scoring.text_words.anything import ANY_TEXT, LONG_TEXT

#: The opinions on all sentences, by number of reading: whoever changes how texts are read, or a
#: word or model that ships, sees it here. Where `READING` alone can tell it, it must be raised.
OPINIONS = {1: "3647d0f00f1e4af4", 2: "3647d0f00f1e4af4"}

WITH_BASE = document(replacing={"  what:": "  base: default\n  what:"})

DEFAULT = open_judges(read_program(WITH_BASE))


def opinions(said: Analysis) -> list[tuple[str | None, float]]:
    return [(one.label, probability_of(one)) for one in said[1:4]]


def test_the_same_reading_gives_the_same_opinions() -> None:
    judges = open_judges(read_program(WITH_BASE))
    said = [[text, opinions(analyze(text, judges))] for told in SENTENCES.values() for text in told]
    digest = hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]
    assert digest == OPINIONS[READING], "raise READING, and record the digest of the new opinions"


def changed(**words: list[str]) -> Program:
    cause = json.dumps({"id": "delay", "name": "Too late", "words": words})
    return read_program(document(replacing={"{id: delay, name: Too late}": cause}))


def test_judges_are_named_by_the_words_that_they_go_by() -> None:
    plain = open_judges(program()).version
    assert plain == open_judges(program(version=7)).version
    assert plain != open_judges(changed(en=["late"])).version
    assert open_judges(changed(en=["late"])).version != open_judges(changed(en=["slow"])).version


def test_a_word_that_cannot_be_looked_for_is_passed_over() -> None:
    asked = changed(en=["!!!", "late"])
    assert [finding.place[-1] for finding in unfindable_words(asked)] == [0]
    assert analyze("It was late again", open_judges(asked)).theme.label == "delay"


@given(ANY_TEXT | LONG_TEXT, st.booleans())
def test_any_text_is_read(text: str, explain: bool) -> None:
    said = analyze(text, DEFAULT, names=[text[:40]], explain=explain)
    for opinion in said[1:4]:
        assert 0 <= opinion.probability <= 1
        assert len(opinion.words) <= (MOST_WORDS if explain else 0)
    assert opinions(said) == opinions(analyze(text, DEFAULT, names=[text[:40]]))


@given(st.lists(events, max_size=6))
def test_texts_that_are_read_together_are_read_as_each_alone(
    submitted: list[FeedbackSubmitted],
) -> None:
    said = [event.data for event in submitted]
    alone = [analyze(one.text, DEFAULT, names=names_in(one)) for one in said]
    assert analyze_all([(one, DEFAULT) for one in said]) == alone


@pytest.mark.parametrize("text", [None, "", "   "])
def test_nothing_is_read_where_nothing_is_said(text: str | None) -> None:
    said = analyze(text, open_judges(changed(en=["late"])))
    assert [one.label for one in said[1:4]] == [None, None, None]


def test_a_text_touches_drivers_by_its_theme_and_by_their_words() -> None:
    text = document(
        replacing={
            "{id: delay, name: Too late}": "{id: time, name: Time},"
            " {id: delay, name: Too late, parent: time, words: {en: [late]}}",
            "default_team: desk": "default_team: desk\ndrivers:\n"
            "  - {id: people, name: People, words: {en: [staff, '!!!']}}\n"
            "  - {id: punctuality, name: Punctuality, themes: [time]}",
        }
    )
    judges = open_judges(read_program(text))
    touched = {
        said: analyze(said, judges).drivers
        for said in ("It was late again", "Lovely staff, thank you!", "Late, and rude staff", "Hm")
    }
    assert list(touched.values()) == [("punctuality",), ("people",), ("people", "punctuality"), ()]
    assert judges.version != open_judges(read_program(text.replace("staff", "crew"))).version
    (finding,) = unfindable_words(read_program(text))
    assert finding.place == ("drivers", 0, "words", "en", 1)
