"""No change of a contract breaks those who rely on what was released."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.contracts.compatibility import affected, breaking_changes
from shared.contracts.schemas import MODELS, RELEASED_FOLDER, schema_of

Schema = dict[str, Any]


@pytest.mark.parametrize("name", MODELS)
def test_a_contract_breaks_nobody(name: str) -> None:
    released = json.loads((RELEASED_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    broken = breaking_changes(released, schema_of(name))
    assert not broken, f"{name} breaks {affected(name)}: {'; '.join(broken)}"


def test_a_refusal_names_the_consumers() -> None:
    assert affected("feedback.scored.v1") == "consumers: outer_loop, routing; publishers: scoring"


def _feedback(schema: Schema) -> Schema:
    found: Schema = schema["$defs"]["Feedback"]
    return found


def _remove_a_required_field(schema: Schema) -> None:
    del _feedback(schema)["properties"]["customer_id"]
    _feedback(schema)["required"].remove("customer_id")


def _rename_a_required_field(schema: Schema) -> None:
    fields, required = _feedback(schema)["properties"], _feedback(schema)["required"]
    fields["customer"] = fields.pop("customer_id")
    required[required.index("customer_id")] = "customer"


def _no_longer_require(schema: Schema) -> None:
    _feedback(schema)["required"].remove("touchpoint")


def _require_a_new_field(schema: Schema) -> None:
    _feedback(schema)["properties"]["channel"] = {"type": "string"}
    _feedback(schema)["required"].append("channel")


def _require_an_optional_field(schema: Schema) -> None:
    _feedback(schema)["required"].append("text")


def _narrow_a_type(schema: Schema) -> None:
    schema["$defs"]["NpsRating"]["properties"]["value"]["type"] = "integer"


def _narrow_a_length(schema: Schema) -> None:
    _feedback(schema)["properties"]["customer_id"]["maxLength"] = 20


def _widen_a_length(schema: Schema) -> None:
    _feedback(schema)["properties"]["customer_id"]["maxLength"] = 2000


def _take_a_choice_away(schema: Schema) -> None:
    schema["$defs"]["Severity"]["enum"].remove("critical")


def _add_a_choice(schema: Schema) -> None:
    schema["$defs"]["Severity"]["enum"].append("catastrophic")


def _take_a_rating_scale_away(schema: Schema) -> None:
    _feedback(schema)["properties"]["rating"]["anyOf"][0]["oneOf"].pop()


def _refuse_unknown_fields(schema: Schema) -> None:
    schema["$defs"]["Score"]["additionalProperties"] = False


def _remove_an_optional_field(schema: Schema) -> None:
    del _feedback(schema)["properties"]["segment"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_remove_a_required_field, "data.feedback.customer_id was removed or renamed"),
        (_rename_a_required_field, "data.feedback.customer_id was removed or renamed"),
        (_remove_an_optional_field, "data.feedback.segment was removed or renamed"),
        (_no_longer_require, "data.feedback.touchpoint is no longer required"),
        (_require_a_new_field, "data.feedback.channel is now required"),
        (_require_an_optional_field, "data.feedback.text is now required"),
        (_narrow_a_type, "data.feedback.rating.value: type was number and is integer"),
        (_narrow_a_length, "data.feedback.customer_id: maxLength was 200 and is 20"),
        (_widen_a_length, "data.feedback.customer_id: maxLength was 200 and is 2000"),
        (_take_a_choice_away, "data.score.severity: enum was"),
        (_add_a_choice, "data.score.severity: enum was"),
        (_take_a_rating_scale_away, "data.feedback.rating: oneOf was"),
        (_refuse_unknown_fields, "data.score: additionalProperties was absent and is False"),
    ],
)
def test_a_breaking_change_is_refused(change: Callable[[Schema], None], sentence: str) -> None:
    candidate = schema_of("feedback.scored.v1")
    released = copy.deepcopy(candidate)
    change(candidate)
    assert any(found.startswith(sentence) for found in breaking_changes(released, candidate))


def test_a_new_optional_field_and_better_words_break_nobody() -> None:
    candidate = schema_of("feedback.scored.v1")
    released = copy.deepcopy(candidate)
    _feedback(candidate)["properties"]["channel"] = {"type": "string"}
    _feedback(candidate)["description"] = "Said better."
    assert not breaking_changes(released, candidate)
