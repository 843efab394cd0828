"""Bodies that are too large or too slow, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request

from shared.web import problems
from shared.web.limits import BodyLimit
from tests.support.serving import served

ENDLESS = "Content-Length: 500"
PIECES = "Transfer-Encoding: chunked"


class Thing(BaseModel):
    """What a route takes."""

    name: str


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    """Give the address of an app that takes up to a kilobyte, within a fraction of a second."""
    app = FastAPI()
    problems.install(app)
    app.add_middleware(BodyLimit, max_bytes=1000, within_s=0.3)

    @app.post("/things")
    async def take(thing: Thing) -> str:
        return thing.name

    @app.post("/raw")
    async def take_raw(request: Request) -> int:
        return len(await request.body())

    @app.post("/form")
    async def take_form(request: Request) -> int:
        async with request.form() as form:
            return len(form)

    with served(app) as address:
        yield address.removeprefix("http://")


async def said(place: str, *lines: str, body: bytes) -> str:
    """Send a request, keep the connection open, and return all that is answered."""
    host, port = place.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = "\r\n".join((*lines, f"Host: {place}", "", ""))
    writer.write(head.encode() + body)
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


@pytest.mark.parametrize("path", ["/things", "/raw", "/form"])
@pytest.mark.parametrize("announced", [ENDLESS, PIECES])
async def test_a_body_that_does_not_come_is_not_waited_for(
    place: str, path: str, announced: str
) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded"
    begun = b"4\r\na=12\r\n" if announced == PIECES else b"a=12"
    answer = await said(place, f"POST {path} HTTP/1.1", announced, kind, body=begun)
    assert answer.startswith("HTTP/1.1 408 ")
    assert "application/problem+json" in answer
    assert "did not arrive within 0.3 seconds" in answer
    assert "connection: close" in answer.lower()


@pytest.mark.parametrize("path", ["/things", "/raw", "/form"])
async def test_a_body_of_pieces_that_grows_too_large_is_refused_as_such(
    place: str, path: str
) -> None:
    pieces = (b"200\r\n" + b"x" * 512 + b"\r\n") * 3
    kind = "Content-Type: application/x-www-form-urlencoded"
    answer = await said(
        place, f"POST {path} HTTP/1.1", PIECES, kind, "Connection: close", body=pieces
    )
    assert answer.startswith("HTTP/1.1 413 ")
    assert "larger than 1000 bytes" in answer


async def test_a_body_that_comes_in_time_is_taken_whole(place: str) -> None:
    body = b'{"name": "x"}'
    answer = await said(
        place,
        "POST /things HTTP/1.1",
        f"Content-Length: {len(body)}",
        "Content-Type: application/json",
        "Connection: close",
        body=body,
    )
    assert answer.startswith("HTTP/1.1 200 ")
    assert answer.endswith('"x"')
