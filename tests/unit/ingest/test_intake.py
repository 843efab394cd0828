"""An event is taken in byte for byte, for the tenant of the key, or refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.binary import structured
from services.ingest.domain.intake import LARGEST_EVENT_BYTES, TOPIC, accept
from services.ingest.domain.keys import PREFIX, key_hash, new_key
from shared.contracts.catalog import topics
from shared.contracts.codec import key_of, parser
from shared.contracts.events import FeedbackSubmitted
from shared.contracts.records import Rejected
from shared.contracts.schemas import EXAMPLE_FOLDER
from tests.contract.schemas import validate

VALID = sorted((EXAMPLE_FOLDER / TOPIC / "valid").glob("*.json"))
INVALID = sorted(
    path
    for path in (EXAMPLE_FOLDER / TOPIC / "invalid").glob("*.json")
    if not path.name.endswith(".expect.json")
)
EVENT = {
    "specversion": "1.0",
    "type": TOPIC,
    "source": "/survey",
    "id": "1",
    "data": {
        "customer_id": "c",
        "touchpoint": "delivery",
        "listening_post": "survey",
        "occurred_at": "2026-03-02T15:14:58+07:00",
        "text": "Late.",
    },
}


blanks = st.text(" \t\r\n", max_size=3)
tenants = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)


def _refused(value: bytes, tenant: str = "demo") -> Rejected:
    with pytest.raises(Rejected) as refused:
        accept(value, tenant)
    return refused.value


@pytest.mark.parametrize("example", VALID, ids=lambda path: path.stem)
def test_a_valid_event_is_passed_on_byte_for_byte(example: Path) -> None:
    value = example.read_bytes()
    accepted = accept(value, "demo")
    assert accepted.message.value == value
    assert accepted.message.topic == TOPIC
    event = parser(FeedbackSubmitted)(value)
    assert accepted.message.key == key_of("demo", event.data.customer_id)
    assert accepted.event_id == event.id


@pytest.mark.parametrize("example", INVALID, ids=lambda path: path.stem)
def test_what_breaks_the_contract_is_refused(example: Path) -> None:
    if example.stem == "tenant-missing":
        accept(example.read_bytes(), "demo")
    else:
        _refused(example.read_bytes())


@given(
    space=st.text(" \t\r\n", max_size=3),
    tenant=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True),
)
def test_an_event_without_a_tenant_gets_the_one_of_the_key_and_else_stays_as_it_is(
    space: str, tenant: str
) -> None:
    value = (space + json.dumps(EVENT, indent=1) + space).encode()
    message = accept(value, tenant).message
    assert message.value == value.replace(b"{", f'{{"tenant":"{tenant}",'.encode(), 1)
    assert validate(TOPIC, message.value) == {**EVENT, "tenant": tenant}


def test_an_event_of_another_tenant_is_refused() -> None:
    refused = _refused(json.dumps({**EVENT, "tenant": "rival"}).encode())
    assert (refused.code, refused.field) == ("foreign_tenant", "tenant")


@pytest.mark.parametrize("tenant", [None, "", 7])
def test_a_tenant_that_is_no_tenant_is_refused_and_not_filled_in(tenant: object) -> None:
    assert _refused(json.dumps({**EVENT, "tenant": tenant}).encode()).field == "tenant"


def test_of_two_tenants_in_one_event_the_last_counts_as_everywhere() -> None:
    twice = json.dumps({**EVENT, "tenant": "rival"}).replace("{", '{"tenant":"demo",', 1).encode()
    assert _refused(twice).code == "foreign_tenant"


def test_an_event_above_the_topics_limit_is_refused_before_it_is_read() -> None:
    refused = _refused(b"[" * (LARGEST_EVENT_BYTES + 1))
    assert refused.code == "too_large"
    assert f"{LARGEST_EVENT_BYTES:,}" in refused.detail


def test_the_largest_event_leaves_room_for_its_key_and_tenant() -> None:
    longest_customer = "\U0001f600" * 200
    key = key_of("t" * 63, longest_customer)
    assert LARGEST_EVENT_BYTES + len(key) + 100 + 512 < topics()[TOPIC].max_bytes


# ── binary mode ──────────────────────────────────────────────────────────────────────────────


def test_binary_mode_gives_the_same_event_as_structured_mode() -> None:
    headers = [
        ("host", "x"),
        ("ce-specversion", "1.0"),
        ("ce-type", TOPIC),
        ("ce-source", "/surv%C3%A9y"),
        ("ce-id", "1"),
    ]
    event = json.loads(structured(headers, json.dumps(EVENT["data"]).encode()))
    assert event == {**EVENT, "source": "/survéy", "datacontenttype": "application/json"}


@pytest.mark.parametrize("body", [b"", b"{", b'{},"tenant":"rival"', b'"\\ud800"', b"\xff"])
def test_binary_data_that_is_not_one_json_value_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        structured([("ce-id", "1")], body)
    assert refused.value.code == "not_json"


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


def test_keys_are_long_differ_and_tell_their_kind() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith(PREFIX) and len(key) >= 40 for key in keys)


@given(st.text())
def test_any_text_can_be_looked_up_as_a_key(text: str) -> None:
    header = text.encode("utf-8", "surrogatepass").decode("latin-1")
    assert len(key_hash(header)) == 32
