"""Holds what is published against the contracts, both as model and as JSON Schema.

For the tests of every service: `validate("feedback.scored.v1", outgoing.value)`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import jsonschema
import pydantic
from jsonschema import Draft202012Validator

from shared.contracts.codec import parser
from shared.contracts.dead_letter import DEAD_LETTER, DeadLetterHeaders
from shared.contracts.event_types import EVENTS
from shared.contracts.refusals import refusal
from shared.contracts.schemas import MODELS, SCHEMA_FOLDER


def validate(name: str, value: bytes | None) -> Any:  # noqa: ANN401  (whatever JSON holds)
    """Return the JSON of an event that keeps to the contract `name`; fail the test otherwise."""
    assert value is not None, f"a tombstone is no {name}"
    read(name, value)
    document = json.loads(value)
    validator(name).validate(document)
    return document


def validate_dead_letter(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    """Return the headers of a dead letter that keeps to its contract; fail the test otherwise."""
    told = {name: value.decode() for name, value in headers if value is not None}
    validate(DEAD_LETTER, json.dumps(told).encode())
    return told


def read(name: str, value: bytes) -> pydantic.BaseModel:
    """Return `value` as the contract's model reads it. Raises Rejected."""
    if name in EVENTS:
        return parser(EVENTS[name])(value)
    try:
        return DeadLetterHeaders.model_validate_json(value)
    except pydantic.ValidationError as error:
        raise refusal(value, error) from None


def satisfies_json_schema(name: str, value: bytes) -> bool:
    """Tell whether a validator that knows the published JSON Schema alone lets `value` pass."""
    try:
        validator(name).validate(json.loads(value))
    except (ValueError, OverflowError, jsonschema.ValidationError):
        return False
    return True


@cache
def validator(name: str) -> Draft202012Validator:
    """Return the validator of the committed schema, formats included."""
    assert name in MODELS, f"no contract is called {name}"
    schema = json.loads((SCHEMA_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
