from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from services.scoring.domain.text.phrases import pattern_of
from services.scoring.domain.text.words import WordsJudge
from shared.program.causes import Taxonomy
from shared.program.taxonomy import HALVES, default_taxonomy, names, taxonomy

LANGUAGES = {"en", "es", "zh", "th", "lo", "kk", "hmn", "ru"}
WHY = {
    "people_training", "process", "policy", "product", "system", "supplier", "communication",
    "external", "customer_side", "unknown",
}  # fmt: skip
#: Entries that say that nothing fits: they have no words.
WITHOUT_WORDS = {"other", "unknown"}


def _judge(half: str) -> WordsJudge:
    entries = default_taxonomy()[half]
    return WordsJudge({entry["id"]: entry.get("words", {}) for entry in entries})


def _examples(half: str) -> list[tuple[str, str, str]]:
    return [
        (entry["id"], language, example)
        for entry in default_taxonomy()[half]
        for language, examples in entry.get("examples", {}).items()
        for example in examples
    ]


@pytest.mark.parametrize("name", names())
def test_what_ships_is_a_taxonomy_that_a_program_takes(name: str) -> None:
    Taxonomy.model_validate(taxonomy(name))


@pytest.mark.parametrize("name", names())
def test_every_shipped_word_can_be_found(name: str) -> None:
    for entry in chain.from_iterable(taxonomy(name).values()):
        for words in entry.get("words", {}).values():
            assert all(map(pattern_of, words)), entry["id"]


def test_the_first_level_has_the_twelve_groups_of_the_european_classification() -> None:
    assert sum("parent" not in entry for entry in default_taxonomy()["what"]) == 12


def test_the_reasons_are_those_of_the_design() -> None:
    assert {entry["id"] for entry in default_taxonomy()["why"]} == WHY


def test_every_entry_but_the_last_resorts_has_words_and_examples_in_english() -> None:
    for half in HALVES:
        for entry in default_taxonomy()[half]:
            if entry["id"] not in WITHOUT_WORDS:
                assert entry["words"]["en"], entry["id"]
                assert entry["examples"]["en"], entry["id"]


def test_what_went_wrong_has_words_in_every_language() -> None:
    for language in LANGUAGES:
        spoken = [e for e in default_taxonomy()["what"] if language in e.get("words", {})]
        assert len(spoken) >= 26, language


@pytest.mark.parametrize("half", HALVES)
def test_no_entry_lists_a_word_twice(half: str) -> None:
    for entry in default_taxonomy()[half]:
        for language, words in entry.get("words", {}).items():
            assert len(set(words)) == len(words), (entry["id"], language, _twice(words))


def _twice(words: list[Any]) -> set[Any]:
    return {word for word in words if words.count(word) > 1}


@pytest.mark.parametrize("half", HALVES)
def test_nearly_every_example_is_told_by_the_words_of_its_entry(half: str) -> None:
    judge, examples = _judge(half), _examples(half)
    right = sum(judge.judge(text, language).label == entry for entry, language, text in examples)
    assert right >= 0.95 * len(examples)


def test_the_airlines_reasons_are_those_of_the_default() -> None:
    assert taxonomy("airline")["why"] == default_taxonomy()["why"]


def test_an_unknown_name_is_refused_with_those_that_ship() -> None:
    with pytest.raises(LookupError, match="airline, default"):
        taxonomy("baker")
