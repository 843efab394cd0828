"""A list of events is taken apart without changing a byte of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.batch import items
from shared.contracts.records import Rejected

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
blanks = st.text(" \t\r\n", max_size=3)


@given(st.lists(st.tuples(blanks, json_values, blanks), max_size=6), blanks, st.booleans())
def test_each_item_comes_out_as_the_bytes_that_went_in(
    values: list[tuple[str, object, str]], around: str, escaped: bool
) -> None:
    written = [
        (before, json.dumps(value, ensure_ascii=escaped), after) for before, value, after in values
    ]
    listed = ",".join(before + text + after for before, text, after in written)
    body = f"{around}[{listed}]{around}".encode(errors="surrogatepass")
    expected = [text.encode(errors="surrogatepass") for _, text, _ in written]
    assert list(items(body)) == expected


@pytest.mark.parametrize(
    "item",
    [
        b'{"a":1,"a":2}',
        b'{"a":1e400,"b":1.50,"c":-0}',
        b"9" * 10_000,
        b'"\\ud800"',
        b'{"a":"caf\xe9"}',
        b'"\xed\xa0\x80"',
        b'"\\u0000"',
        b"NaN",
    ],
    ids=lambda item: repr(item[:20]),
)
def test_what_one_event_has_wrong_does_not_spoil_its_neighbours(item: bytes) -> None:
    assert list(items(b'[{"n":1}, ' + item + b', {"n":2}]')) == [b'{"n":1}', item, b'{"n":2}']


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[",
        b"[1",
        b"[1,",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b"[1]]",
        b"[1] x",
        b"\xef\xbb\xbf[1]",
        b'[{"a":]',
        b'["unclosed]',
        b"[" * 100_000,
        b"\xff",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_list_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        list(items(body))
    assert refused.value.code == "not_json"
    assert refused.value.remedy


@given(st.binary(max_size=200))
def test_random_bytes_are_a_list_or_refused(body: bytes) -> None:
    try:
        found = list(items(body))
    except Rejected:
        return
    assert all(item in body for item in found)


def test_an_endless_list_is_not_read_to_its_end_when_few_items_are_wanted() -> None:
    first = next(items(b"[1," + b"[" * 1_000_000))
    assert first == b"1"
