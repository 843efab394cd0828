from __future__ import annotations

from functools import cache

import pytest

from services.scoring.domain.analysis import analyze
from services.scoring.judges import open_judges, unfindable_words
from shared.contracts.events import Score
from shared.program.document import Program
from shared.program.loading import read_program
from shared.program.schema import SCHEMA_FILE
from shared.program.starting import BRANCHES, starter
from shared.program.work import MOST_WORK_OF_A_PROGRAM, work_of
from tests.unit.scoring.events import feedback
from tests.unit.scoring.scorers import scorer_of

LANGUAGES = ["en", "es", "zh"]


def score(program: Program, **fields: object) -> Score:
    return scorer_of(program).score(feedback(**fields)).score


@cache
def of_branch(branch: str) -> Program:
    return read_program(starter(branch, tenant="mine"))


@pytest.fixture(params=BRANCHES)
def program(request: pytest.FixtureRequest) -> Program:
    return of_branch(request.param)


def test_there_is_a_starter_for_each_branch_of_business() -> None:
    assert BRANCHES == ("airline", "bank", "hospital", "public_service", "shop", "telecom")


def test_a_starter_is_the_tenants_own_and_names_the_schema_beside_it() -> None:
    for branch in BRANCHES:
        text = starter(branch, tenant="mine")
        assert text.startswith(f"# yaml-language-server: $schema={SCHEMA_FILE.name}\n")
        assert read_program(text).tenant == "mine"


def test_a_starter_is_complete(program: Program) -> None:
    assert len(program.rules) >= 10
    assert {touchpoint.team for touchpoint in program.touchpoints} <= {
        team.id for team in program.teams
    }
    used = {touchpoint.team for touchpoint in program.touchpoints} | {program.default_team}
    assert {team.id for team in program.teams} == used
    assert {post.kind for post in program.listening_posts} >= {"survey", "complaint"}
    themes = [cause for cause in program.taxonomy.what if cause.id != "other"]
    assert all(cause.words.keys() >= set(LANGUAGES) for cause in themes)
    told = {theme for driver in program.drivers for theme in driver.themes}
    assert told <= {cause.id for cause in themes}
    assert len(program.taxonomy.why) == 10


def test_a_starter_tells_reasons_and_common_themes_by_the_words_of_the_default_taxonomy(
    program: Program,
) -> None:
    assert all(cause.like == (cause.id,) for cause in program.taxonomy.why if cause.id != "unknown")
    borrowing = [cause for cause in program.taxonomy.what if cause.like]
    assert len(borrowing) >= 5
    assert all(len(cause.words) == 8 for cause in borrowing)


@pytest.mark.parametrize(
    ("text", "theme", "cause"),
    [
        ("Nadie contesta el teléfono, se cayó el sistema otra vez.", "no_answer", "system"),
        ("Мне нахамили, сотрудники грубые", "staff", None),
    ],
)
def test_a_starter_reads_what_went_wrong_and_why(text: str, theme: str, cause: str | None) -> None:
    read = analyze(text, open_judges(of_branch("telecom")))
    assert read.theme.label == theme
    assert cause in {None, read.cause.label}


def test_a_starter_leaves_room_for_rules_of_ones_own(program: Program) -> None:
    assert sum(work_of(rule.when) for rule in program.rules) < MOST_WORK_OF_A_PROGRAM / 2


