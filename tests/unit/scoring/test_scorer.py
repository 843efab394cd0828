from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.analysis import NOTHING_READ, Analysis, Judges
from services.scoring.domain.drivers import Drivers
from services.scoring.domain.scorer import Scorer
from services.scoring.domain.text.opinion import NO_OPINION, Opinion
from services.scoring.domain.variables import Judged, variables
from shared.contracts.events import Category, FeedbackSubmitted, Severity
from shared.program.conditions import VARIABLES
from shared.program.document import CoCreation
from tests.unit.program.samples import program, rule
from tests.unit.scoring.events import events, feedback
from tests.unit.scoring.scorers import scorer_of

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
    scorer = scorer_of(program([rule("value <= 6", name="low", severity="critical")], version=4))
    score = scorer.score(feedback(rating={"scale": "nps", "value": 6})).score
    assert (score.rule, score.reason, score.program_version) == ("low", "low holds", 4)
    assert (score.category, score.severity, score.flagged) == ("detractor", "critical", True)


def test_a_rule_may_say_that_nothing_is_to_be_done() -> None:
    rules = [rule("value == 0.0", name="robots", severity="none", flag=False)]
    score = scorer_of(program(rules)).score(feedback(rating={"scale": "nps", "value": 0})).score
    assert (score.flagged, score.severity, score.rule) == (False, Severity.NONE, "robots")


def test_a_detractor_whom_no_rule_mentions_is_flagged_by_the_default_rule() -> None:
    score = scorer_of(program([])).score(feedback(rating={"scale": "nps", "value": 1})).score
    assert (score.flagged, score.rule, score.severity) == (True, "detractor", Severity.HIGH)
    assert score.reason == "A detractor: 1 of 10 (nps)"


@pytest.mark.parametrize(("value", "category"), [(7, "passive"), (10, "promoter")])
def test_nobody_else_is_flagged_without_a_rule(value: int, category: str) -> None:
    found = feedback(rating={"scale": "nps", "value": value})
    score = scorer_of(program([])).score(found).score
    assert (score.category, score.flagged, score.rule) == (category, False, None)
    assert score.severity is Severity.NONE


def test_without_a_rating_only_a_rule_can_flag() -> None:
    said = feedback(rating=None, text="My money is gone.", listening_post="complaint_form")
    score = scorer_of(program([])).score(said).score
    assert (score.category, score.flagged) == (Category.UNRATED, False)
    flagging = program([rule("listening_post == 'complaint_form'")])
    assert scorer_of(flagging).score(said).score.flagged


def test_the_publishers_own_opinion_is_not_heard() -> None:
    scorer = scorer_of(
        program([rule("category == 'promoter'"), rule("language == 'fr'", name="f")])
    )
    said = feedback(
        rating={"scale": "nps", "value": 8}, category="promoter", language="fr", text="Fine."
    )
    assert not scorer.score(said).score.flagged


def test_a_publisher_category_does_not_make_a_happy_customer_a_detractor() -> None:
    said = feedback(rating={"scale": "nps", "value": 10}, category="detractor")
    assert scorer_of(program([])).score(said).score.category is Category.PROMOTER


def test_two_ratings_that_read_alike_are_judged_each_by_itself() -> None:
    scorer = scorer_of(program([]))
    ends = {"scale": "custom", "minimum": 0, "maximum": 1}
    cut, above = 0.6, 0.6 + 1e-13
    assert scorer.score(feedback(rating=ends | {"value": cut})).score.flagged
    assert not scorer.score(feedback(rating=ends | {"value": above})).score.flagged


def test_a_custom_rating_is_not_mistaken_for_another_range() -> None:
    scorer = scorer_of(program([]))
    for maximum, flagged in [(10, True), (5, False), (10, True)]:
        rating = {"scale": "custom", "value": 5, "minimum": 0, "maximum": maximum}
        assert scorer.score(feedback(rating=rating)).score.flagged is flagged


