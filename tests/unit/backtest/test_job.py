from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from deploy.backtest.errors import BacktestError
from deploy.backtest.job import check_order
from tests.unit.backtest.support import NOW, SINCE

VIENTIANE = ZoneInfo("Asia/Vientiane")


def test_a_time_that_ends_before_it_begins_is_refused() -> None:
    check_order(SINCE, NOW, VIENTIANE)
    with pytest.raises(BacktestError, match=r"2026-11-22T16:30\+0700 does not lie before"):
        check_order(NOW, NOW, VIENTIANE)
