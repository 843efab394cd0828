"""Publishing over HTTP, as any publisher does it: batches to the ingest API, patiently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.importing.errors import ImportFailedError

MAX_BATCH_EVENTS = 500
#: Below the ingest API's limit of 5 MB, with room for the brackets and commas.
MAX_BATCH_BYTES = 4_000_000

_PATH = "/ingest/v1/events"
_CONTENT_TYPE = "application/cloudevents-batch+json"
_TIMEOUT_S = 60.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_ATTEMPTS = 9
_KEY_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_BATCH_REFUSED = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the server refused an event: its words, and the event's field in dotted form."""

    field: str
    detail: str


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Problem(_Reply):
    title: str = ""
    detail: str = ""
    remedy: str = ""
    field: str | None = None

    def refusal(self) -> Refusal:
        words = f"{self.detail or self.title} {self.remedy}".strip()
        return Refusal(field=(self.field or "").removeprefix("data."), detail=words)


class _Outcome(_Reply):
    index: int
    status: str
    problem: _Problem | None = None


class _Outcomes(_Reply):
    outcomes: tuple[_Outcome, ...]


class IngestClient:
    """Sends events to one closedloop installation with one publisher's key."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str, key: str) -> AsyncIterator[IngestClient]:
        """Give a client for the installation at `url`; `key` is a publisher's key."""
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(headers=headers, timeout=_TIMEOUT_S) as http:
            yield cls(http, url)

    async def send(self, events: Sequence[bytes]) -> list[Refusal | None]:
        """Publish a batch of events in JSON; return for each why it was refused, or None.

        Returns when all are settled: accepted means that Kafka has them. Waits while the server
        is busy or away, for up to 20 s and the time
        that it takes to answer. A batch that is refused as a whole is halved,
        so that only what is at fault is refused. Raises ImportFailedError when the server stays
        away, refuses the key or is no ingest API.
        """
        response = await self._post(b"[" + b",".join(events) + b"]")
        if response.status_code == HTTPStatus.OK:
            return _verdicts(response, len(events))
        if response.status_code not in _BATCH_REFUSED:
            raise self._no_ingest_api(response)
        if len(events) == 1:
            return [_problem(response).refusal()]
        middle = len(events) // 2
        return [*await self.send(events[:middle]), *await self.send(events[middle:])]

    async def _post(self, body: bytes) -> httpx.Response:
        pause_s = _FIRST_PAUSE_S
        trouble = ""
        for _ in range(_ATTEMPTS):
            try:
                response = await self._http.post(
                    self._url + _PATH, content=body, headers={"Content-Type": _CONTENT_TYPE}
                )
            except (httpx.InvalidURL, httpx.UnsupportedProtocol):
                raise ImportFailedError(
                    f"{self._url} is not an address of a server.",
                    remedy="Give one such as http://localhost:8080.",
                ) from None
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
            else:
                if not _is_trouble(response):
                    return self._let_in(response)
                trouble = f"it answered {response.status_code}"
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        raise ImportFailedError(
            f"{self._url} cannot take feedback: {trouble}.",
            remedy="See that it runs (closedloop status), then run the same command again.",
        )

    def _let_in(self, response: httpx.Response) -> httpx.Response:
        if response.status_code in _KEY_REFUSED:
            raise ImportFailedError(
                f"{self._url} refused the publisher key.",
                remedy="Make one with closedloop publisher add and give it with --key.",
            )
        return response

    def _no_ingest_api(self, response: httpx.Response) -> ImportFailedError:
        return ImportFailedError(
            f"{self._url} answered {response.status_code}, not as closedloop's ingest API does.",
            remedy="Check --url.",
        )


def _is_trouble(response: httpx.Response) -> bool:
    """Tell whether the same request may go through later."""
    return response.is_server_error or response.status_code == HTTPStatus.TOO_MANY_REQUESTS


def _verdicts(response: httpx.Response, count: int) -> list[Refusal | None]:
    try:
        outcomes = _Outcomes.model_validate_json(response.content).outcomes
    except ValidationError:
        outcomes = ()
    by_index = {outcome.index: outcome for outcome in outcomes}
    if sorted(by_index) != list(range(count)):
        raise ImportFailedError(
            "The answer does not say what became of each event.",
            remedy="Check that --url is the address of closedloop.",
        )
    return [_verdict(by_index[index]) for index in range(count)]


def _verdict(outcome: _Outcome) -> Refusal | None:
    if outcome.status == "accepted":
        return None
    return (outcome.problem or _Problem(detail="The server refused it.")).refusal()


def _problem(response: httpx.Response) -> _Problem:
    try:
        content: Any = response.json()
        return _Problem.model_validate(content)
    except ValueError:
        return _Problem(detail=f"The server answered {response.status_code}.")
