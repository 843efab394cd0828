"""A refusal names the field, says what is wrong with it, and what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.contracts.codec import parser
from shared.contracts.events import FeedbackSubmitted
from shared.contracts.records import Rejected

GOOD: dict[str, Any] = {
    "specversion": "1.0",
    "type": "feedback.submitted.v1",
    "source": "/survey",
    "id": "1",
    "tenant": "demo",
    "data": {
        "customer_id": "c",
        "touchpoint": "delivery",
        "listening_post": "survey",
        "occurred_at": "2026-03-02T15:14:58+07:00",
        "rating": {"scale": "nps", "value": 3},
    },
}


def _refused(event: object) -> Rejected:
    with pytest.raises(Rejected) as refused:
        parser(FeedbackSubmitted)(json.dumps(event).encode())
    return refused.value


def _with_data(**data: object) -> dict[str, Any]:
    return {**GOOD, "data": {**GOOD["data"], **data}}


@pytest.mark.parametrize(
    ("event", "field", "detail"),
    [
        (
            _with_data(rating={"scale": "nps", "value": 11}),
            "data.rating.value",
            "data.rating.value should be less than or equal to 10.",
        ),
        (
            _with_data(rating={"scale": "mood", "value": 1}),
            "data.rating.scale",
            "data.rating.scale should be one of 'nps', 'csat', 'ces', 'stars', 'thumbs', 'custom'.",
        ),
        (
            _with_data(rating={"scale": "custom", "value": 9, "minimum": 0, "maximum": 5}),
            "data.rating",
            "data.rating: value must lie between minimum and maximum.",
        ),
        (
            _with_data(occurred_at=17),
            "data.occurred_at",
            "data.occurred_at should be text, not a number.",
        ),
        (
            _with_data(attributes={"order": []}),
            "data.attributes.order",
            "data.attributes.order should be text, a number, true or false, not a list.",
        ),
        (
            _with_data(attributes={"rating": {"nps": 1}}),
            "data.attributes.rating",
            "data.attributes.rating should be text, a number, true or false, not an object.",
        ),
        (
            _with_data(attributes={"": 1}),
            'data.attributes.""',
            'data.attributes."" should have at least 1 character.',
        ),
        (_with_data(text="a\0b"), "data.text", "data.text should hold no U+0000."),
        (
            {**GOOD, "tenant": "Demo Ltd"},
            "tenant",
            "tenant should be 1 to 63 lower-case letters, digits, - and _, a letter or digit"
            " first.",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_where(event: object, field: str, detail: str) -> None:
    refused = _refused(event)
    assert (refused.field, refused.detail) == (field, detail)


def test_the_other_faults_are_named_too() -> None:
    refused = _refused({"specversion": "1.0", "type": "feedback.submitted.v1"})
    assert refused.detail == "id is missing. Also at fault: source, tenant, data."


def test_a_wrong_type_of_event_comes_before_faults_in_its_data() -> None:
    refused = _refused({**GOOD, "type": "followup.changed.v1", "data": {}})
    assert refused.code == "wrong_event"
    assert refused.remedy == "Publish followup.changed.v1 on its own topic."


def test_what_is_no_cloudevent_comes_before_everything() -> None:
    refused = _refused(GOOD["data"])
    assert (refused.code, refused.field) == ("not_a_cloudevent", "specversion")


def test_a_misspelt_name_is_shown_and_attributes_are_offered() -> None:
    refused = _refused(_with_data(custmer_id="c"))
    assert refused.field == "data.custmer_id"
    assert "data.attributes" in refused.remedy


@pytest.mark.parametrize("name", ["a\0b", "tab\there", "line\nbreak", "\u202e", "x" * 5_000])
def test_a_name_that_the_publisher_chose_is_shown_so_that_a_header_can_carry_it(name: str) -> None:
    refused = _refused(_with_data(**{name: 1}))
    assert refused.code == "unknown_field"
    assert refused.field.isprintable()
    assert len(refused.field) < 200
