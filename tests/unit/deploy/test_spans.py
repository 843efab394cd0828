"""Every option that says how far back understands the same words and complains alike."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.cli.spans import moment_of, span_of
from shared.errors import ClosedLoopError

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
VIENTIANE = ZoneInfo("Asia/Vientiane")

#: What can be asked after the name of an option, and is no span.
NO_SPANS = ["", "0d", "d", "-3d", "9 d", "+9d", "9D", "9m", "1y", "9999999d", "9d ", "٣d"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("12h", timedelta(hours=12)),
        ("90d", timedelta(days=90)),
        ("8w", timedelta(weeks=8)),
        ("999999w", timedelta(days=36_500)),
    ],
)
def test_hours_days_and_weeks_are_spans_of_a_hundred_years_at_most(
    text: str, meant: timedelta
) -> None:
    assert span_of("--since", text) == meant
    assert moment_of("--since", text, NOW, VIENTIANE) == NOW - meant


@pytest.mark.parametrize("text", [*NO_SPANS, "2026-01-31"])
def test_what_is_no_span_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ClosedLoopError) as refused:
        span_of("--since", text)
    assert (
        str(refused.value) == f"--since: {text!r} is no span of time. Write it as 12h, 30d or 8w."
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-01-31", datetime(2026, 1, 30, 17, tzinfo=UTC)),
        ("2026-01-31T09:00+01:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T09:00Z", datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ("9999-12-31", datetime(9999, 12, 30, 17, tzinfo=UTC)),
    ],
)
def test_a_day_and_a_moment_are_understood_in_the_zone(text: str, meant: datetime) -> None:
    assert moment_of("--since", text, NOW, VIENTIANE) == meant


@pytest.mark.parametrize("text", [*NO_SPANS, "soon", "0001-01-01", "2026-13-01"])
def test_what_is_no_moment_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ClosedLoopError, match=r"^--until: .* is no moment\. Write it as 90d, 2026"):
        moment_of("--until", text, NOW, VIENTIANE)


@given(text=st.text())
def test_nothing_but_a_moment_or_a_complaint_comes_of_any_words(text: str) -> None:
    with contextlib.suppress(ClosedLoopError):
        assert moment_of("--since", text, NOW, VIENTIANE).tzinfo is UTC
