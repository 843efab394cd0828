"""Scopes: which part of the APIs a program's token opens, beside what its roles allow."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

#: Every scope that a token can have. A route under an area needs its `read` for GET and HEAD,
#: its `write` for all else.
SCOPES = (
    "followups:read",
    "followups:write",
    "outer-loop:read",
    "outer-loop:write",
    "replies:report",
    "scoring:read",
    "scoring:write",
    "webhooks:admin",
)
SCHEME = "token"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def scope_needed(scope: str, method: str) -> str:
    """Return the scope that a request needs: `followups` is followups:read for GET."""
    if not scope or ":" in scope:
        return scope
    return f"{scope}:read" if method.upper() in _READING else f"{scope}:write"


def name_scopes(app: FastAPI) -> None:
    """Have the OpenAPI document of `app` name, for each operation, the scope that it needs."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _name_in(make())
        return make()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _name_in(document: dict[str, Any]) -> None:
    for operations in document.get("paths", {}).values():
        for method, operation in operations.items():
            for need in operation.get("security", ()) if isinstance(operation, dict) else ():
                if SCHEME in need:
                    need[SCHEME] = [scope_needed(scope, method) for scope in need[SCHEME]]
