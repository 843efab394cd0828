"""How large a request may be, and how long it may take to arrive."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problems import Problem, TooLargeProblem, problem_json

#: Five million bytes in this time are what a slow line carries; who takes longer holds us up.
BODY_WITHIN_S = 60.0


class BodyLimit:
    """ASGI middleware that refuses bodies above `max_bytes`, announced or not, and slow ones.

    A body has `within_s` seconds to arrive: whoever sends it byte by byte holds a connection, and
    with enough of them all that there are.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, within_s: float = BODY_WITHIN_S) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is announced as too large; count and time what arrives."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdigit() and int(announced) > self._max_bytes:
            return await problem_json(_too_large(self._max_bytes))(scope, receive, send)
        body = _Body(receive, self._max_bytes, self._within_s)
        answer = _Answer(scope, receive, send, body)
        return await self._app(scope, body.receive, answer.send)


class _Body:
    """What arrives of one request; `refused` is why no more of it is taken."""

    def __init__(self, receive: Receive, max_bytes: int, within_s: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._within_s = within_s
        self._deadline: float | None = None
        self._taken = 0
        self._is_whole = False
        self.refused: Problem | None = None

    async def receive(self) -> Message:
        """Return what comes next; after the body, that is the end of the connection."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until()):
                message = await self._receive()
        except TimeoutError as error:
            self.refused = _too_slow(self._within_s)
            raise self.refused from error
        self._taken += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._taken > self._max_bytes:
            self.refused = _too_large(self._max_bytes)
            raise self.refused
        return message

    def _until(self) -> float:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._within_s
        return self._deadline


class _Answer:
    """Says why a body was refused, whatever the app makes of a body that breaks off."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, body: _Body) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._body = body
        self._is_ours = False

    async def send(self, message: Message) -> None:
        """Pass the app's answer on, or ours instead of it."""
        if message["type"] == "http.response.start" and self._body.refused:
            self._is_ours = True
            await problem_json(self._body.refused)(self._scope, self._receive, self._send)
        if not self._is_ours:
            await self._send(message)


def _too_large(max_bytes: int) -> Problem:
    return TooLargeProblem(
        f"The body is larger than {max_bytes} bytes.", remedy="Send less in one request."
    )


def _too_slow(within_s: float) -> Problem:
    return Problem(
        f"The body did not arrive within {within_s:g} seconds.",
        status=HTTPStatus.REQUEST_TIMEOUT,
        slug="too-slow",
        title="The request took too long to arrive",
        remedy="Send it again, or less in one request.",
        headers={"Connection": "close"},
    )
