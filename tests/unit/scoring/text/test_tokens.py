from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.text.features import features_of
from services.scoring.domain.text.tokens import MOST_CHARACTERS, is_run, units_of

ANYTHING = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Don't WAIT!", ("don't", "wait", "!")),
        ("don’t", ("don't",)),
        ("@somebody see https://example.com/a?b now", ("@", "see", "/", "/", "now")),
        ("ไม่ชอบเลย 5 stars", ("ไม่ชอบเลย", "5", "stars")),
        ("服务很差!", ("服务很差", "!")),
        ("Қызмет нашар", ("қызмет", "нашар")),
        ("हिन्दी", ("हिन्दी",)),
        ("ﬁne", ("fine",)),
        ("🙂 ok", ("🙂", "ok")),
        ("", ()),
        ("\x00\ud800 x", ("\x00", "\ud800", "x")),
    ],
)
def test_text_is_cut_where_its_script_sets_words_apart(text: str, units: tuple[str, ...]) -> None:
    assert units_of(text) == units


@given(ANYTHING)
def test_any_text_has_units_and_features(text: str) -> None:
    units = units_of(text)
    assert all(units)
    assert not any(any(sign.isspace() for sign in unit) for unit in units)
    assert set(units) <= {feature[1:] for feature in features_of(text)} | {""}


@given(ANYTHING, ANYTHING)
def test_what_stands_after_the_part_that_is_read_changes_nothing(start: str, rest: str) -> None:
    text = start.ljust(MOST_CHARACTERS, "x")
    assert units_of(text) == units_of(text + rest)


def test_a_sign_that_becomes_many_does_not_make_the_text_longer() -> None:
    assert sum(map(len, units_of("\ufdfa" * 10_000))) <= MOST_CHARACTERS


def test_scripts_without_spaces_are_runs() -> None:
    assert [is_run(unit) for unit in ("ไม่", "ບໍ່", "很", "no", "нет", "5")] == [True] * 3 + [
        False
    ] * 3


def test_a_word_is_looked_at_whole_in_pieces_and_with_its_neighbour() -> None:
    features = list(features_of("so bad"))
    assert {"=so", "=bad", " ba", "bad ", "ad", "so bad"} <= set(features)
    assert len(features) == len(set(features))


def test_a_word_that_comes_twice_counts_once() -> None:
    assert list(features_of("bad bad")).count("=bad") == 1
