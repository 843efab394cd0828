"""A stand-in for the ingest API at the HTTP boundary: answers as it is told to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from deploy.importing.client import IngestClient

Events = list[dict[str, Any]]


class Intake:
    """Takes batches; refuses the events in `refused` by id; answers `answers` first."""

    def __init__(
        self, *, refused: Iterable[str] = (), answers: Iterable[Callable[[], httpx.Response]] = ()
    ) -> None:
        self.refused = set(refused)
        self.answers = list(answers)
        self.batches: list[Events] = []

    @property
    def ids(self) -> list[str]:
        """The ids of the accepted events, in order."""
        return [event["id"] for batch in self.batches for event in batch]

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if self.answers:
            return self.answers.pop(0)()
        batch: Events = json.loads(request.content)
        self.batches.append([event for event in batch if event["id"] not in self.refused])
        return httpx.Response(200, json={"outcomes": list(map(self._outcome, *self._count(batch)))})

    @staticmethod
    def _count(batch: Events) -> tuple[Iterable[int], Events]:
        return range(len(batch)), batch

    def _outcome(self, index: int, event: dict[str, Any]) -> dict[str, Any]:
        if event["id"] not in self.refused:
            return {"index": index, "id": event["id"], "status": "accepted"}
        problem = {"title": "No", "detail": "It is refused.", "field": "data.text"}
        return {"index": index, "status": "rejected", "problem": problem}

    @asynccontextmanager
    async def client(self) -> AsyncIterator[IngestClient]:
        """Give a client that talks to this intake."""
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.answer)) as http:
            yield IngestClient(http, "http://test")
