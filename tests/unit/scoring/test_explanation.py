from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.analysis import NOTHING_READ, Analysis, Judges, analyze, names_in
from services.scoring.domain.explanation import cut_of, held_rules
from services.scoring.domain.rating import categorize, in_words
from services.scoring.domain.scorer import Scorer
from services.scoring.domain.variables import Judged, variables
from services.scoring.domain.wording import certainty
from services.scoring.judges import open_judges
from shared.contracts.events import Category, Feedback, FeedbackSubmitted
from shared.program.conditions import VARIABLES, Value
from shared.program.loading import read_program
from tests.unit.program.samples import document, program, rule
from tests.unit.scoring.events import events, feedback, ratings
from tests.unit.scoring.scorers import scorer_of
from tests.unit.scoring.sentences import SENTENCES
from tests.unit.scoring.text.models import hand_made

RULES = [
    rule("has_text && text_lower.contains('refund')", name="refund"),
    rule("segment == 'gold'", name="gold"),
    rule("value <= 3.0", name="low"),
    rule("attributes.vip == true", name="vip"),
]


def read(said: Feedback) -> dict[str, Value]:
    return variables(VARIABLES, Judged(said, Category.DETRACTOR, NOTHING_READ))


#: Reads by the words and models that ship, and finds drivers by words of its own.
BY_WORDS = read_program(
    document(
        replacing={
            "  what:": "  base: default\n  what:",
            "default_team: desk": "default_team: desk\ndrivers:\n"
            "  - {id: people, name: People, words: {en: [staff, rude], th: [พนักงาน]}}\n",
        }
    )
)
JUDGES = {
    "the words and models that ship": open_judges(BY_WORDS),
    "a tenant's own model": open_judges(BY_WORDS, {"sentiment": hand_made(threshold=0.6)}),
}
SAID = st.sampled_from([text for told in SENTENCES.values() for text in told])
ANYTHING = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
TEXTS = st.lists(SAID, min_size=1, max_size=3).map(" ".join) | ANYTHING


def without_words(read: Analysis) -> Analysis:
    one, two, three = (opinion._replace(words=()) for opinion in read[1:4])
    return read._replace(sentiment=one, theme=two, cause=three)


@pytest.mark.parametrize("judges", JUDGES.values(), ids=JUDGES)
@given(text=TEXTS, explained_first=st.booleans())
def test_an_explained_reading_is_the_plain_one_and_the_words_that_weighed(
    judges: Judges, text: str, explained_first: bool
) -> None:
    said = feedback(text=text, contact={"name": "Ann Lee"})
    ways = (explained_first, not explained_first)
    readings = {way: analyze(said.text, judges, names=names_in(said), explain=way) for way in ways}
    assert without_words(readings[True]) == readings[False]
    scorer = Scorer(BY_WORDS, judges)
    explained, plain = scorer.score(said, read=readings[True]), scorer.score(said)
    assert explained._replace(analysis=plain.analysis) == plain


@pytest.mark.parametrize("language", SENTENCES)
def test_where_something_is_told_an_explained_reading_names_words(language: str) -> None:
    judges = JUDGES["the words and models that ship"]
    readings = [analyze(text, judges, explain=True) for text in SENTENCES[language]]
    for told in zip(*(reading[1:4] for reading in readings), strict=True):
        labelled = [opinion for opinion in told if opinion.label]
        assert not labelled or any(opinion.words for opinion in labelled)


def test_every_rule_that_holds_is_named_and_the_first_one_decides() -> None:
    held = held_rules(RULES, read(feedback(text="My refund!", segment="gold")))
    assert [(one.rule.id, one.decided) for one in held] == [("refund", True), ("gold", False)]
    assert held[0].values == {"text_lower": "my refund!", "has_text": True}
    assert held[1].values == {"segment": "gold"}


def test_a_rule_without_an_answer_does_not_hold() -> None:
    assert held_rules(RULES, read(feedback(text="Hm.", rating=None))) == []


@given(events)
def test_the_rule_that_is_told_is_the_one_that_decided(event: FeedbackSubmitted) -> None:
    scorer = scorer_of(program(RULES))
    scored = scorer.score(event.data)
    judged = Judged(event.data, scored.score.category, scored.analysis)
    held = held_rules(RULES, variables(VARIABLES, judged))
    expected = scored.score.rule if held else None
    assert [one.rule.id for one in held if one.decided] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("text_lower", "ช้ามาก", "the words, 6 characters"),
        ("text", "", "no words"),
        ("value", math.nan, "not given"),
        ("value", 3.5, "3.5"),
        ("has_text", False, "no"),
        ("segment", "", "not given"),
        ("segment", "gold", "gold"),
        ("attributes", {}, "none"),
        ("attributes", {"vip": True, "wait": 3}, "vip = True, wait = 3"),
    ],
)
def test_values_are_told_shortly(name: str, value: Value, words: str) -> None:
    (held,) = held_rules([rule("true")], {**VARIABLES})
    assert type(held)(rule=held.rule, values={name: value}, decided=True).value_words(name) == words


@given(ratings)
def test_the_cut_agrees_with_the_category(rating: dict[str, object]) -> None:
    said = feedback(rating=rating).rating
    assert said is not None
    cut = cut_of(said, program())
    category = categorize(said, program().scale(said.scale))
    if said.scale == "custom":
        return  # cut in shares of its range, where a rounding may lie between
    assert (said.value <= cut.detractor_max) is (category is Category.DETRACTOR)
    assert (said.value >= cut.promoter_min) is (category is Category.PROMOTER)
    assert cut.low <= said.value <= cut.high
    assert in_words(said)


def test_a_custom_scale_is_cut_in_its_own_unit() -> None:
    said = feedback(rating={"scale": "custom", "value": 40, "minimum": 0, "maximum": 200}).rating
    assert said is not None
    cut = cut_of(said, program())
    assert cut.in_words(Category.DETRACTOR) == "0 to 120"
    assert cut.in_words(Category.PASSIVE) == "between 120 and 180"
    assert cut.in_words(Category.PROMOTER) == "180 to 200"
    assert cut.in_words(Category.UNRATED) == ""


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "almost certain, above 0.99"),
        (0.953, "almost certain, 0.95"),
        (0.8, "fairly sure, 0.80"),
        (0.65, "rather likely, 0.65"),
        (0.4, "a guess, 0.40"),
    ],
)
def test_how_sure_a_judge_is_stands_in_words_and_in_numbers(probability: float, words: str) -> None:
    assert certainty(probability) == words
