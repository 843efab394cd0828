from __future__ import annotations

import pytest

from deploy.backtest.limits import broken_limits, judged_by
from shared.program.document import BacktestLimits
from tests.unit.backtest.support import concluded, job, program, said
from tests.unit.program.samples import rule

HAPPY = {"scale": "nps", "value": 10}
EVENTS = [*(said(n) for n in range(4)), *(said(10 + n, rating=HAPPY) for n in range(6))]
#: Opens 6 of 10 events, drops 4 of 4 follow-ups.
TURNED = program([rule("category == 'promoter'"), rule("true", name="no", flag=False)])
RESULT = concluded(job(TURNED), EVENTS)


@pytest.mark.parametrize(
    ("kept", "broken"),
    [
        (BacktestLimits(max_opened_share=0.6), BacktestLimits(max_opened_share=0.59)),
        (BacktestLimits(max_dropped_share=1.0), BacktestLimits(max_dropped_share=0.99)),
        (BacktestLimits(max_workload_increase=0.5), BacktestLimits(max_workload_increase=0.49)),
        (BacktestLimits(since_days=90), BacktestLimits(since_days=91)),
    ],
)
def test_a_limit_is_kept_up_to_its_value(kept: BacktestLimits, broken: BacktestLimits) -> None:
    assert broken_limits(RESULT, kept) == []
    (one,) = broken_limits(RESULT, broken)
    assert one.name in {
        "since_days",
        *(name for name in BacktestLimits.model_fields if "m" in name),
    }
    assert "demanded" in one.detail or "beyond" in one.detail


def test_precision_breaks_its_limit_when_even_the_interval_lies_below() -> None:
    flagged = [said(n) for n in range(20)]
    confirmed = {one.feedback_id: "process" if n < 10 else "rain" for n, one in enumerate(flagged)}
    result = concluded(job(program()), flagged, confirmed)
    assert broken_limits(result, BacktestLimits(min_precision=0.7)) == []
    (one,) = broken_limits(result, BacktestLimits(min_precision=0.71))
    assert (one.name, one.found) == ("min_precision", 0.5)


def test_what_nothing_is_known_of_breaks_no_limit() -> None:
    empty = concluded(job(TURNED), [])
    everything = BacktestLimits(
        max_opened_share=0, max_dropped_share=0, max_workload_increase=0, min_precision=1
    )
    assert broken_limits(empty, everything) == []
    assert len(judged_by(everything, empty)) == 5


def test_more_follow_ups_than_none_are_beyond_any_increase() -> None:
    result = concluded(job(TURNED), EVENTS[4:])
    (one,) = broken_limits(result, BacktestLimits(max_workload_increase=2))
    assert one.found == 6
