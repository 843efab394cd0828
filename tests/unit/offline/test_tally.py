"""Counting in chunks is counting at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy.offline.tally import EXAMPLES, Tally
from deploy.offline.verdicts import Judged, Verdict
from shared.contracts.events import Category, Severity

_label = st.none() | st.sampled_from(["a", "b"])
judged = st.builds(
    lambda text, severity, flagged, language, theme: Judged(
        text,
        Category.UNRATED,
        severity,
        "reason",
        Verdict(language=language, theme=theme, flagged=flagged, rule="r" if flagged else None),
    ),
    st.none() | st.text(min_size=1, max_size=3),
    st.sampled_from(Severity),
    st.booleans(),
    _label,
    _label,
)
#: A row is judged, says nothing, or is refused.
rows = st.lists(judged | st.sampled_from(["silent", "refused"]), max_size=40)


def counted(rows: list[Judged | str], first: int = 1) -> Tally:
    tally = Tally()
    for number, row in enumerate(rows, start=first):
        if isinstance(row, Judged):
            tally.add(number, row)
        elif row == "silent":
            tally.add_silent()
        else:
            tally.add_refused()
    return tally


@given(rows=rows, cut=st.integers(0, 40))
def test_two_parts_of_a_file_add_up_to_the_whole(rows: list[Judged | str], cut: int) -> None:
    whole, parts = counted(rows), counted(rows[:cut])
    parts.merge(counted(rows[cut:], first=cut + 1))

    assert parts == whole


@given(rows=rows)
def test_every_row_is_counted_once(rows: list[Judged | str]) -> None:
    tally = counted(rows)

    assert tally.rows == len(rows) == tally.scored + tally.silent + tally.refused
    assert tally.worded == tally.languages.total() == tally.themes.total()
    assert tally.scored == tally.severities.total() == tally.categories.total()
    assert tally.flagged == tally.rules.total()
    assert all(len(examples) <= EXAMPLES for examples in tally.examples.values())
