"""Somebody's webhook endpoint over a real socket: idempotent, and as unkind as a test asks."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

#: What the receiver answers to the n-th request (from 0) for a message: a whole HTTP answer, or
#: None to say nothing and hang until it is closed.
Manners = Callable[["Received", int], bytes | None]

HANG = None


def answer(status: int, *headers: str) -> bytes:
    """Return an answer without a body."""
    lines = [f"HTTP/1.1 {status} Whatever", "Content-Length: 0", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        """What tells a repeat."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """The event in the body."""
        event: dict[str, Any] = json.loads(self.body)
        return event

    def is_signed_with(self, secret: str) -> bool:
        """Tell whether one of the signatures is right, computed from the specification alone."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        told = f"{self.message_id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        right = "v1," + base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
        return right in self.headers["webhook-signature"].split(" ")


@dataclass(slots=True)
class Receiver:
    """Notes every request; `taken` are the messages that an idempotent receiver has seen, once."""

    manners: Manners = lambda _request, _n: answer(204)
    port: int = 0
    requests: list[Received] = field(default_factory=list)
    taken: dict[str, Received] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    _tries: Counter[str] = field(default_factory=Counter)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def open(self) -> None:
        """Listen, on the same port again after `close`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Be down."""
        if self._server:
            self._server.close()
            self._server = None
            for writer in self._open:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await _read(reader)
            self.requests.append(request)
            tried = self._tries[request.message_id]
            self._tries[request.message_id] += 1
            reply = self.manners(request, tried)
            if reply is HANG:
                await reader.read()  # until the other side gives up
            else:
                self._take(request, reply)
                writer.write(reply)
                await writer.drain()
        self._open.discard(writer)
        writer.close()

    def _take(self, request: Received, reply: bytes) -> None:
        if b" 20" in reply.split(b"\r\n", 1)[0] and request.message_id not in self.taken:
            self.taken[request.message_id] = request
            self.order.append(request.message_id)


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(first.split(" ")[1], headers, body)


@contextlib.asynccontextmanager
async def receiving(manners: Manners | None = None) -> AsyncIterator[Receiver]:
    """Give a receiver that listens."""
    receiver = Receiver(manners) if manners else Receiver()
    await receiver.open()
    try:
        yield receiver
    finally:
        await receiver.close()
