"""HTTP to addresses that customers of ours chose: looked at before each connection.

The name is resolved here, its addresses are checked, and the connection goes to the very address
that was checked: a name that leads elsewhere a moment later (DNS rebinding) leads nowhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from services.routing.domain.deliveries import Attempt, wait_of
from services.routing.domain.destinations import (
    Address,
    Allowed,
    RefusedDestinationError,
    host_and_port,
    refuse_inside,
)

USER_AGENT = "closedloop-webhooks/1"
#: One attempt from the first look-up to the last byte (specification: 15 to 30 s).
ATTEMPT_TIMEOUT_S = 15.0
_CONNECT_TIMEOUT_S = 5.0
_RESOLVE_TIMEOUT_S = 5.0
#: An answer says what it has to say in its status; no more than this is read of the rest.
_MOST_OF_AN_ANSWER = 16 * 1024
_MOST_CONNECTIONS = 300
_LONGEST_FAULT = 300


@dataclass(frozen=True, slots=True)
class Destinations:
    """Resolves names and knows where webhooks may go."""

    allowed: Allowed
    https_only: bool

    async def check(self, url: str) -> None:
        """Raise RefusedDestinationError when `url` may not be an endpoint's."""
        await self.addresses_of(url)

    async def addresses_of(self, url: str) -> list[Address]:
        """Return the addresses that `url` leads to, all of them fit for webhooks.

        Raises RefusedDestinationError, also when the name does not resolve.
        """
        host, port = host_and_port(url, https_only=self.https_only)
        addresses = await _resolved(host, port)
        refuse_inside(host, addresses, self.allowed)
        return addresses


@dataclass(frozen=True, slots=True)
class HttpSender:
    """Posts a message. Make one with `open_sender`."""

    client: httpx.AsyncClient
    destinations: Destinations

    async def send(self, url: str, body: str, headers: Mapping[str, str]) -> Attempt:
        """Try once and tell what came of it; what can go wrong on the way is no exception."""
        try:
            async with asyncio.timeout(ATTEMPT_TIMEOUT_S):
                addresses = await self.destinations.addresses_of(url)
                return await self._post(url, addresses, body.encode(), headers)
        except TimeoutError:
            return Attempt(status=None, fault=f"No answer within {ATTEMPT_TIMEOUT_S:.0f} s.")
        except RefusedDestinationError as error:
            return Attempt(status=None, fault=error.detail)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Attempt(status=None, fault=_told(f"{type(error).__name__}: {error}"))

    async def _post(
        self, url: str, addresses: list[Address], body: bytes, headers: Mapping[str, str]
    ) -> Attempt:
        """Post to the first of the addresses that can be connected to."""
        for address in addresses[:-1]:
            try:
                return await self._post_to(url, address, body, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._post_to(url, addresses[-1], body, headers)

    async def _post_to(
        self, url: str, address: Address, body: bytes, headers: Mapping[str, str]
    ) -> Attempt:
        named = httpx.URL(url)
        request = self.client.build_request(
            "POST",
            named.copy_with(host=str(address)),
            content=body,
            # The certificate must be the name's, not the address's.
            headers={**headers, "Host": named.netloc.decode("ascii")},
            extensions={"sni_hostname": named.host},
        )
        answer = await self.client.send(request, stream=True)
        try:
            await _drain(answer)
        finally:
            await answer.aclose()
        return _attempt_of(answer)


@asynccontextmanager
async def open_sender(destinations: Destinations) -> AsyncIterator[HttpSender]:
    """Hold what posting needs: no proxy or password from the environment, no redirects.

    No connection is used twice: two names may share an address, and the second one's messages
    must not travel on a connection that was opened for the first.
    """
    async with httpx.AsyncClient(
        verify=ssl.create_default_context(),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(ATTEMPT_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
        limits=httpx.Limits(max_connections=_MOST_CONNECTIONS, max_keepalive_connections=0),
        headers={"User-Agent": USER_AGENT, "Content-Type": "application/cloudevents+json"},
    ) as client:
        yield HttpSender(client, destinations)


async def _resolved(host: str, port: int) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_RESOLVE_TIMEOUT_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise RefusedDestinationError(
            f"The host {host} can't be found.", remedy="Look for a slip of the pen in the address."
        ) from error
    # A scope (fe80::1%eth0) makes a link-local address, and none of those is public.
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


async def _drain(answer: httpx.Response) -> None:
    """Read the answer's end, so that the other side sees no broken connection; not for ever."""
    read = 0
    async for part in answer.aiter_raw():
        read += len(part)
        if read > _MOST_OF_AN_ANSWER:
            return


def _told(fault: str) -> str:
    """Return what can be stored and shown of words that the other side may have chosen."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in fault)
    return shown[:_LONGEST_FAULT]


def _attempt_of(answer: httpx.Response) -> Attempt:
    if answer.is_success:
        return Attempt(status=answer.status_code)
    fault = f"It answered {answer.status_code} {_phrase(answer.status_code)}".rstrip() + "."
    return Attempt(status=answer.status_code, fault=fault, wait=wait_of(answer.headers))


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
