from __future__ import annotations

from functools import cache
from itertools import product

import pytest

from shared.program.diff import Change, compare
from shared.program.document import Program
from shared.program.loading import read_program
from shared.program.starting import BRANCHES, starter
from tests.unit.program.samples import DOCUMENT, document, program, rule


def changes(old: str, new: str) -> list[Change]:
    return compare(read_program(DOCUMENT), read_program(document(replacing={old: new})))


def only_change(old: str, new: str) -> Change:
    (change,) = changes(old, new)
    return change


def test_a_changed_condition_is_told_with_the_old_and_the_new_one() -> None:
    old, new = "category == 'detractor' && segment == 'gold'", "segment == 'gold'"
    assert only_change(f"when: {old}", f"when: {new}") == Change(
        place=("rules", "gold", "when"), kind="changed", old=old, new=new
    )


def test_a_rule_that_is_added_or_removed_is_told_as_a_whole() -> None:
    vip = "  - {id: vip, when: segment == 'vip', severity: low, reason: A vip}\n"
    added = only_change("rules:\n", f"rules:\n{vip}")
    assert (added.place, added.kind, added.old) == (("rules", "vip"), "added", None)
    assert isinstance(added.new, dict)
    assert added.new["when"] == "segment == 'vip'"
    longer = read_program(document(replacing={"rules:\n": f"rules:\n{vip}"}))
    (removed,) = compare(longer, read_program(DOCUMENT))
    assert (removed.place, removed.kind, removed.old) == (added.place, "removed", added.new)


def test_the_order_of_the_rules_is_a_change() -> None:
    old = program([rule("true", name=name) for name in ("a", "b", "c")])
    new = program([rule("true", name=name) for name in ("d", "b", "a")])
    reordered = [change for change in compare(old, new) if change.kind == "reordered"]
    assert reordered == [Change(place=("rules",), kind="reordered", old=["a", "b"], new=["b", "a"])]


def test_the_order_in_which_follow_ups_go_round_is_a_change() -> None:
    team = program().teams[0]
    old, new = (
        program().model_copy(update={"teams": (team.model_copy(update={"owners": owners}),)})
        for owners in (("ann", "bob"), ("bob", "ann"))
    )
    assert [change.place for change in compare(old, new)] == [("teams", "desk", "owners")]


def test_words_thresholds_and_deadlines_are_told_by_section_and_id() -> None:
    assert only_change("resolve_hours: 24", "resolve_hours: 12").place == (
        "sla",
        "high",
        "resolve_hours",
    )
    words = only_change("name: Too late}", "name: Too late, words: {en: [late]}}")
    assert (words.place, words.kind) == (("taxonomy", "what", "delay", "words", "en"), "added")
    threshold = only_change("default_team: desk", "default_team: desk\nsystemic_issues: {days: 7}")
    assert (threshold.place, threshold.old, threshold.new) == (("systemic_issues", "days"), 30, 7)


def test_a_default_that_is_written_out_and_the_version_are_no_changes() -> None:
    written = "version: 7\ntime_zone: UTC\nsystemic_issues: {customers: 5}\ndefault_team: desk"
    assert changes("default_team: desk", written) == []


@cache
def of_branch(branch: str) -> Program:
    return read_program(starter(branch, tenant="t"))


@pytest.mark.parametrize(("one", "other"), [*product(BRANCHES, repeat=2)])
def test_there_and_back_tells_the_same_places(one: str, other: str) -> None:
    a, b = of_branch(one), of_branch(other)
    there, back = compare(a, b), compare(b, a)
    assert {change.place for change in there} == {change.place for change in back}
    assert (there == []) == (one == other)
