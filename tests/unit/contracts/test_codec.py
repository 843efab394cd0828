"""Decoding refuses with a reason and never breaks; encoding and decoding are inverse."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.codec import decoder, encode, key_of, parser
from shared.contracts.event_types import EVENTS
from shared.contracts.events import (
    CloudEvent,
    Contact,
    CsatRating,
    CustomRating,
    Feedback,
    FeedbackScored,
    FeedbackSubmitted,
    NpsRating,
    StarsRating,
)
from shared.contracts.records import Record, Rejected

LEAST: dict[str, Any] = {
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

parse = parser(FeedbackSubmitted)


def _least(**data: object) -> bytes:
    return json.dumps({**LEAST, "data": {**LEAST["data"], **data}}).encode()


def _refused(value: bytes) -> Rejected:
    with pytest.raises(Rejected) as refused:
        parse(value)
    return refused.value


# ── what is generated ────────────────────────────────────────────────────────────────────────

storable = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
names = st.text(storable, min_size=1, max_size=200)
amounts = st.floats(min_value=-1e9, max_value=1e9)
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(
    min_value=datetime(1990, 1, 2),  # noqa: DTZ001  (the zone is drawn beside it)
    max_value=datetime(2199, 12, 30),  # noqa: DTZ001
    timezones=zones | st.just(UTC),
)
ratings = st.one_of(
    st.builds(NpsRating, scale=st.just("nps"), value=st.integers(0, 10).map(float)),
    st.builds(CsatRating, scale=st.just("csat"), value=st.integers(1, 5).map(float)),
    st.builds(StarsRating, scale=st.just("stars"), value=st.integers(2, 10).map(lambda n: n / 2)),
    st.builds(
        CustomRating,
        scale=st.just("custom"),
        name=st.none() | names,
        value=st.floats(0, 1),
        minimum=st.floats(-1e9, 0),
        maximum=st.floats(1, 1e9),
    ),
)
optional_names = st.none() | names
feedback = st.builds(
    Feedback,
    customer_id=names,
    touchpoint=names,
    listening_post=names,
    occurred_at=moments,
    rating=ratings,
    text=st.none() | st.text(storable, max_size=500),
    language=st.sampled_from([None, "en", "zh-Hant", "kk"]),
    segment=optional_names,
    contact=st.none() | st.builds(Contact, name=optional_names, email=optional_names),
    attributes=st.dictionaries(names, names | amounts | st.booleans(), max_size=5),
)
submitted = st.builds(
    FeedbackSubmitted,
    specversion=st.just("1.0"),
    type=st.just("feedback.submitted.v1"),
    id=names,
    source=names,
    time=st.none() | moments,
    subject=optional_names,
    tenant=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True),
    data=feedback,
)


# ── the round trip ───────────────────────────────────────────────────────────────────────────


@given(submitted)
def test_what_was_encoded_decodes_to_the_same_event(event: FeedbackSubmitted) -> None:
    assert parse(encode(event)) == event


@given(submitted)
def test_an_encoded_event_holds_nothing_that_postgresql_refuses(event: FeedbackSubmitted) -> None:
    text = encode(event).decode("utf-8")
    assert "\\u0000" not in text
    assert "\x00" not in text


@given(st.dictionaries(names, names, min_size=2, max_size=5))
def test_equal_events_give_equal_bytes_whatever_the_order_of_attributes(
    attributes: dict[str, str],
) -> None:
    backwards = dict(reversed(attributes.items()))
    assert encode(parse(_least(attributes=attributes))) == encode(
        parse(_least(attributes=backwards))
    )


def test_absent_fields_are_not_written() -> None:
    assert b"null" not in encode(parse(_least(text=None, contact={"name": None})))


# ── whatever lies on a topic ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", EVENTS.values(), ids=EVENTS.keys())
@given(value=st.binary(max_size=400))
def test_random_bytes_are_rejected_and_raise_nothing_else(
    model: type[CloudEvent[Any]], value: bytes
) -> None:
    with pytest.raises(Rejected):
        parser(model)(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(name=st.sampled_from([*Feedback.model_fields, "more"]), value=json_values)
def test_any_json_in_a_field_is_taken_or_rejected_with_that_field(name: str, value: object) -> None:
    rejected = _attempted(_least(**{name: value}))
    if rejected is not None:
        nothing_said = rejected.field == "data" and "a rating, a text" in rejected.detail
        assert (
            rejected.code == "not_json" or rejected.field.startswith(f"data.{name}") or nothing_said
        )
        assert rejected.remedy
        assert f"{rejected.field}{rejected.detail}".encode()


@given(name=st.sampled_from(list(LEAST)), value=json_values)
def test_any_json_in_an_attribute_of_the_envelope_is_taken_or_rejected(
    name: str, value: object
) -> None:
    rejected = _attempted(json.dumps({**LEAST, name: value}).encode())
    if rejected is not None:
        assert rejected.code == "not_json" or rejected.field.startswith(name)


@given(
    text=st.text(st.sampled_from("a\x00\ud83d\ude00"), min_size=1, max_size=8),
    event=st.sampled_from(
        [
            lambda text: _least(text=text),
            lambda text: _least(customer_id=text),
            lambda text: _least(contact={"phone": text}),
            lambda text: _least(attributes={text: 1}),
            lambda text: _least(attributes={"a": text}),
            lambda text: json.dumps({**LEAST, "id": text}).encode(),
        ]
    ),
)
def test_exactly_the_texts_that_postgresql_can_store_pass(
    text: str, event: Callable[[str], bytes]
) -> None:
    rejected = _attempted(event(text))
    assert (rejected is None) == _storable(event(text))


def _attempted(value: bytes) -> Rejected | None:
    try:
        parse(value)
    except Rejected as rejected:
        return rejected
    return None


def _storable(value: bytes) -> bool:
    """Tell it by means of Python's own reader: two halves side by side are one character."""
    text = json.dumps(json.loads(value), ensure_ascii=False)
    return "\\u0000" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


