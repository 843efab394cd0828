from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.program.conditions import (
    LONGEST_CONDITION,
    VARIABLES,
    ConditionError,
    Value,
    check,
    compile_rules,
)
from shared.program.needed import needed_by
from tests.unit.program.samples import rule


def first(conditions: list[str], **variables: Value) -> str | None:
    rules = compile_rules([rule(when, name=f"r{n}") for n, when in enumerate(conditions)])
    found = rules.first({**VARIABLES, **variables})
    return found.id if found else None


@pytest.mark.parametrize(
    "when",
    [
        "category == 'detractor'",
        "value <= 3",
        "value < 3.5 && scale in ['nps', 'ces']",
        "share <= 0.2 || text.contains('unsafe')",
        "text_lower.matches('refund|money back')",
        "['lawyer', 'court'].exists(word, text_lower.contains(word))",
        "has(attributes.vip) && attributes.vip == true",
        "attributes.spend > 100.0",
        "'vip' in attributes",
        "size(text) > 200",
        "!has_rating && language.startsWith('zh')",
        "segment in ['gold', 'platinum'] // the good ones",
    ],
)
def test_a_sound_condition_passes_the_check(when: str) -> None:
    check(rule(when))


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("value <=", "not CEL: line 1, column 9"),
        ("category = 'detractor'", "not CEL"),
        ("category == 'x' and value < 3", "column 17"),
        ("score < 3", "no variable 'score'"),
        ("text.lowerAscii() == 'x'", "no function 'lowerAscii'"),
        ("value", "not true or false"),
        ("text", "not true or false"),
        ("text > 3", "different kinds"),
        ("segment == 'gold' && text > 3", "different kinds"),
        ("segment == 'gold' ? true : touchpoint", "not true or false"),
        ("value - 1 > 2", "float - int"),
        ("text.contains(3)", "contains is used with the wrong kind of value"),
        ("text.matches('(')", "not a valid regex"),
        ("1 / 0 == 1", "division by zero"),
        ("true" + " && true" * 300, "characters"),
        ("[1].all(a, [1].all(b, [1].all(c, true)))", "3 times"),
        ("[1].exists(a, a == b)", "no variable 'b'"),
        ("(" * 300 + "true" + ")" * 300, "not CEL"),
    ],
)
def test_an_unsound_condition_is_refused_in_words(when: str, words: str) -> None:
    with pytest.raises(ConditionError) as caught:
        check(rule(when, name="mine"))
    assert caught.value.rule == "mine"
    assert words in caught.value.detail
    assert caught.value.remedy


@given(st.text(max_size=60))
def test_any_text_is_a_sound_condition_or_refused(when: str) -> None:
    with suppress(ConditionError):
        check(rule(when or " "))


OPERATORS = ["&&", "||", "!", "(", ")", "[", "]", ".", "<", "==", "-", "+", "%", "/"]
OPERANDS = ["0", "3", "9223372036854775807", "'a'", "text", "value", "category", "attributes"]
FUNCTIONS = ["contains", "size", "has", "all"]


@given(st.lists(st.sampled_from(OPERATORS + OPERANDS + FUNCTIONS), max_size=12))
def test_any_words_of_cel_are_a_sound_condition_or_refused(words: list[str]) -> None:
    with suppress(ConditionError):
        check(rule(" ".join(words) or " "))


def test_the_longest_condition_that_is_allowed_can_be_run() -> None:
    check(rule("!" * (LONGEST_CONDITION - 4) + "true"))
    check(rule("value >= 1.0" + "+1.0" * ((LONGEST_CONDITION - 12) // 4)))


def test_the_first_rule_that_holds_decides() -> None:
    assert first(["false", "value < 5", "value < 9"], value=3.0) == "r1"
    assert first(["false", "value < 9", "value < 5"], value=3.0) == "r1"


@pytest.mark.parametrize("free", [0, 1, 2, 3])
def test_order_decides_among_rules_on_text_and_rules_on_fields(free: int) -> None:
    conditions = ["segment == 'a'", "place == 'b'", "product == 'c'", "journey == 'd'"]
    conditions[free] = "text.contains('t')"
    fields: dict[str, Value] = {"segment": "a", "place": "b", "product": "c", "journey": "d"}
    assert first(conditions, **fields, text="t") == "r0"
    assert first(conditions[1:] + conditions[:1], **fields, text="t") == "r0"
    assert first(conditions, text="t") == f"r{free}"


def test_what_is_remembered_of_one_event_is_not_told_of_another() -> None:
    rules = compile_rules([rule("segment == 'a' && value < 3", name="a"), rule("value < 3")])
    for segment, value, expected in [("a", 1.0, "a"), ("b", 1.0, "r"), ("a", 5.0, None)] * 2:
        found = rules.first({**VARIABLES, "segment": segment, "value": value})
        assert (found.id if found else None) == expected


def test_a_number_that_is_absent_is_neither_low_nor_high() -> None:
    assert first(["value <= 3", "value > 3", "!(value > 3)", "share < 1.0"]) is None


def test_an_absent_attribute_makes_only_its_own_rule_not_hold() -> None:
    assert first(["attributes.vip == true", "true"]) == "r1"
    assert first(["attributes.vip == true", "true"], attributes={"vip": True}) == "r0"
    assert first(["attributes.vip > 3.0", "true"], attributes={"vip": "yes"}) == "r1"


@given(st.permutations(["value < 2", "value < 4", "value < 6"]), st.sampled_from([1.0, 3.0, 5.0]))
def test_the_order_of_the_rules_is_the_order_of_asking(order: list[str], value: float) -> None:
    bounds = [float(when.removeprefix("value < ")) for when in order]
    expected = next(n for n, bound in enumerate(bounds) if value < bound)
    assert first(list(order), value=value) == f"r{expected}"


@pytest.mark.parametrize("guard", ["", "segment == 'gold' && ", "attributes.vip == true && "])
@given(st.lists(st.sampled_from("aábn'"), max_size=6).map("".join), st.sampled_from(["gold", ""]))
def test_a_list_of_words_means_the_same_as_each_word_by_itself(
    guard: str, text: str, segment: str
) -> None:
    quick = f"{guard}['ab', \"n'\", 'á'].exists(word, text.contains(word))"
    plain = f"{guard}(text.contains('ab') || text.contains(\"n'\") || text.contains('á'))"
    assert needed_by(quick)
    assert not needed_by(plain)
    variables: dict[str, Value] = {"text": text, "segment": segment, "attributes": {"vip": True}}
    assert first([quick], **variables) == first([plain], **variables)


@pytest.mark.parametrize(
    "when",
    [
        "['a'].exists(w, text.contains(w)) || true",
        "true || false && ['a'].exists(w, text.contains(w))",
        "true ? true : ['a'].exists(w, text.contains(w))",
        "true ? true : false && ['a'].exists(w, text.contains(w))",
        "!['a'].exists(w, text.contains(w))",
        "!(['a'].exists(w, text.contains(w)))",
        "['a'].exists(w, text.contains(w)) == false",
        "['a'].all(w, !text.contains(w))",
        "['a'].exists(w, !text.contains(w))",
        "['a'].exists(text, text.contains(text))",
        "['a'].exists(w, text.contains('')) ",
        r"['\x62'].exists(w, text.contains(w))",
        "[r'b'].exists(w, text.contains(w))",
        "['a', segment].exists(w, text.contains(w))",
    ],
)
def test_a_condition_that_holds_without_a_word_is_not_taken_to_need_it(when: str) -> None:
    assert first([when], text="b", segment="b") == "r0"
