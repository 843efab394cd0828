"""Every route of every service, found by walking the apps: a new one is found by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx import AsyncClient, Response

from deploy.local.web import FACTORIES
from shared.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Stands where an address has an id of something: nothing has this one.
NOBODYS = str(UUID(int=0))
#: What anybody may ask for without saying who asks, and why.
PUBLIC: Mapping[str, str] = {
    "/healthz": "whether the process runs",
    "/readyz": "whether it is ready",
    "/followups/v1/openapi.json": "how the API is called",
    "/ingest/v1/openapi.json": "how the API is called",
    "/outer-loop/v1/openapi.json": "how the API is called",
    "/scoring/v1/openapi.json": "how the API is called",
    "/board/board.css": "a look",
    "/signin": "how to sign in; locally, by one click",
    "/signin/link/{token}": "the token says who",
    "/signin/oidc": "the provider says who",
    "/signin/oidc/callback": "the provider says who",
    "/signout/provider": "leads to the provider's page",
    "/p/{token}": "a customer's page: the token opens it",
    "/p/{token}/answer": "a customer's page",
    "/p/{token}/erase": "a customer's page",
    "/p/{token}/{act}": "a customer's page, which has a token of its own in each form",
    "/p/{path:path}": "a link that does not work",
}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One method of one address of one service."""

    service: str
    method: str
    path: str

    @property
    def is_public(self) -> bool:
        """Whether anybody may ask."""
        return self.path in PUBLIC

    @property
    def changes(self) -> bool:
        """Whether it is meant to change something."""
        return self.method not in SAFE

    def address(self, ids: Mapping[str, str]) -> str:
        """Return the address with `ids` in their places, and nobody's in the others."""
        return re.sub(r"{(\w+)(?::\w+)?}", lambda found: ids.get(found[1], NOBODYS), self.path)


def all_apps(settings: Settings) -> Mapping[str, FastAPI]:
    """Return the apps of all services, which have no lifespan yet."""
    return {name: create(settings) for name, create in FACTORIES.items()}


def places(apps: Mapping[str, FastAPI]) -> list[Place]:
    """Return each method of each address; files that lie in a folder are no routes."""
    return sorted({place for name, app in apps.items() for place in _places_of(name, app)})


def _places_of(service: str, app: FastAPI) -> Iterator[Place]:
    for route in iter_route_contexts(app.routes):
        for method in getattr(route, "methods", None) or ():
            yield Place(service, method, route.path or "/")


async def ask(
    client: AsyncClient, place: Place, ids: Mapping[str, str] | None = None, **given: object
) -> Response:
    """Ask at a place: an empty form, unless `given` says what to send."""
    headers = dict(given.pop("headers", {}))  # type: ignore[call-overload]  # a mapping, if given
    if place.changes and "json" not in given:
        given.setdefault("data", {})
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return await client.request(
        place.method,
        place.address(ids or {}),
        headers=headers,
        **given,  # type: ignore[arg-type]  # as httpx takes them
    )
