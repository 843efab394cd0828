from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from deploy.backtest.errors import BacktestError
from deploy.backtest.job import check_order, moment
from tests.unit.backtest.support import NOW, SINCE

VIENTIANE = ZoneInfo("Asia/Vientiane")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90d", SINCE),
        ("0d", NOW),
        ("2026-01-31", datetime(2026, 1, 30, 17, tzinfo=UTC)),
        ("2026-01-31T09:00+01:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T09:00Z", datetime(2026, 1, 31, 9, tzinfo=UTC)),
    ],
)
def test_days_back_a_day_and_a_moment_are_understood(text: str, meant: datetime) -> None:
    assert moment("--since", text, NOW, VIENTIANE) == meant


@pytest.mark.parametrize(
    "text", ["", "0001-01-01", "d", "-3d", "9 d", "soon", "2026-13-01", "9999999d"]
)
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(BacktestError, match=r"--until: .* is no moment\. Write 90d"):
        moment("--until", text, NOW, VIENTIANE)


@pytest.mark.parametrize("text", ["999999d", "9999-12-31"])
def test_a_moment_far_away_is_understood(text: str) -> None:
    assert moment("--since", text, NOW, VIENTIANE).tzinfo is UTC


def test_a_time_that_ends_before_it_begins_is_refused() -> None:
    check_order(SINCE, NOW, VIENTIANE)
    with pytest.raises(BacktestError, match=r"2026-11-22T16:30\+0700 does not lie before"):
        check_order(NOW, NOW, VIENTIANE)