MALFORMED = {
    "not a byte": (b"", "not_json"),
    "byte order mark": (b"\xef\xbb\xbf" + _least(), "not_json"),
    "utf-16": (_least().decode().encode("utf-16"), "not_utf8"),
    "latin-1": (_least().replace(b"delivery", b"caf\xe9"), "not_utf8"),
    "a surrogate in utf-8": (_least().replace(b"delivery", b"\xed\xa0\x80"), "not_utf8"),
    "1 MB of brackets": (b"[" * 1_000_000, "not_json"),
    "1 MB of text": (_least(text="a" * 1_000_000), "invalid_value"),
    "100,000 brackets in an attribute": (
        _least(attributes={"a": "X"}).replace(b'"X"', b"[" * 100_000 + b"]" * 100_000),
        "not_json",
    ),
    "thousands of wrong attributes": (
        _least(attributes={str(n): None for n in range(10_000)}),
        "invalid_value",
    ),
    "thousands of attributes": (
        _least(attributes={str(n): n for n in range(10_000)}),
        "invalid_value",
    ),
    "thousands of unknown fields": (_least(**{f"x{n}": n for n in range(10_000)}), "invalid_value"),
    "a number of 5,000 digits": (_least().replace(b": 3", b": " + b"9" * 5_000), "not_json"),
    "a number of 400 digits": (_least().replace(b": 3", b": " + b"9" * 400), "invalid_value"),
    "1e400": (_least().replace(b": 3", b": 1e400"), "invalid_value"),
    "NaN": (_least().replace(b": 3", b": NaN"), "invalid_value"),
    "an infinite attribute": (_least(attributes={"a": float("inf")}), "invalid_value"),
    "two events": (_least() + _least(), "not_json"),
    "a type that is a list": (_least().replace(b'"feedback.submitted.v1"', b"[[]]"), "wrong_event"),
    "a string": (b'"feedback"', "not_a_cloudevent"),
    "null": (b"null", "not_a_cloudevent"),
}


@pytest.mark.parametrize(("value", "code"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_message_is_refused_with_its_code(value: bytes, code: str) -> None:
    refused = _refused(value)
    assert refused.code == code
    assert refused.remedy
    assert len(refused.detail) < 1_000


@pytest.mark.parametrize(
    "written", ["1700000000", "2026-03-02T15:14Z", "2026-03-02", "2026-03-02 15:14:58Z", "now"]
)
def test_a_moment_is_written_in_one_way_only(written: str) -> None:
    assert _refused(_least(occurred_at=written)).field == "data.occurred_at"


def test_of_two_equal_keys_the_last_counts() -> None:
    twice = _least().replace(b'"customer_id": "c"', b'"customer_id": "a", "customer_id": "b"')
    assert parse(twice).data.customer_id == "b"


# ── records ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", [None, b""])
def test_a_record_without_a_value_is_empty(value: bytes | None) -> None:
    record = Record(topic="t", partition=0, offset=0, key=None, value=value)
    with pytest.raises(Rejected) as refused:
        decoder(FeedbackSubmitted)(record)
    assert refused.value.code == "empty"


def test_a_record_is_decoded_whatever_its_key() -> None:
    record = Record(topic="t", partition=0, offset=0, key=b"\xff", value=_least())
    assert decoder(FeedbackSubmitted)(record).data.customer_id == "c"


def test_the_key_names_tenant_and_customer() -> None:
    assert key_of("demo", "ລູກຄ້າ 7") == "demo/ລູກຄ້າ 7".encode()


# ── what publishers may not and services may send ────────────────────────────────────────────


def test_a_field_that_the_contract_does_not_name_is_refused_from_a_publisher() -> None:
    refused = _refused(_least(channel="mail"))
    assert (refused.code, refused.field) == ("unknown_field", "data.channel")


def test_a_field_that_a_newer_service_added_is_passed_over_at_any_depth() -> None:
    scored = {
        **LEAST,
        "type": "feedback.scored.v1",
        "data": {
            "feedback_id": "7d0a1c5e-4b1f-8c3a-9e55-0d2f7a1b6c33",
            "received_at": "2026-03-02T08:15:05Z",
            "feedback": {**LEAST["data"], "channel": "mail"},
            "score": {
                "category": "detractor",
                "severity": "high",
                "flagged": True,
                "reason": "NPS 3 is at most 6.",
                "program_version": 1,
                "confidence": 0.9,
            },
            "mood": -0.7,
        },
    }
    scored["data"]["feedback"]["rating"] = {"scale": "nps", "value": 3, "asked": "by mail"}
    event = parser(FeedbackScored)(json.dumps(scored).encode())
    assert event.data.feedback.customer_id == "c"


def test_extension_attributes_of_the_envelope_are_allowed() -> None:
    traced = json.dumps({**LEAST, "traceparent": "00-1-2-01"}).encode()
    assert parse(traced) == parse(_least())
