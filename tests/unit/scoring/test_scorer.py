from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.scorer import Scorer
from services.scoring.domain.variables import Judged, variables
from shared.contracts.events import Category, FeedbackSubmitted, Severity
from shared.program.conditions import VARIABLES
from tests.unit.program.samples import program, rule
from tests.unit.scoring.events import events, feedback

ANY_RULES = [
    "category == 'detractor' && text_lower.contains('refund')",
    "value <= 3",
    "share > 0.5 || segment == 'gold'",
    "attributes.vip == true",
    "has_text && !has_rating",
    "language == 'en' && scale in ['nps', 'csat']",
    "size(text) > 3 && listening_post.startsWith('s') && journey != place",
    "product == account_id && touchpoint.endsWith('p')",
]


def test_a_rule_that_holds_is_cited_with_its_reason_and_the_programs_version() -> None:
    scorer = Scorer(program([rule("value <= 6", name="low", severity="critical")], version=4))
    score = scorer.score(feedback(rating={"scale": "nps", "value": 6}), None).score
    assert (score.rule, score.reason, score.program_version) == ("low", "low holds", 4)
    assert (score.category, score.severity, score.flagged) == ("detractor", "critical", True)


def test_a_rule_may_say_that_nothing_is_to_be_done() -> None:
    rules = [rule("value == 0.0", name="robots", severity="none", flag=False)]
    score = Scorer(program(rules)).score(feedback(rating={"scale": "nps", "value": 0}), None).score
    assert (score.flagged, score.severity, score.rule) == (False, Severity.NONE, "robots")


def test_a_detractor_whom_no_rule_mentions_is_flagged_by_the_default_rule() -> None:
    score = Scorer(program([])).score(feedback(rating={"scale": "nps", "value": 1}), None).score
    assert (score.flagged, score.rule, score.severity) == (True, "detractor", Severity.HIGH)
    assert score.reason == "A detractor: 1 of 10 (nps)"


@pytest.mark.parametrize(("value", "category"), [(7, "passive"), (10, "promoter")])
def test_nobody_else_is_flagged_without_a_rule(value: int, category: str) -> None:
    found = feedback(rating={"scale": "nps", "value": value})
    score = Scorer(program([])).score(found, None).score
    assert (score.category, score.flagged, score.rule) == (category, False, None)
    assert score.severity is Severity.NONE


def test_without_a_rating_only_a_rule_can_flag() -> None:
    said = feedback(rating=None, text="My money is gone.", listening_post="complaint_form")
    score = Scorer(program([])).score(said, "en").score
    assert (score.category, score.flagged) == (Category.UNRATED, False)
    flagging = program([rule("listening_post == 'complaint_form'")])
    assert Scorer(flagging).score(said, "en").score.flagged


def test_the_publishers_own_opinion_is_not_heard() -> None:
    scorer = Scorer(program([rule("category == 'promoter'"), rule("language == 'fr'", name="f")]))
    said = feedback(
        rating={"scale": "nps", "value": 8}, category="promoter", language="fr", text="Fine."
    )
    assert not scorer.score(said, "en").score.flagged


def test_a_publisher_category_does_not_make_a_happy_customer_a_detractor() -> None:
    said = feedback(rating={"scale": "nps", "value": 10}, category="detractor")
    assert Scorer(program([])).score(said, None).score.category is Category.PROMOTER


def test_two_ratings_that_read_alike_are_judged_each_by_itself() -> None:
    scorer = Scorer(program([]))
    ends = {"scale": "custom", "minimum": 0, "maximum": 1}
    cut, above = 0.6, 0.6 + 1e-13
    assert scorer.score(feedback(rating=ends | {"value": cut}), None).score.flagged
    assert not scorer.score(feedback(rating=ends | {"value": above}), None).score.flagged


def test_a_custom_rating_is_not_mistaken_for_another_range() -> None:
    scorer = Scorer(program([]))
    for maximum, flagged in [(10, True), (5, False), (10, True)]:
        rating = {"scale": "custom", "value": 5, "minimum": 0, "maximum": maximum}
        assert scorer.score(feedback(rating=rating), None).score.flagged is flagged


@given(events, st.permutations(ANY_RULES))
def test_absent_fields_never_break_a_rule_and_the_first_that_holds_alone_decides(
    event: FeedbackSubmitted, order: list[str]
) -> None:
    rules = [rule(when, name=f"r{n}") for n, when in enumerate(order)]
    score = Scorer(program(rules)).score(event.data, "en").score
    alone = [Scorer(program([each])).score(event.data, "en").score.rule for each in rules]
    holding = [name for name in alone if name not in {None, "detractor"}]
    default = "detractor" if score.category is Category.DETRACTOR else None
    assert score.rule == (holding[0] if holding else default)


@given(events)
def test_every_event_has_a_score_that_holds_together(event: FeedbackSubmitted) -> None:
    score = Scorer(program()).score(event.data, None).score
    assert score.flagged == (score.severity is not Severity.NONE)
    assert score.flagged == (score.rule is not None)
    assert (score.category is Category.UNRATED) == (event.data.rating is None)


@given(events)
def test_a_scorer_that_has_seen_events_judges_as_a_new_one_does(event: FeedbackSubmitted) -> None:
    assert OLD.score(event.data, "en") == Scorer(OLD.program).score(event.data, "en")


OLD = Scorer(program([rule(when, name=f"r{n}") for n, when in enumerate(ANY_RULES)]))


def test_every_variable_of_the_guide_can_be_read_from_an_event() -> None:
    found = variables(VARIABLES, Judged(feedback(text="Où?"), Category.DETRACTOR, "fr"))
    assert found.keys() == VARIABLES.keys()
    assert (found["text_lower"], found["value"], found["share"]) == ("où?", 5.0, 0.5)
    assert (found["language"], found["category"], found["segment"]) == ("fr", "detractor", "")


def test_a_text_of_spaces_is_no_text() -> None:
    assert variables(["has_text"], Judged(feedback(text="  "), Category.PASSIVE, None)) == {
        "has_text": False
    }
