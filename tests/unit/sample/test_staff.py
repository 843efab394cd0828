"""The simulated staff at the HTTP boundary: overtaken, refused, and strangers' cases."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from deploy.sample import site as site_module
from deploy.sample.casework import load_casework
from deploy.sample.company import load_company
from deploy.sample.errors import SampleError
from deploy.sample.generator import SampleEvent, generate
from deploy.sample.owners import Owners
from deploy.sample.planning import Planning
from deploy.sample.settling import settled
from deploy.sample.site import Office, Site

COMPANY = load_company()
OWNER = COMPANY.program.owners[0].id
STATIONED = Site(
    base_url="http://test",
    tenant="sample",
    publisher_key="",
    secret="a secret for tests, long enough to sign with",
)
EVENTS = [
    event
    for event in generate(COMPANY, seed=7, events=300, days=90, end=date(2026, 7, 1))
    if event.truth.mood == "negative" and event.day < 60
]


class FollowUps:
    """A stand-in for the follow-up API: one owner's cases, two on a page."""

    def __init__(self, events: list[SampleEvent]) -> None:
        self.cases = {}
        for event in events:
            followup_id = str(uuid5(UUID(int=0), str(event.feedback_id)))
            self.cases[followup_id] = {
                "followup_id": followup_id,
                "feedback_id": str(event.feedback_id),
                "touchpoint": event.event["data"]["touchpoint"],
                "state": "assigned",
                "version": 1,
            }
        self.overtaken: set[str] = set()
        self.keys: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return self._contacted(request, self.cases[request.url.path.split("/")[-2]])
        if request.method == "PATCH":
            return self._patched(request, self.cases[request.url.path.rsplit("/", 1)[1]])
        if request.url.params.get("owner"):
            return self._listed(request)
        return httpx.Response(200, json=self.cases[request.url.path.rsplit("/", 1)[1]])

    def _listed(self, request: httpx.Request) -> httpx.Response:
        mine = list(self.cases.values()) if request.url.params["owner"] == OWNER else []
        start = int(request.url.params.get("cursor", 0))
        more = str(start + 2) if start + 2 < len(mine) else None
        return httpx.Response(200, json={"items": mine[start : start + 2], "next": more})

    def _contacted(self, request: httpx.Request, case: dict[str, Any]) -> httpx.Response:
        answer = self._patched(request, case)
        case |= {"state": "contacting"} if answer.is_success else {}
        return httpx.Response(answer.status_code, json={"followup": case})

    def _patched(self, request: httpx.Request, case: dict[str, Any]) -> httpx.Response:
        self.keys.append(request.headers["Idempotency-Key"])
        if case["followup_id"] in self.overtaken:
            self.overtaken.remove(case["followup_id"])
            case["version"] += 1
        if request.headers["If-Match"] != f'"{case["version"]}"':
            return httpx.Response(412)
        case |= {**json.loads(request.content), "version": case["version"] + 1}
        return httpx.Response(200, json=case)


def owners(http: httpx.AsyncClient, events: list[SampleEvent]) -> Owners:
    return Owners(
        office=Office(http, STATIONED),
        company=COMPANY,
        casework=load_casework(),
        events={event.feedback_id: event for event in events},
        seed=7,
        days=90,
    )


def client(answer: Any) -> httpx.AsyncClient:  # noqa: ANN401  (a handler or an API's own)
    return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://test")


async def worked(api: FollowUps, known: list[SampleEvent]) -> int:
    async with client(api.answer) as http:
        return await owners(http, known).work(lambda _done, _all: None)


async def test_owners_work_every_page_of_their_cases() -> None:
    api = FollowUps(EVENTS)

    assert await worked(api, EVENTS) == len(EVENTS)
    assert {case["state"] for case in api.cases.values()} <= {
        "resolved",
        "waiting_customer",
        "unreachable",
    }
    assert len(api.keys) == len(set(api.keys))


async def test_cases_of_other_feedback_are_left_alone() -> None:
    api = FollowUps(EVENTS)

    assert await worked(api, EVENTS[:1]) == 1
    assert [case["state"] for case in api.cases.values()][1:] == ["assigned"] * (len(EVENTS) - 1)


async def test_an_overtaken_case_is_read_again_and_gone_on_with() -> None:
    calm, busy = FollowUps(EVENTS), FollowUps(EVENTS)
    busy.overtaken = set(busy.cases)

    await worked(calm, EVENTS)
    assert await worked(busy, EVENTS) == len(EVENTS)

    states = [[case["state"] for case in api.cases.values()] for api in (calm, busy)]
    assert states[0] == states[1]


async def test_worked_again_nothing_moves() -> None:
    api = FollowUps(EVENTS)
    await worked(api, EVENTS)

    assert await worked(api, EVENTS) == 0


async def test_what_the_api_refuses_is_told() -> None:
    api = FollowUps(EVENTS)

    def refusing(request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            return httpx.Response(403, text="not yours")
        return api.answer(request)

    async with client(refusing) as http:
        with pytest.raises(SampleError, match="answered 403: not yours"):
            await owners(http, EVENTS).work(lambda _done, _all: None)


async def test_a_server_that_is_away_for_a_moment_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(site_module, "_FIRST_PAUSE_S", 0)
    answers = [httpx.Response(503), httpx.Response(200, json={"well": True})]
    async with client(lambda _: answers.pop(0)) as http:
        desk = Office(http, STATIONED).desk("sample", "Sample", "auditor")

        assert await desk.get("/x") == {"well": True}


async def test_a_server_that_stays_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_module, "_FIRST_PAUSE_S", 0)
    async with client(lambda _: httpx.Response(503)) as http:
        desk = Office(http, STATIONED).desk("sample", "Sample", "auditor")

        with pytest.raises(SampleError, match="GET /x cannot be done: it answered 503"):
            await desk.get("/x")


async def test_without_issues_there_is_nothing_to_plan() -> None:
    async with client(lambda _: httpx.Response(200, json={"issues": []})) as http:
        planning = Planning(office=Office(http, STATIONED), company=COMPANY, end=date(2026, 7, 1))

        assert await planning.propose(load_casework().plans) == 0


async def test_waiting_ends_at_enough_and_when_nothing_moves() -> None:
    growing = iter(range(1, 100))

    async def more() -> int:
        return next(growing)

    async def still() -> int:
        return 3

    assert await settled(more, enough=2, still_s=60, within_s=60) == 2
    assert await settled(still, enough=9, still_s=0, within_s=60) == 3
    assert await settled(still, enough=9, still_s=60, within_s=0) == 0
