"""The contracts as JSON Schemas (2020-12), generated from the models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from shared.contracts.dead_letter import DEAD_LETTER, DeadLetterHeaders
from shared.contracts.event_types import EVENTS
from shared.contracts.events import CloudEvent

SCHEMA_FOLDER = Path(__file__).with_name("schemas")
RELEASED_FOLDER = Path(__file__).with_name("released")
EXAMPLE_FOLDER = Path(__file__).with_name("examples")

Schema = dict[str, Any]

#: Every contract by name: what stands on topics, and the headers of dead letters.
MODELS: Mapping[str, type[BaseModel]] = {**EVENTS, DEAD_LETTER: DeadLetterHeaders}


def schema_of(name: str) -> Schema:
    """Return the JSON Schema of the contract `name`."""
    model = MODELS[name]
    schema = model.model_json_schema(schema_generator=WithoutTitles)
    refuse_other_names(schema)
    if issubclass(model, CloudEvent) and model.unknown_fields == "ignore":
        _allow_new_fields(schema)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:closedloop:schema:{name}",
        **schema,
        "title": name,
    }


def written(document: Mapping[str, Any]) -> str:
    """Return a document as it is committed: indented JSON."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


class WithoutTitles(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of field names: they say nothing new."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401  (pydantic's own)
        """Say no, whatever the field."""
        del schema
        return False


def refuse_other_names(schema: Any) -> None:  # noqa: ANN401  (any part of a schema)
    """Say what the models do: a name that fits no pattern is no attribute."""
    for part in _objects_in(schema):
        if "patternProperties" in part:
            part["additionalProperties"] = False


def _allow_new_fields(schema: Any) -> None:  # noqa: ANN401
    for part in _objects_in(schema):
        if "properties" in part:
            part.pop("additionalProperties", None)


def _objects_in(part: Any) -> list[Schema]:  # noqa: ANN401
    if isinstance(part, dict):
        return [part, *(inner for value in part.values() for inner in _objects_in(value))]
    if isinstance(part, list):
        return [inner for value in part for inner in _objects_in(value)]
    return []
