"""Where a form may lead, how lengths of time are said, what a cursor keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, TypeAdapter

from shared.web.pages import moment, span
from shared.web.pagination import decode_cursor, encode_cursor
from shared.web.preconditions import etag, expected_version
from shared.web.problems import Problem
from shared.web.signin import HOME, safe_next

POSITION: TypeAdapter[tuple[datetime, UUID]] = TypeAdapter(tuple[AwareDatetime, UUID])


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil",
        "",
    ],
)
def test_a_next_that_leads_off_the_site_leads_to_the_inbox(target: str) -> None:
    assert safe_next(target) == HOME


@given(st.text(alphabet=st.sampled_from("/\\:.?#@ax\t\r\n "), max_size=12))
def test_whatever_next_says_the_browser_stays_on_the_site(target: str) -> None:
    site = "https://closedloop.example/signin"
    # Browsers drop tabs and line ends and read a backslash as a slash.
    seen = safe_next(target).translate({9: None, 10: None, 13: None}).replace("\\", "/")
    assert urlsplit(urljoin(site, seen)).netloc == "closedloop.example"


def test_a_path_on_the_site_with_a_query_is_kept() -> None:
    assert safe_next("/inbox?view=all&due=today") == "/inbox?view=all&due=today"


@given(
    st.datetimes(
        min_value=datetime(1990, 1, 1),  # noqa: DTZ001  (the strategy adds the zone)
        timezones=st.just(UTC),
    ),
    st.uuids(),
)
def test_a_cursor_gives_back_its_position(when: datetime, which: UUID) -> None:
    assert decode_cursor(encode_cursor((when.isoformat(), which)), POSITION) == (when, which)


@given(st.text(max_size=40))
def test_a_cursor_that_was_made_up_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        decode_cursor(cursor, POSITION)
    assert refused.value.field == "cursor"


def test_an_entity_tag_names_the_version_it_was_made_of() -> None:
    assert expected_version(etag(17)) == 17


@pytest.mark.parametrize("header", ["3", '"x"', "*", 'W/"3"', '"1", "2"', '"' + "9" * 40 + '"'])
def test_an_if_match_that_is_no_tag_of_ours_is_refused(header: str) -> None:
    with pytest.raises(Problem) as refused:
        expected_version(header)
    assert (refused.value.status, refused.value.field) == (400, "If-Match")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=3, minutes=20), "3 h 20 min"),
        (timedelta(hours=-5), "5 h"),
        (timedelta(days=2, hours=4), "2 d 4 h"),
    ],
)
def test_a_length_of_time_is_said_in_its_two_largest_units(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_a_moment_is_said_in_the_zone_that_it_names() -> None:
    when = datetime(2026, 11, 22, 20, 5, tzinfo=UTC)
    assert moment(when, "Asia/Vientiane") == "Mon 23 Nov 2026, 03:05 (Asia/Vientiane)"