@given(events, st.permutations(ANY_RULES))
def test_absent_fields_never_break_a_rule_and_the_first_that_holds_alone_decides(
    event: FeedbackSubmitted, order: list[str]
) -> None:
    rules = [rule(when, name=f"r{n}") for n, when in enumerate(order)]
    score = scorer_of(program(rules)).score(event.data).score
    alone = [scorer_of(program([each])).score(event.data).score.rule for each in rules]
    holding = [name for name in alone if name not in {None, "detractor"}]
    default = "detractor" if score.category is Category.DETRACTOR else None
    assert score.rule == (holding[0] if holding else default)


@given(events)
def test_every_event_has_a_score_that_holds_together(event: FeedbackSubmitted) -> None:
    score = scorer_of(program()).score(event.data).score
    assert score.flagged == (score.severity is not Severity.NONE)
    assert score.flagged == (score.rule is not None)
    assert (score.category is Category.UNRATED) == (event.data.rating is None)


@given(events)
def test_a_scorer_that_has_seen_events_judges_as_a_new_one_does(event: FeedbackSubmitted) -> None:
    assert OLD.score(event.data) == scorer_of(OLD.program).score(event.data)


OLD = scorer_of(program([rule(when, name=f"r{n}") for n, when in enumerate(ANY_RULES)]))


def test_every_variable_of_the_guide_can_be_read_from_an_event() -> None:
    read = Analysis("fr", Opinion("negative", 0.81234), Opinion(None, 0.4))
    found = variables(VARIABLES, Judged(feedback(text="Où?"), Category.DETRACTOR, read))
    assert found.keys() == VARIABLES.keys()
    assert (found["text_lower"], found["value"], found["share"]) == ("où?", 5.0, 0.5)
    assert (found["language"], found["category"], found["segment"]) == ("fr", "detractor", "")
    assert (found["sentiment"], found["sentiment_probability"]) == ("negative", 0.8123)
    assert (found["theme"], found["theme_probability"], found["cause"]) == ("", 0.0, "")


def test_a_text_of_spaces_is_no_text() -> None:
    judged = Judged(feedback(text="  "), Category.PASSIVE, NOTHING_READ)
    assert variables(["has_text"], judged) == {"has_text": False}


def test_a_rule_can_go_by_what_the_words_tell() -> None:
    asks = rule("!has_rating && sentiment == 'negative' && sentiment_probability > 0.6")
    scorer = scorer_of(program([asks]))
    bad = scorer.score(feedback(rating=None, text="Terrible service, awful and rude staff!"))
    assert (bad.score.rule, bad.analysis.sentiment.label) == ("r", "negative")
    good = scorer.score(feedback(rating=None, text="Wonderful service, lovely and kind staff!"))
    assert (good.score.rule, good.analysis.sentiment.label) == (None, "positive")


def test_words_against_the_rating_are_for_a_person_to_look_at() -> None:
    scorer = scorer_of(program([]))
    terrible = "Terrible service, awful and rude staff!"
    glad = scorer.score(feedback(rating={"scale": "nps", "value": 10}, text=terrible))
    assert (glad.review, glad.score.flagged) == ("negative_words_good_rating", False)
    alike = scorer.score(feedback(rating={"scale": "nps", "value": 0}, text=terrible))
    assert alike.review is None


def test_who_may_be_asked_to_help_is_the_programs_to_say() -> None:
    may_be_asked = {"when": "category == 'promoter' && has_text"}
    asking = program([]).model_copy(update={"co_creation": CoCreation(**may_be_asked)})
    happy = {"scale": "nps", "value": 10}
    scorer = scorer_of(asking)
    assert scorer.score(feedback(rating=happy, text="So quick!")).co_creation
    assert not scorer.score(feedback(rating=happy)).co_creation
    assert not scorer_of(program([])).score(feedback(rating=happy, text="So quick!")).co_creation


def test_the_judges_see_no_personal_data() -> None:
    seen: list[str] = []

    class Listening:
        def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
            seen.append(text)
            return NO_OPINION

    judges = Judges(Listening(), Listening(), Listening(), Drivers([], []), "listening")
    said = feedback(text="I am Ann Lee, write to ann@example.com!", contact={"name": "Ann Lee"})
    Scorer(program(), judges).score(said)
    assert seen == ["I am ‹name›, write to ‹mail›!"] * 3
