"""Where the sample is played, and how its staff sign in and ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from deploy.sample.errors import SampleError
from shared.web.auth import Principal, Role, issue_token

_LIFETIME = timedelta(hours=2)
_TIMEOUT_S = 60.0
_ATTEMPTS = 8
_FIRST_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running installation: its address, the sample's tenant, a publisher's key of it, and
    the secret that signs the staff's tokens."""

    base_url: str
    tenant: str
    publisher_key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Desk:
    """One signed-in member of the staff, who asks and changes things over HTTP."""

    http: httpx.AsyncClient
    token: str

    async def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401  (JSON)
        """Return what stands at `path`; raise SampleError when it cannot be had."""
        return expected(await self._ask("GET", path, params=query)).json()

    async def patch(
        self, path: str, body: Mapping[str, Any], *, version: int, key: str
    ) -> httpx.Response:
        """Change what stands at `path` in `version`; the same `key` changes it once."""
        headers = {"If-Match": f'"{version}"', "Idempotency-Key": key}
        return await self._ask("PATCH", path, json=body, headers=headers)

    async def put(
        self, path: str, body: Mapping[str, Any], *, version: int, key: str
    ) -> httpx.Response:
        """Set what stands at `path`, of a `version`; the same `key` sets it once."""
        headers = {"If-Match": f'"{version}"', "Idempotency-Key": key}
        return await self._ask("PUT", path, json=body, headers=headers)

    async def post(
        self, path: str, body: Mapping[str, Any], *, key: str, version: int | None = None
    ) -> httpx.Response:
        """Post `body`, to a `version` where it is about one; the same `key` does it once."""
        match = {"If-Match": f'"{version}"'} if version is not None else {}
        return await self._ask("POST", path, json=body, headers={"Idempotency-Key": key, **match})

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Ask, and again while the server is busy or away; every change carries a key."""
        pause_s = _FIRST_PAUSE_S
        trouble = ""
        for _ in range(_ATTEMPTS):
            try:
                response = await self.http.request(
                    method,
                    path,
                    params=params,
                    json=json,
                    headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
                )
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
            else:
                if not response.is_server_error:
                    return response
                trouble = f"it answered {response.status_code}"
            await asyncio.sleep(pause_s)
            pause_s *= 2
        raise SampleError(f"{method} {path} cannot be done: {trouble}.")


class Office:
    """Signs the sample's staff in."""

    def __init__(self, http: httpx.AsyncClient, site: Site) -> None:
        self._http = http
        self._site = site

    def desk(self, subject: str, name: str, role: Role) -> Desk:
        """Return the desk of a member of the staff."""
        who = Principal(
            tenant=self._site.tenant, subject=subject, name=name, roles=frozenset({role})
        )
        return Desk(self._http, issue_token(who, self._site.secret, lifetime=_LIFETIME))


@asynccontextmanager
async def open_office(site: Site) -> AsyncIterator[Office]:
    """Open the office at `site`."""
    async with httpx.AsyncClient(base_url=site.base_url, timeout=_TIMEOUT_S) as http:
        yield Office(http, site)


def expected(response: httpx.Response) -> httpx.Response:
    """Return `response` when it says success; raise SampleError with its words otherwise."""
    if response.is_success:
        return response
    asked = f"{response.request.method} {response.request.url.path}"
    raise SampleError(f"{asked} answered {response.status_code}: {response.text[:500]}")
