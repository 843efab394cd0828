"""The OpenAPI description of POST /ingest/v1/events, which FastAPI doesn't see by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from services.ingest.domain.intake import LARGEST_EVENT_BYTES, HandedIn
from services.ingest.routes.events import BATCH, JSON, MAX_BODY_BYTES, MAX_EVENTS, PATH, STRUCTURED
from shared.web.documented import PROBLEM_SCHEMA

_EVENT = {"$ref": "#/components/schemas/FeedbackSubmitted"}
_LIST = {"type": "array", "maxItems": MAX_EVENTS, "items": _EVENT}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}

_PROBLEM_SCHEMA = {
    **PROBLEM_SCHEMA,
    "properties": {
        **PROBLEM_SCHEMA["properties"],
        "code": {"type": "string", "description": "One of a small stable set of words."},
    },
}
_ACCEPTED_SCHEMA = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {"id": {"type": "string"}, "status": {"const": "accepted"}},
}
_OUTCOME_SCHEMA = {
    "type": "object",
    "required": ["index", "status"],
    "properties": {
        "index": {"type": "integer", "description": "The event's place in the batch, from 0."},
        "id": {"type": "string"},
        "status": {"enum": ["accepted", "rejected"]},
        "problem": _PROBLEM,
    },
}
_BATCH_SCHEMA = {
    "type": "object",
    "required": ["accepted", "rejected", "outcomes"],
    "properties": {
        "accepted": {"type": "integer"},
        "rejected": {"type": "integer"},
        "outcomes": {"type": "array", "items": _OUTCOME_SCHEMA},
    },
}
_DESCRIPTION = f"""Hand in one CloudEvent 1.0 of type feedback.submitted.v1, or a list of them.

The key decides the tenant; an event may leave its tenant out, and one with another tenant is
refused. The answer comes when Kafka has acknowledged every accepted event. Sending an event
again is harmless: it is recognised by its source and id.

Limits: {MAX_BODY_BYTES:,} bytes a request, {MAX_EVENTS:,} events a batch, {LARGEST_EVENT_BYTES:,}
bytes an event."""


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what `app.openapi` becomes: FastAPI's own document with this path in it."""
    own = app.openapi

    def document() -> dict[str, Any]:
        found = own()
        found["paths"][PATH] = {"post": _operation()}
        components = found.setdefault("components", {})
        components.setdefault("schemas", {}).update(_schemas())
        components["securitySchemes"] = {"publisherKey": {"type": "http", "scheme": "bearer"}}
        return found

    return document


def _operation() -> dict[str, Any]:
    return {
        "operationId": "hand_in",
        "summary": "Hand in feedback",
        "description": _DESCRIPTION,
        "security": [{"publisherKey": []}],
        "requestBody": {
            "required": True,
            "content": {
                STRUCTURED: {"schema": _EVENT},
                BATCH: {"schema": _LIST},
                JSON: {"schema": {"oneOf": [_EVENT, _LIST]}},
            },
        },
        "responses": {
            "200": _response("Of a batch: what became of each event.", JSON, _BATCH_SCHEMA),
            "202": _response("Of a single event: accepted.", JSON, _ACCEPTED_SCHEMA),
            **{
                status: _response(meaning, "application/problem+json", _PROBLEM)
                for status, meaning in _REFUSALS.items()
            },
        },
    }


_REFUSALS = {
    "400": "The body can't be read.",
    "401": "No key, or none that works.",
    "408": "The body took too long to arrive.",
    "413": "The body, the batch or the event is too large.",
    "415": "The content type carries no events.",
    "422": "The single event does not keep to the contract.",
    "503": "Kafka did not acknowledge in time: send the request again.",
}


def _response(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _schemas() -> dict[str, Any]:
    event = HandedIn.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = event.pop("$defs")
    return {**parts, "FeedbackSubmitted": event, "Problem": _PROBLEM_SCHEMA}
