from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from shared.contracts.schemas import written
from shared.program.loading import ProgramError, read_program
from shared.program.schema import SCHEMA_FILE, schema
from shared.program.starting import BRANCHES, starter
from tests.unit.program.samples import DOCUMENT, document

VALIDATOR = Draft202012Validator(schema())


def objects(part: object) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    for inner in part if isinstance(part, list) else []:
        yield from objects(inner)


def test_the_committed_schema_is_the_models() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == written(schema()), "run `make contracts`"


def test_the_schema_is_valid_json_schema_of_2020_12() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("text", [DOCUMENT, *(starter(one, tenant="t") for one in BRANCHES)])
def test_what_is_a_program_is_valid_by_the_schema(text: str) -> None:
    VALIDATOR.validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: Acme", "nmae: Acme"),
        ("severity: high\n", "severity: hihg\n"),
        ("id: delay", "id: De lay"),
        ("name: Too late}", "name: Too late, words: {english: [late]}}"),
        ("resolve_hours: 24", "resolve_hours: 0"),
        ("tenant: acme", "tenant: Acme Ltd"),
        ("default_team: desk", "default_team: desk\nlistening_posts: [{id: a, name: A, kind: b}]"),
        ("default_team: desk", "default_team: desk\nscales: {grades: {}}"),
    ],
)
def test_what_an_editor_marks_check_refuses_too(old: str, new: str) -> None:
    text = document(replacing={old: new})
    assert not VALIDATOR.is_valid(yaml.safe_load(text))
    with pytest.raises(ProgramError):
        read_program(text)


def test_an_editor_can_explain_every_field_and_part_of_the_document() -> None:
    parts = [schema(), *schema()["$defs"].values()]
    fields = [field for part in parts for field in part.get("properties", {}).items()]
    unexplained = [name for name, field in fields if "description" not in field]
    assert unexplained == []
    assert all("description" in part for part in parts)


def test_no_object_takes_keys_that_the_model_refuses() -> None:
    assert all(
        one.get("additionalProperties") is False
        for one in objects(schema())
        if "properties" in one or "patternProperties" in one
    )
