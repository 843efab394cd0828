from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.postgres.ledger import Span, uncovered

offsets = st.integers(0, 60)


@st.composite
def disjoint(draw: st.DrawFn) -> list[Span]:
    bounds = sorted(draw(st.sets(offsets, max_size=12)))
    return [Span(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=False)]


@given(offsets, offsets, disjoint())
def test_every_offset_is_either_covered_or_uncovered_once(
    one: int, other: int, covered: list[Span]
) -> None:
    span = Span(min(one, other), max(one, other))
    parts = uncovered(span, covered)
    held = {n for part in covered for n in range(part.first, part.last + 1)}
    left = [n for part in parts for n in range(part.first, part.last + 1)]
    assert left == [n for n in range(span.first, span.last + 1) if n not in held]
