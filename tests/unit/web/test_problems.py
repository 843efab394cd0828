from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.web.problems import InvalidProblem, Problem, ReusedKeyProblem

ROOT = Path(__file__).parents[3]


def slugs(source: str) -> Iterator[str]:
    """Yield the kinds of problem that a module says: those of classes, and of single problems."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Assign(targets=[ast.Name(id="slug")], value=ast.Constant(value=str(slug))):
                yield slug
            case ast.keyword(arg="slug", value=ast.Constant(value=str(slug))):
                yield slug
            case ast.Dict(keys=keys, values=values):
                yield from _slugs_in(keys, values)
            case _:
                pass


def _slugs_in(keys: list[ast.expr | None], values: list[ast.expr]) -> Iterator[str]:
    for pair in zip(keys, values, strict=True):
        match pair:
            case ast.Constant(value="slug"), ast.Constant(value=str(slug)):
                yield slug
            case _:
                pass


def test_each_kind_of_problem_is_said_in_one_place() -> None:
    modules = [file for room in ("services", "shared") for file in (ROOT / room).rglob("*.py")]
    said = Counter(slug for file in modules for slug in slugs(file.read_text()))
    assert {"stale-version", "key-reused", "forged"} <= said.keys()
    assert [slug for slug, times in said.items() if times > 1] == []


@pytest.mark.parametrize(
    "source",
    [
        "class OneProblem(Problem):\n    slug = 'stale'",
        "raise Problem('Changed.', slug='stale')",
        "{StaleError: (Problem, {'slug': 'stale'})}",
    ],
)
def test_a_kind_of_problem_is_found_however_it_is_said(source: str) -> None:
    assert list(slugs(source)) == ["stale"]


def test_a_problem_names_the_field_of_its_kind_unless_it_knows_better() -> None:
    reused = ReusedKeyProblem("Used before.", remedy="Use another.")
    assert isinstance(reused, InvalidProblem)
    assert reused.details() == {
        "type": "urn:closedloop:problem:key-reused",
        "title": "The idempotency key belongs to another request",
        "status": 422,
        "detail": "Used before.",
        "field": "Idempotency-Key",
        "remedy": "Use another.",
    }
    assert ReusedKeyProblem("Used before.", field="key").details()["field"] == "key"
    assert "field" not in Problem("Hm.").details()
