"""Where messages may go, looked at when they go: over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.routing.adapters.outbound import Destinations, HttpSender, open_sender
from services.routing.domain.destinations import Allowed
from tests.integration.routing.receiver import receiving


@pytest.fixture
async def strict() -> AsyncIterator[HttpSender]:
    """Give a sender that goes to public addresses alone."""
    async with open_sender(Destinations(Allowed(), https_only=False)) as sender:
        yield sender


async def test_the_address_is_looked_at_when_it_is_connected_to(strict: HttpSender) -> None:
    async with receiving() as receiver:
        for host in ("localhost", "127.0.0.1", "127.1", "0x7f000001", "2130706433"):
            url = f"http://{host}:{receiver.port}/hook"
            attempt = await strict.send(url, "{}", {"webhook-id": "m"})
            assert attempt.status is None
            assert "not a public address" in attempt.fault
    assert receiver.requests == []


async def test_a_name_that_leads_elsewhere_a_moment_later_leads_nowhere(
    strict: HttpSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, looked_up = asyncio.get_running_loop(), []
    real = loop.getaddrinfo

    async def rebinding(host: str, port: int, **more: int) -> object:
        """Answer with a public address once, and with the loopback from then on."""
        looked_up.append(host)
        return await real("93.184.216.34" if len(looked_up) == 1 else "127.0.0.1", port, **more)

    async with receiving() as receiver:
        monkeypatch.setattr(loop, "getaddrinfo", rebinding)
        await strict.destinations.check(f"http://rebinding.example:{receiver.port}/")
        attempt = await strict.send(
            f"http://rebinding.example:{receiver.port}/", "{}", {"webhook-id": "m"}
        )
        assert "leads to 127.0.0.1" in attempt.fault
        assert looked_up == ["rebinding.example"] * 2  # one look for each, and no third
        assert receiver.requests == []


async def test_an_endless_answer_is_cut_off() -> None:
    endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 5_000_000
    destinations = Destinations(Allowed(hosts=frozenset({"127.0.0.1"})), https_only=False)
    async with receiving(lambda *_: endless) as receiver, open_sender(destinations) as sender:
        attempt = await sender.send(receiver.url, "{}", {"webhook-id": "m"})
    assert attempt.status == 200
