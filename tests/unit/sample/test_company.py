"""The company's files: they fit together, and its phrases are what they claim to be."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator

import cel
import pytest

from deploy.sample.casework import load_casework
from deploy.sample.company import Mood, Phrasebook, load_company, program_yaml
from shared.program.loading import read_program

COMPANY = load_company()
BOOKS = COMPANY.phrasebooks
PROGRAM = COMPANY.program
SLOTS = {"place", "service", "days", "hours", "minutes", "amount"}
MOODS: tuple[Mood, ...] = ("negative", "neutral", "positive")

#: A letter that every text of the language holds, and the script of all its letters.
SCRIPTS = {
    "en": "LATIN",
    "es": "LATIN",
    "hmn": "LATIN",
    "kk": "CYRILLIC",
    "zh": "CJK",
    "th": "THAI",
    "lo": "LAO",
}

every_book = pytest.mark.parametrize("book", BOOKS.values(), ids=list(BOOKS))


def sentences(book: Phrasebook, mood: Mood) -> Iterator[str]:
    groups = {"negative": book.negative, "neutral": book.neutral, "positive": book.positive}
    for group in groups[mood].values():
        yield from group


def all_sentences(book: Phrasebook) -> Iterator[str]:
    for mood in MOODS:
        yield from sentences(book, mood)
    for group in (*book.stories.values(), *book.closing.values()):
        yield from group


def without_slots(sentence: str) -> str:
    return re.sub(r"{\w+}", "", sentence).replace("NR", "")


def test_seven_languages_have_a_phrasebook() -> None:
    assert set(BOOKS) == set(SCRIPTS) == set(COMPANY.habits.languages)


@every_book
def test_a_language_has_a_dozen_sentences_for_each_mood(book: Phrasebook) -> None:
    for mood in MOODS:
        assert len(set(sentences(book, mood))) >= 12


@every_book
def test_a_phrasebook_covers_every_theme_touchpoint_and_story(book: Phrasebook) -> None:
    touchpoints = {touchpoint.id for touchpoint in PROGRAM.touchpoints}
    planted = COMPANY.planted

    assert set(book.negative) == {cause.id for cause in PROGRAM.taxonomy.what} - {"other"}
    assert set(book.neutral) == touchpoints
    assert set(book.positive) == touchpoints | {"any"}
    assert set(book.stories) == {planted.fault.id, planted.fix.id, planted.wave.id}
    assert set(book.closing) == {"negative", "positive"}
    assert set(book.places) == set(BOOKS["en"].places)


@every_book
def test_no_sentence_stands_twice_and_all_slots_are_known(book: Phrasebook) -> None:
    every = list(all_sentences(book))

    assert len(every) == len(set(every))
    for sentence in every:
        slots = {slot for _, slot, _, _ in string.Formatter().parse(sentence) if slot}
        assert slots <= SLOTS


@every_book
def test_every_sentence_is_in_the_languages_script(book: Phrasebook) -> None:
    script = SCRIPTS[book.language]
    for sentence in (*all_sentences(book), *book.places.values()):
        letters = [letter for letter in without_slots(sentence) if letter.isalpha()]
        assert letters
        assert all(unicodedata.name(letter).startswith(script) for letter in letters)


def test_kazakh_is_told_from_russian_by_its_letters() -> None:
    text = "".join(all_sentences(BOOKS["kk"]))

    assert set("әғқңөұүі") <= set(text.lower())


def test_hmong_is_written_as_it_is_in_rpa() -> None:
    words = re.findall(r"[a-z]+", " ".join(map(without_slots, all_sentences(BOOKS["hmn"]))).lower())
    marked = [word for word in words if word[-1] in "bjvsgmd"]

    assert len(marked) > len(words) / 2


def test_the_program_is_one_that_can_be_activated() -> None:
    assert read_program(program_yaml(), version=1).tenant == "sample"


def test_the_program_has_the_size_of_a_company() -> None:
    assert len(PROGRAM.departments) == 6
    assert len(PROGRAM.teams) == 8
    assert len(PROGRAM.owners) == 24
    assert {owner.id for owner in PROGRAM.owners} == {
        owner for team in PROGRAM.teams for owner in team.owners
    }
    assert {language for owner in PROGRAM.owners for language in owner.languages} == set(BOOKS)


def test_behaviour_and_program_speak_of_the_same_things() -> None:
    habits = COMPANY.habits
    what = {cause.id for cause in PROGRAM.taxonomy.what}
    why = {cause.id for cause in PROGRAM.taxonomy.why}
    causes = {cause for habit in habits.touchpoints.values() for cause in habit.causes}

    assert set(habits.touchpoints) == {touchpoint.id for touchpoint in PROGRAM.touchpoints}
    assert causes <= what
    assert causes <= set(habits.reasons)
    assert {reason for weights in habits.reasons.values() for reason in weights} <= why
    for story in (COMPANY.planted.fault, COMPANY.planted.fix, COMPANY.planted.wave):
        assert story.what in what
        assert story.why in why
    for habit in habits.touchpoints.values():
        assert set(habit.posts) <= set(habits.listening_posts)


@every_book
def test_the_safety_rule_knows_the_words_of_every_language(book: Phrasebook) -> None:
    rule = cel.compile(next(rule.when for rule in PROGRAM.rules if rule.id == "safety"))

    def fires(sentence: str) -> bool:
        return bool(rule.execute({"category": "detractor", "text": sentence}))

    for theme, group in book.negative.items():
        for sentence in group:
            assert fires(sentence) == (theme == "safety"), sentence
    for group in (*book.stories.values(), *book.closing.values(), *book.positive.values()):
        assert not any(map(fires, group))


def test_the_staff_know_what_to_do_about_everything() -> None:
    casework = load_casework()
    owners = {owner.id for owner in PROGRAM.owners}
    departments = {department.id for department in PROGRAM.departments}

    assert set(casework.actions) == {cause.id for cause in PROGRAM.taxonomy.what}
    for idea in casework.plans:
        assert idea.proposed_by.id in owners
        assert PROGRAM.owner_name(idea.proposed_by.id) == idea.proposed_by.name
        for item in idea.items:
            assert item.owner in owners
            assert item.department in departments
