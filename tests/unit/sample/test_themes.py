"""The program's words tell what the sample's customers complain of, in each language."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Literal

import pytest

from deploy.sample.company import load_company
from deploy.sample.generator import SampleEvent, generate
from services.scoring.domain.analysis import Analysis, analyze
from services.scoring.judges import open_judges

COMPANY = load_company()

Told = Literal["right", "wrong", "not"]
Counts = Mapping[str, Counter[Told]]


@pytest.fixture(scope="module")
def read() -> list[tuple[SampleEvent, Analysis]]:
    """Give the complaints of a sample and what was read in their words."""
    judges = open_judges(COMPANY.program)
    every = generate(COMPANY, seed=7, events=5_000, days=90, end=date(2026, 7, 1))
    return [
        (one, analyze(one.event["data"]["text"], judges))
        for one in every
        if one.truth.mood == "negative" and "text" in one.event["data"]
    ]


def told(label: str | None, truth: str) -> Told:
    if label is None:
        return "not"
    return "right" if label == truth else "wrong"


def share(counts: Counter[Told], which: Told) -> float:
    return counts[which] / counts.total()


def test_nearly_every_theme_is_told_rightly_in_every_language(
    read: list[tuple[SampleEvent, Analysis]],
) -> None:
    by_language: Counts = defaultdict(Counter)
    for one, analysis in read:
        by_language[analysis.language or "?"][told(analysis.theme.label, one.truth.what)] += 1
    assert by_language.keys() >= COMPANY.phrasebooks.keys()
    for language in COMPANY.phrasebooks:
        counts = by_language[language]
        assert share(counts, "right") >= 0.9, language
        assert share(counts, "wrong") <= 0.05, language


def test_the_words_tell_why_in_the_planted_fault_and_the_storms_and_never_wrongly(
    read: list[tuple[SampleEvent, Analysis]],
) -> None:
    by_story: Counts = defaultdict(Counter)
    for one, analysis in read:
        if one.truth.story:
            by_story[one.truth.story][told(analysis.cause.label, one.truth.why)] += 1
    for story in ("refund_system", "storms"):
        assert share(by_story[story], "right") >= 0.5, story
    assert all(counts["wrong"] == 0 for counts in by_story.values())


def test_no_word_is_a_sentence_of_the_sample() -> None:
    shortest = {
        book.language: min(len(one) for group in book.negative.values() for one in group)
        for book in COMPANY.phrasebooks.values()
    }
    for cause in (*COMPANY.program.taxonomy.what, *COMPANY.program.taxonomy.why):
        for language in shortest.keys() & cause.words.keys():
            for word in cause.words[language]:
                assert len(word) < shortest[language], (cause.id, word)
