"""Sending batches: verdicts, patience, halving, and answers that are none."""

from __future__ import annotations

import httpx
import pytest

from deploy.importing import client as module
from deploy.importing.client import Refusal
from deploy.importing.errors import ImportFailedError
from tests.unit.importing.intake import Intake


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE_S", 0)


def events(*ids: str) -> list[bytes]:
    return [b'{"id":"%s"}' % name.encode() for name in ids]


async def test_every_event_has_its_verdict_in_order() -> None:
    async with Intake(refused={"b"}).client() as client:
        verdicts = await client.send(events("a", "b", "c"))

    assert verdicts == [None, Refusal(field="text", detail="It is refused."), None]


async def test_a_server_that_is_away_or_busy_is_asked_again() -> None:
    def away() -> httpx.Response:
        raise httpx.ConnectError("refused")

    intake = Intake(answers=[away, lambda: httpx.Response(503), lambda: httpx.Response(429)])
    async with intake.client() as client:
        assert await client.send(events("a")) == [None]


async def test_a_server_that_stays_away_is_told() -> None:
    intake = Intake(answers=[lambda: httpx.Response(503)] * 20)
    async with intake.client() as client:
        with pytest.raises(ImportFailedError, match="cannot take feedback: it answered 503"):
            await client.send(events("a"))


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_told_at_once(status: int) -> None:
    async with Intake(answers=[lambda: httpx.Response(status)]).client() as client:
        with pytest.raises(ImportFailedError, match="refused the publisher key"):
            await client.send(events("a"))


async def test_a_batch_refused_as_a_whole_is_halved_down_to_the_event_at_fault() -> None:
    def too_large() -> httpx.Response:
        return httpx.Response(413, json={"title": "Too large", "detail": "Over 1 MB."})

    intake = Intake(answers=[too_large, too_large, too_large])
    async with intake.client() as client:
        verdicts = await client.send(events("a", "b", "c", "d"))

    assert verdicts == [Refusal(field="", detail="Over 1 MB."), None, None, None]
    assert intake.ids == ["b", "c", "d"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"outcomes": []}),
        httpx.Response(200, json={"outcomes": [{"index": 1, "status": "accepted"}]}),
        httpx.Response(200, json=[]),
        httpx.Response(404),
        httpx.Response(302),
    ],
)
async def test_an_answer_that_accounts_for_nothing_ends_the_import(answer: httpx.Response) -> None:
    async with Intake(answers=[lambda: answer]).client() as client:
        with pytest.raises(ImportFailedError):
            await client.send(events("a"))


async def test_an_outcome_of_an_unknown_kind_does_not_pass_for_accepted() -> None:
    outcomes = {"outcomes": [{"index": 0, "status": "perhaps"}]}
    async with Intake(answers=[lambda: httpx.Response(200, json=outcomes)]).client() as client:
        (verdict,) = await client.send(events("a"))

    assert verdict is not None
