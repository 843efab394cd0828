"""Feedback events for tests, and strategies that make them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from shared.contracts.codec import parser
from shared.contracts.events import Feedback, FeedbackSubmitted

_parse = parser(FeedbackSubmitted)


def feedback(**fields: Any) -> Feedback:  # noqa: ANN401  (what JSON can hold)
    """Return what a customer said, with a rating of 5 unless `fields` say otherwise."""
    return event(**fields).data


def event(
    *,
    event_id: str = "1",
    tenant: str = "acme",
    **fields: Any,  # noqa: ANN401  (what JSON can hold)
) -> FeedbackSubmitted:
    """Return an event as it comes from the topic."""
    data = {
        "customer_id": "c-1",
        "touchpoint": "shop",
        "listening_post": "survey",
        "occurred_at": "2026-10-01T10:00:00+07:00",
        "rating": {"scale": "nps", "value": 5},
    } | fields
    data = {name: value for name, value in data.items() if value is not None}
    return _parse(
        json.dumps(
            {
                "specversion": "1.0",
                "id": event_id,
                "source": "urn:acme:survey",
                "type": "feedback.submitted.v1",
                "tenant": tenant,
                "data": data,
            }
        ).encode()
    )


def _whole(scale: str, low: int, high: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.integers(low, high).map(lambda value: {"scale": scale, "value": value})


@st.composite
def _custom(draw: st.DrawFn) -> dict[str, Any]:
    amount = st.floats(-1e9, 1e9, allow_nan=False)
    low, value, high = sorted(draw(st.lists(amount, min_size=3, max_size=3, unique=True)))
    return {"scale": "custom", "value": value, "minimum": low, "maximum": high}


ratings: st.SearchStrategy[dict[str, Any]] = st.one_of(
    _whole("nps", 0, 10),
    _whole("csat", 1, 5),
    _whole("ces", 1, 7),
    st.integers(2, 10).map(lambda halves: {"scale": "stars", "value": halves / 2}),
    _whole("thumbs", 0, 1),
    _custom(),
)

_word = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
_name = _word.filter(bool)
_said = st.fixed_dictionaries(
    {"customer_id": _name, "touchpoint": _name, "listening_post": _name},
    optional={
        "segment": _name,
        "journey": _name,
        "place": _name,
        "product": _name,
        "account_id": _name,
        "category": st.sampled_from(["promoter", "detractor", "whatever"]),
        "language": st.sampled_from(["en", "zh-Hant"]),
        "contact": st.fixed_dictionaries({}, optional={"name": _name, "email": _name}),
        "attributes": st.dictionaries(
            _name,
            st.one_of(_word, st.booleans(), st.floats(-1e9, 1e9, allow_nan=False)),
            max_size=3,
        ),
    },
)
#: Every kind of event: with a rating, a text or both, and any of the other fields.
events: st.SearchStrategy[FeedbackSubmitted] = st.builds(
    lambda said, rating, text, identity: event(
        event_id=identity, rating=rating, text=text if text or rating is None else None, **said
    ),
    _said,
    st.none() | ratings,
    _name,
    _name,
)
