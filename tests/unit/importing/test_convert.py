"""Rows become events, or it is said why they do not."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.importing.convert import convert, encoded
from deploy.importing.errors import RowRefusedError
from deploy.importing.rows import Row
from shared.contracts.codec import parser
from shared.contracts.events import FeedbackSubmitted
from tests.unit.importing.support import mapping, row


def test_a_row_becomes_the_event_that_the_contract_knows() -> None:
    event = convert(row(), mapping(), tenant="acme")

    assert event == {
        "specversion": "1.0",
        "id": "1",
        "source": "urn:test:import",
        "type": "feedback.submitted.v1",
        "tenant": "acme",
        "data": {
            "customer_id": "c-1",
            "touchpoint": "refunds",
            "listening_post": "survey",
            "occurred_at": "2026-03-01T10:00:00+00:00",
            "rating": {"scale": "nps", "value": 3.0},
            "text": "Late again.",
        },
    }


def test_without_a_tenant_the_event_names_none() -> None:
    assert "tenant" not in convert(row(), mapping())


def test_empty_cells_are_absent() -> None:
    data = convert(row(words="  ", score="7"), mapping())["data"]

    assert "text" not in data
    assert "contact" not in data
    assert "attributes" not in data


def test_a_row_without_an_id_is_named_by_its_content() -> None:
    assert convert(row(), mapping(id=None))["id"] == "digest"
    assert convert(row(id=""), mapping())["id"] == "digest"


def test_the_first_column_that_says_something_is_taken() -> None:
    source = {"first_of": ["long", "words"]}

    assert convert(row(long=""), mapping(text=source))["data"]["text"] == "Late again."
    assert convert(row(long="Both."), mapping(text=source))["data"]["text"] == "Both."


def test_values_translate_and_prefixes_go_in_front() -> None:
    changes: dict[str, Any] = {
        "rating": {"scale": "thumbs", "column": "score", "values": {"good": "1", "bad": "0"}},
        "customer_id": {"column": "customer", "prefix": "crm-"},
    }

    data = convert(row(score="bad"), mapping(**changes))["data"]

    assert data["rating"] == {"scale": "thumbs", "value": 0.0}
    assert data["customer_id"] == "crm-c-1"


def test_a_value_translated_into_nothing_is_absent() -> None:
    rating = {"scale": "nps", "column": "score", "values": {"3": "3", "n/a": ""}}

    assert "rating" not in convert(row(score="n/a"), mapping(rating=rating))["data"]


def test_attributes_are_text_unless_a_number_is_asked_for() -> None:
    attributes = {"fare": "fare", "spent": {"column": "spent", "type": "number"}, "none": "none"}

    data = convert(row(fare="007", spent="12.5"), mapping(attributes=attributes))["data"]

    assert data["attributes"] == {"fare": "007", "spent": 12.5}


@pytest.mark.parametrize(
    ("source", "cell", "moment"),
    [
        ({"column": "when"}, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        (
            {"column": "when", "time_zone": "Asia/Vientiane"},
            "2026-03-01",
            "2026-03-01T00:00:00+07:00",
        ),
        ({"column": "when", "format": "unix"}, "1000000000", "2001-09-09T01:46:40+00:00"),
        (
            {"column": "when", "format": "%d/%m/%Y %H:%M", "time_zone": "Asia/Almaty"},
            "01/03/2026 10:00",
            "2026-03-01T10:00:00+05:00",
        ),
        (
            {"column": "when", "format": "%Y-%m-%d %H:%M:%S %z"},
            "2026-03-01 10:00:00 -0800",
            "2026-03-01T10:00:00-08:00",
        ),
    ],
)
def test_moments_are_read_in_their_form_and_zone(
    source: dict[str, str], cell: str, moment: str
) -> None:
    event = convert(row(when=cell), mapping(occurred_at=source))

    assert event["data"]["occurred_at"] == moment


@pytest.mark.parametrize(
    ("changes", "cells", "field", "told"),
    [
        ({}, {"customer": ""}, "customer_id", "'customer' is empty"),
        ({}, {"score": "eleven"}, "rating.value", "'eleven' is not a number"),
        ({}, {"score": "nan"}, "rating.value", "not a number"),
        ({}, {"score": "11"}, "rating.value", "less than or equal to 10"),
        ({}, {"when": "yesterday"}, "occurred_at", "'yesterday' is not a date"),
        ({}, {"when": "9999-12-31"}, "occurred_at", ""),
        ({}, {"words": "a\x00b"}, "text", ""),
        ({}, {"words": "x" * 40_000}, "text", "32768"),
        ({}, {"words": "", "score": ""}, "", "rating, a text or both"),
        ({"occurred_at": "when"}, {}, "occurred_at", "does not say its time zone"),
        ({"language": "words"}, {}, "language", ""),
        (
            {"rating": {"scale": "nps", "column": "score", "values": {"1": "1"}}},
            {},
            "rating",
            "'3' is not among the mapping's values",
        ),
    ],
)
def test_a_row_that_is_no_event_says_which_field_and_why(
    changes: dict[str, Any], cells: dict[str, str], field: str, told: str
) -> None:
    with pytest.raises(RowRefusedError) as refused:
        convert(row(**cells), mapping(**changes))

    assert refused.value.field == field or (field == "" and told in str(refused.value))
    assert told in str(refused.value)


def test_a_row_that_could_not_be_read_is_refused_with_its_fault() -> None:
    with pytest.raises(RowRefusedError, match="broken"):
        convert(Row(line=3, fault="The row is broken."), mapping())


contents = st.one_of(
    st.text(),
    st.characters(),
    st.sampled_from(["nan", "1e400", "-0", "\ud83d", "\x00", "9" * 400, "0001-01-01", "=1+1"]),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.lists(st.integers(), max_size=2),
)
parse = parser(FeedbackSubmitted)


@given(
    cells=st.fixed_dictionaries(
        dict.fromkeys(("id", "customer", "when", "score", "words", "mail", "spent"), contents)
    ),
    form=st.sampled_from(["iso", "unix", "%Y"]),
    scale=st.sampled_from(["nps", "csat", "ces", "stars", "thumbs"]),
)
def test_any_content_of_any_cell_is_an_event_or_a_reason(
    cells: dict[str, object], form: str, scale: str
) -> None:
    wanted = mapping(
        occurred_at={"column": "when", "format": form, "time_zone": "UTC"},
        rating={"scale": scale, "column": "score"},
        contact={"email": "mail"},
        attributes={"spent": {"column": "spent", "type": "number"}, "id": "id"},
    )
    with suppress(RowRefusedError):
        event = convert(Row(line=2, cells=cells, digest="digest"), wanted, tenant="acme")
        assert parse(encoded(event)).tenant == "acme"
        assert json.loads(encoded(event)) == event