@pytest.mark.parametrize(
    ("text", "rule", "severity"),
    [
        ("It was UNSAFE and my son was injured", "safety", "critical"),
        ("ບໍ່ປອດໄພເລີຍ", "safety", "critical"),
        ("Me siento inseguro aquí", "safety", "critical"),
        ("You will hear from my lawyer", "legal", "high"),
        ("我要找律师", "legal", "high"),
        ("I use a wheelchair and nobody helped", "vulnerable", "high"),
        ("Please call me, it is about my case", "contact_me", "medium"),
        ("กรุณาติดต่อกลับ", "contact_me", "medium"),
    ],
)
def test_danger_law_need_and_a_wish_to_talk_reach_a_person_whatever_the_rating(
    program: Program, text: str, rule: str, severity: str
) -> None:
    for value in (0, 8, 10):
        found = score(program, rating={"scale": "nps", "value": value}, text=text)
        assert (found.rule, found.severity.value, found.flagged) == (rule, severity, True)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("You promised me an answer in two days", "promise_broken"),
        ("Ya me prometieron dos veces", "promise_broken"),
        ("Never again!", "leaving"),
        ("енді ешқашан", "leaving"),
    ],
)
def test_broken_promises_and_farewells_are_flagged_but_for_promoters(
    program: Program, text: str, rule: str
) -> None:
    assert score(program, rating=None, text=text).rule == rule
    assert score(program, rating={"scale": "nps", "value": 10}, text=text).rule is None


def test_ratings_alone_are_judged_by_their_depth(program: Program) -> None:
    def rule(scale: str, value: float, **more: object) -> str | None:
        return score(program, rating={"scale": scale, "value": value}, text=None, **more).rule

    assert rule("nps", 1) == "very_low_rating"
    assert rule("csat", 1) == "very_low_rating"
    assert rule("nps", 5) == "detractor"
    assert rule("nps", 9) is None
    assert rule("nps", 9, listening_post="complaint_form") == "complaint"


def test_who_asks_for_contact_in_the_form_gets_it(program: Program) -> None:
    found = score(program, rating={"scale": "nps", "value": 10}, contact_requested=True)
    assert (found.rule, found.flagged) == ("contact_requested", True)


@pytest.mark.parametrize(
    ("branch", "text", "rule"),
    [
        ("airline", "We are stuck at the airport", "stranded"),
        ("bank", "My card was stolen yesterday", "fraud"),
        ("bank", "se tragó la tarjeta", "no_money"),
        ("hospital", "她很痛,没人管", "pain_now"),
        ("hospital", "They gave her the wrong medication", "safety"),
        ("public_service", "He asked for a bribe", "corruption"),
        ("shop", "The parcel never arrived", "not_delivered"),
        ("shop", "The charger caught fire", "safety"),
        ("telecom", "อินเทอร์เน็ตไม่มีสัญญาณ", "outage"),
    ],
)
def test_each_branch_knows_its_own_emergencies(branch: str, text: str, rule: str) -> None:
    assert score(of_branch(branch), rating={"scale": "csat", "value": 2}, text=text).rule == rule


@pytest.mark.parametrize(
    "text",
    [
        "Friendly, quick, and cheap. Thank you!",
        "The courtesy of your people is outstanding",
        "Todo perfecto, gracias",
        "服务很好",
        "ขอบคุณมาก บริการดี",
        "Все прошло умеренно быстро",
        "Zoo siab heev, ua tsaug",
    ],
)
def test_praise_is_left_alone(program: Program, text: str) -> None:
    assert not score(program, rating={"scale": "nps", "value": 8}, text=text).flagged


@pytest.mark.parametrize(
    "text",
    [
        "Terrible service, rude staff, a complete waste of time",
        "Un servicio pésimo, horrible y una vergüenza",
        "服务太差了，非常失望，态度恶劣",
    ],
)
def test_unhappy_words_without_any_rating_are_answered(program: Program, text: str) -> None:
    found = score(program, rating=None, text=text)
    assert (found.category, found.rule, found.severity) == (
        "unrated",
        "unhappy_words_alone",
        "medium",
    )


def test_happy_words_without_any_rating_are_left_alone(program: Program) -> None:
    assert not score(program, rating=None, text="Lovely people, thank you so much!").flagged


def test_every_word_of_a_starter_can_be_looked_for(program: Program) -> None:
    assert list(unfindable_words(program)) == []
