from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.program.conditions import ConditionError, check
from shared.program.loading import ProgramError, read_program
from shared.program.pattern_work import WorkError, work_of_pattern
from shared.program.work import MOST_WORK_OF_A_CONDITION, MOST_WORK_OF_A_PROGRAM, work_of
from tests.unit.program.samples import document, rule


def words(count: int) -> str:
    return "[" + ", ".join(f"'{n}'" for n in range(count)) + "]"


@pytest.mark.parametrize(
    "when",
    [
        f"{words(100)}.exists(word, text_lower.contains(word))",
        f"segment in {words(250)}",
        "attributes.exists(name, name == 'vip')",
        "text.matches('(?i)refund|money back|reembolso')",
        r"text.matches(r'[\w-]+@[\w-]+')",
        r"text.matches('\\d{4}-\\d{2}-\\d{2}')",
        "attributes.matches == true",
        "text + segment == 'x'",
        "true // " + "x" * 1900,
    ],
)
def test_what_authors_write_is_within_the_bound(when: str) -> None:
    check(rule(when))


@pytest.mark.parametrize(
    "when",
    [
        f"{words(60)}.exists(a, {words(60)}.exists(b, text.contains(a + b)))",
        f"{words(60)} . exists(a, {words(60)} /**/.exists(b, a == b))".replace("/**/", "// \n"),
        "attributes.exists(a, attributes.exists(b, text.contains(a)))",
        " + ".join(["text"] * 250) + " == 'x'",
        " + ".join(["'x'"] * 250) + " == text",
        f"[text].map(t, {' + '.join('t' * 20)}).exists(t, {' + '.join('t' * 20)} == 'x')",
        r"text.matches('\\w{50}')",
        r"text.matches(r'\w{50}')",
        r"text.matches('''\\w{50}''')",
        r"category == 'promoter' && text.matches('\\p{L}{20}')",
    ],
)
def test_a_condition_that_one_event_can_keep_busy_is_refused(when: str) -> None:
    with pytest.raises(ConditionError, match="steps for one event"):
        check(rule(when))


@pytest.mark.parametrize(
    "when",
    [
        "text.matches(segment)",
        "text.matches('a' + segment)",
        "matches(text, segment)",
        "['a'].exists(word, text.matches(word))",
        "text.matches('(?x) a # comment')",
    ],
)
def test_a_pattern_that_cannot_be_weighed_is_refused(when: str) -> None:
    with pytest.raises(ConditionError, match="take for ever"):
        check(rule(when))


def test_rules_that_are_too_much_together_are_refused_at_their_line() -> None:
    when = f"{words(250)}.exists(word, text_lower.contains(word))"
    assert work_of(when) <= MOST_WORK_OF_A_CONDITION
    count = MOST_WORK_OF_A_PROGRAM // work_of(when) + 1
    rules = "\n".join(
        f'  - {{id: r{n}, when: "{when}", severity: low, reason: r}}' for n in range(count)
    )
    text = document(replacing={"rules:\n": f"rules:\n{rules}\n"})
    with pytest.raises(ProgramError) as caught:
        read_program(text)
    (fault,) = caught.value.faults
    assert (fault.place, fault.line) == ("rules", 12)
    assert "The rules can take" in fault.detail


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("abc", "(?i)abc"),
        ("abc", "(?i:abc)"),
        (r"\w", r"\w{2}"),
        (r"\w{2}", r"(\w{2}){2}"),
        (r"\w{2}", r"\w{2,3}"),
        (r"\w{2}", r"\w{2,}"),
        (r"\w+", r"\w+{5}"),
        (r"[\w]{2}", r"[\w]{3}"),
        (r"[)\w]{2}", r"[)\w]{9}"),
        (r"[]\w]{2}", r"[]\w]{9}"),
        (r"[[:alpha:]\w]{2}", r"[[:alpha:]\w]{9}"),
        (r"\p{Han}", r"\p{Han}{3}"),
        (r"\pL", r"\pL{3}"),
        (r"(?:\d-)", r"(?:\d-){3}"),
        (r"(?P<year>\d)", r"(?P<year>\d){3}"),
        (r"\(\w", r"(\w){3}"),
    ],
)
def test_what_repeats_more_weighs_more(small: str, large: str) -> None:
    assert work_of_pattern(small) < work_of_pattern(large)
    assert work_of_pattern(f"{large}{small}") >= work_of_pattern(large) + work_of_pattern(small) - 1


@pytest.mark.parametrize("pattern", [r"[)\w]{90}", r"[]\w]{90}", r"([\w]{9}){10}", r"(\w*){90}"])
def test_no_bracket_hides_a_repetition(pattern: str) -> None:
    assert work_of_pattern(pattern) >= 90 * work_of_pattern(r"\w")


@given(st.text(max_size=60))
def test_any_pattern_has_a_weight_or_is_refused(pattern: str) -> None:
    with contextlib.suppress(WorkError):
        assert work_of_pattern(pattern) >= 0


@given(st.text(alphabet="[](){}.,'\"+amtexisr|&= \n/", max_size=60))
def test_any_words_have_a_weight_or_are_refused(condition: str) -> None:
    with contextlib.suppress(WorkError):
        assert work_of(condition) >= 0


@given(st.integers(1, 40), st.integers(1, 40))
def test_lists_inside_each_other_multiply(outer: int, inner: int) -> None:
    nested = f"{words(outer)}.exists(a, {words(inner)}.exists(b, text.contains(a)))"
    single = f"{words(inner)}.exists(b, text.contains(a))"
    assert work_of(nested) >= outer * work_of(single)
