"""What a customer said before, counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.history import MOST_EARLIER, NOTHING_EARLIER, Earlier, History, Said

ANN, BEN = ("acme", "ann"), ("acme", "ben")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def said(number: int, days_ago: float, category: str = "detractor") -> Said:
    moment = NOW - timedelta(days=days_ago)
    return Said(moment, UUID(int=number), moment, category)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9),
            st.floats(-10, 200, allow_nan=False),
            st.sampled_from(["detractor", "passive", "promoter", "unrated"]),
        )
    )
)
def test_each_event_counts_once_within_its_window(told: list[tuple[int, float, str]]) -> None:
    history = History([(ANN, said(*one)) for one in told])
    first = {number: (days, kind) for number, days, kind in reversed(told) if number != 0}

    earlier = history.before(ANN, UUID(int=0), NOW)

    moments = [(said(0, days).occurred_at, kind) for days, kind in first.values()]
    assert earlier.feedback_30d == len(
        [1 for at, _ in moments if NOW - timedelta(days=30) < at <= NOW]
    )
    assert earlier.detractors_90d == len(
        [1 for at, kind in moments if kind == "detractor" and NOW - timedelta(days=90) < at <= NOW]
    )


def test_customers_do_not_share_a_history() -> None:
    history = History([(ANN, said(1, 3))])

    assert history.before(BEN, UUID(int=2), NOW) == NOTHING_EARLIER
    assert history.before(ANN, UUID(int=2), NOW) == Earlier(1, 1)


@given(st.lists(st.integers(0, 40), min_size=MOST_EARLIER, max_size=2 * MOST_EARLIER), st.data())
def test_what_a_batch_holds_itself_and_what_was_kept_before_it_count_alike(
    days: list[int], data: st.DataObject
) -> None:
    """However the topic is cut into batches: the last hundred are looked at, wherever they are."""
    told = sorted(said(number + 1, days_ago) for number, days_ago in enumerate(days))
    cut = data.draw(st.integers(0, len(told)))
    kept = told[:cut][-MOST_EARLIER:]  # as the database answers
    in_pieces = History([(ANN, one) for one in kept + told[cut:]])
    at_once = History([(ANN, one) for one in told])

    assert in_pieces.before(ANN, UUID(int=0), NOW) == at_once.before(ANN, UUID(int=0), NOW)
