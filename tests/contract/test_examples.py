"""Every example, held against the model and against the published JSON Schema: both agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.contracts.codec import encode
from shared.contracts.events import CloudEvent
from shared.contracts.records import Rejected
from shared.contracts.schemas import EXAMPLE_FOLDER, MODELS
from tests.contract.schemas import read, satisfies_json_schema, validate

EXPECTATION = ".expect.json"
VALID = sorted(EXAMPLE_FOLDER.glob("*/valid/*.json"))
INVALID = sorted(
    path for path in EXAMPLE_FOLDER.glob("*/invalid/*.json") if not path.match(f"*{EXPECTATION}")
)


def _contract(example: Path) -> str:
    return example.parent.parent.name


def _name(example: Path) -> str:
    return f"{_contract(example)}/{example.stem}"


@pytest.mark.parametrize("example", VALID, ids=_name)
def test_a_valid_example_passes_the_model_and_the_schema(example: Path) -> None:
    validate(_contract(example), example.read_bytes())


@pytest.mark.parametrize("example", VALID, ids=_name)
def test_a_valid_example_written_again_still_passes(example: Path) -> None:
    event = read(_contract(example), example.read_bytes())
    if isinstance(event, CloudEvent):
        validate(_contract(example), encode(event))


@pytest.mark.parametrize("example", INVALID, ids=_name)
def test_an_invalid_example_is_refused_for_the_expected_reason(example: Path) -> None:
    expected = json.loads(example.with_suffix(EXPECTATION).read_bytes())
    with pytest.raises(Rejected) as refused:
        read(_contract(example), example.read_bytes())
    assert (refused.value.code, refused.value.field) == (expected["code"], expected["field"])
    assert refused.value.remedy


@pytest.mark.parametrize("example", INVALID, ids=_name)
def test_an_invalid_example_is_refused_by_the_schema_where_it_can_say_so(example: Path) -> None:
    expected = json.loads(example.with_suffix(EXPECTATION).read_bytes())
    passes = satisfies_json_schema(_contract(example), example.read_bytes())
    assert passes == expected.get("beyond_json_schema", False)


def test_every_example_belongs_to_a_contract_and_says_whether_it_is_valid() -> None:
    strays = [
        path
        for path in EXAMPLE_FOLDER.rglob("*")
        if path.is_file() and path not in {*VALID, *INVALID} and not path.match(f"*{EXPECTATION}")
    ]
    assert not strays
    assert {_contract(path) for path in (*VALID, *INVALID)} == set(MODELS)


def test_every_expectation_belongs_to_an_invalid_example() -> None:
    expectations = set(EXAMPLE_FOLDER.rglob(f"*{EXPECTATION}"))
    assert expectations == {path.with_suffix(EXPECTATION) for path in INVALID}
