"""The catalogues of the customer's page: whole, sound, and chosen rightly."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from services.routing.routes.languages import LANGUAGES, catalogue, known_tag, language_for
from shared.contracts.events import FollowUpState

ENGLISH = catalogue("en")
OTHERS = [tag for tag in LANGUAGES if tag != "en"]
#: Words for one of something are for languages that have them.
ONE = re.compile(r"_one$")
WHEN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("tag", OTHERS)
def test_no_sentence_is_missing(tag: str) -> None:
    missing = [key for key in ENGLISH.words.keys() - catalogue(tag).words if not ONE.search(key)]
    assert len(missing) == 0, missing


@pytest.mark.parametrize("tag", OTHERS)
def test_sentences_name_the_same_parts_and_none_is_english(tag: str) -> None:
    other = catalogue(tag)
    assert other.words.keys() <= ENGLISH.words.keys()
    for key, words in other.words.items():
        english = ENGLISH.words[key]
        assert sorted(re.findall(r"{\w+}", words)) == sorted(re.findall(r"{\w+}", english)), key
        if re.search("[a-z]", re.sub(r"{\w+}", "", english)) and re.search(r"\w{3}", english):
            assert words != english or words in {"{company}", "{name}, {team}"}, key


@pytest.mark.parametrize("tag", LANGUAGES)
def test_catalogues_say_whether_somebody_who_speaks_it_has_read_them(tag: str) -> None:
    assert catalogue(tag).reviewed is (tag == "en")
    assert (len(catalogue(tag).weekdays), len(catalogue(tag).months)) == (7, 12)


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("state", list(FollowUpState))
def test_every_state_has_words(tag: str, state: FollowUpState) -> None:
    assert catalogue(tag)(f"state_{state.value}")


def test_what_a_language_lacks_is_read_in_english() -> None:
    poor = ENGLISH.__class__(
        **{name: getattr(ENGLISH, name) for name in ("name", "reviewed", "weekdays", "months")},
        **{name: getattr(ENGLISH, name) for name in ("moment", "zone", "cities")},
        tag="xx",
        words={"title": "Tytuł"},
    )
    assert (poor("title"), poor("heard")) == ("Tytuł", "What we heard from you")
    assert poor.many("place", 3) == "3 cases of this team are ahead of yours."


@pytest.mark.parametrize(
    ("tag", "zone", "expected"),
    [
        ("en", "Asia/Almaty", "Tuesday 24 November, 14:00, Almaty time (UTC+5)"),
        ("en", "America/New_York", "Tuesday 24 November, 04:00, New York time (UTC-5)"),
        ("en", "Asia/Kathmandu", "Tuesday 24 November, 14:45, Kathmandu time (UTC+5:45)"),
        ("en", "UTC", "Tuesday 24 November, 09:00, UTC"),
        ("kk", "Asia/Almaty", "24 қараша, сейсенбі, 14:00, Алматы уақыты (UTC+5)"),
        ("th", "Asia/Bangkok", "วันอังคารที่ 24 พฤศจิกายน เวลา 16:00 น. ตามเวลากรุงเทพฯ (UTC+7)"),
        ("zh", "Asia/Shanghai", "11月24日星期二 17:00（上海时间 (UTC+8)）"),
        ("es", "Europe/Madrid", "martes 24 de noviembre, 10:00, hora de Madrid (UTC+1)"),
        ("hmn", "Asia/Vientiane", "Hnub Ob tim 24 lub 11 hlis, 16:00, sij hawm Vientiane (UTC+7)"),
    ],
)
def test_a_moment_is_said_with_its_zone(tag: str, zone: str, expected: str) -> None:
    assert catalogue(tag).at(WHEN, zone) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "02:30, Berlin time (UTC+2)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "02:30, Berlin time (UTC+1)"),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart(moment: datetime, expected: str) -> None:
    assert ENGLISH.at(moment, "Europe/Berlin").endswith(expected)


@pytest.mark.parametrize(
    ("chosen", "spoken", "accepted", "expected"),
    [
        ("th", "lo", "es", "th"),
        (None, "lo", "es", "lo"),
        ("klingon", "lo", "es", "lo"),
        (None, None, "fr, es;q=0.5, kk;q=0.9", "kk"),
        (None, "fr", "de-DE, *;q=0.1", "en"),
        (None, None, "", "en"),
        (None, None, "es;q=0, th;q=nonsense, zh-TW;q=0.2", "zh"),
        (None, "zh-Hant", "", "zh"),
        (None, "mww", "", "hmn"),
    ],
)
def test_the_language_is_chosen_then_written_then_the_browsers_then_english(
    chosen: str | None, spoken: str | None, accepted: str, expected: str
) -> None:
    assert language_for(chosen, spoken, accepted).tag == expected


def test_a_tag_is_known_by_its_first_part() -> None:
    assert [known_tag(tag) for tag in ("ES-mx", "cmn_Hans", "xx", "")] == ["es", "zh", None, None]
