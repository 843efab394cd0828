"""Has an app's OpenAPI document tell how each operation refuses: problem details, by status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

PROBLEM_JSON = "application/problem+json"
#: RFC 9457, with what we add: the place at fault, what to do about it, and each single fault.
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, in a sentence."},
        "remedy": {"type": "string", "description": "What to do about it."},
        "field": {"type": "string", "description": "The field at fault, in dotted form."},
        "errors": {
            "type": "array",
            "description": "Each fault, where there are several.",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_REF = {"$ref": "#/components/schemas/Problem"}
_FIRST_REFUSAL = 400
#: FastAPI's own form of a refusal, which no app of ours answers with.
_NOT_OURS = ("HTTPValidationError", "ValidationError")
_INVALID = "Something in the request is wrong or missing; `errors` lists it"


def document_problems(app: FastAPI) -> None:
    """Have the document of `app` name, for each operation, the problems that it may answer with."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _tell_in(make())
        return make()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _tell_in(document: dict[str, Any]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _NOT_OURS:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    for path, operations in document.get("paths", {}).items():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation["responses"] = _told(path, operation)


def _told(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    responses = dict(operation.get("responses", {}))
    for status, description in _refusals(path, operation):
        responses.setdefault(status, {"description": description})
    for status, response in responses.items():
        if status.isdigit() and int(status) >= _FIRST_REFUSAL:
            responses[status] = {**response, "content": {PROBLEM_JSON: {"schema": _REF}}}
            if response["description"] == "Validation Error":
                responses[status]["description"] = _INVALID
    return dict(sorted(responses.items()))


def _refusals(path: str, operation: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation.get("parameters") or "requestBody" in operation:
        yield "400", "The request can't be read"
    if operation.get("security"):
        yield "401", "Nobody is signed in"
        yield "403", "Who asks may not do this"
    if "{" in path:
        yield "404", "There is no such thing, or it is another tenant's"
    if "requestBody" in operation:
        yield "408", "The body took too long to arrive"
        yield "413", "The body is too large"
    yield "503", "A server that it needs is away: try again"
