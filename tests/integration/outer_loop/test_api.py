"""The API: what it counts, what it takes, what it refuses and how it says so."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from httpx import AsyncClient, Response

from tests.contract.schemas import validate
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import Worker
from tests.integration.outer_loop.conftest import Caller
from tests.integration.outer_loop.story import changed, scored
from tests.support.waiting import until

SOON = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
EFFECT = {"metric": "customers_with_cause", "change_percent": -40, "by": SOON}
FINANCE = {
    "department": "finance",
    "owner": "olga",
    "due_on": SOON,
    "description": "Pay from the new system",
    "expected_effect": EFFECT,
}
LOGISTICS = {
    "department": "logistics",
    "owner": "pao",
    "due_on": SOON,
    "description": "Scan parcels on arrival",
}
PLAN = {"summary": "Refunds within two days", "items": [FINANCE, LOGISTICS]}


@pytest.fixture
async def issue_id(worker: Worker) -> str:
    """Give the id of an issue: five customers waited for refunds, of nine who said something."""
    await worker.feedback(
        [
            scored(f"f{n}", customer=f"c{n}", category="detractor" if n < 6 else "promoter")
            for n in range(9)
        ]
    )
    await worker.followups(
        [changed(f"f{n}", customer=f"c{n}", why="system" if n else "partner") for n in range(5)]
    )
    [row] = await worker.rows("SELECT issue_id FROM outer_loop.systemic_issue")
    return str(row["issue_id"])


async def proposed(client: AsyncClient, issue_id: str) -> dict[str, Any]:
    answer = await client.post(f"/issues/{issue_id}/plans", json=PLAN)
    assert answer.status_code == 201, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def patch(client: AsyncClient, plan: dict[str, Any], **body: object) -> Response:
    headers = {"If-Match": f'"{plan["version"]}"'}
    return await client.patch(f"/plans/{plan['plan_id']}", json=body, headers=headers)


async def under_review(client: AsyncClient, issue_id: str) -> dict[str, Any]:
    answer = await patch(client, await proposed(client, issue_id), state="under_review")
    assert answer.status_code == 200, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def decide(
    client: AsyncClient, plan: dict[str, Any], department: str, decision: str, reason: str = ""
) -> Response:
    body = {"department": department, "decision": decision, "reason": reason}
    return await client.post(f"/plans/{plan['plan_id']}/decisions", json=body)


def problem(answer: Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    return found


async def test_issues_are_listed_with_their_counts(call: Caller, issue_id: str) -> None:
    found = (await call().get("/issues")).json()
    assert (found["total"], found["matching"]) == (1, 1)
    [issue] = found["issues"]
    assert issue | {"opened_at": None} == {
        "issue_id": issue_id,
        "state": "open",
        "touchpoint": "returns",
        "what": "refund_late",
        "departments": ["finance"],
        "threshold": {"customers": 5, "days": 30, "program_version": 1},
        "opened_at": None,
        "customers": 5,
        "customers_30_days": 5,
        "followups": 5,
        "first_occurred_at": "2026-09-01T09:00:00Z",
        "last_occurred_at": "2026-09-01T09:00:00Z",
        "plans": [],
    }


FILTERS = [
    ("touchpoint=returns", 1),
    ("touchpoint=delivery", 0),
    ("department=finance&state=open", 1),
    ("department=logistics", 0),
    ("state=approved", 0),
]


async def test_filters_narrow_the_list_and_leave_the_total(call: Caller, issue_id: str) -> None:
    for query, matching in FILTERS:
        found = (await call().get(f"/issues?{query}")).json()
        assert (found["total"], found["matching"], len(found["issues"])) == (1, matching, matching)


async def test_an_issue_shows_its_weeks_reasons_and_followups(call: Caller, issue_id: str) -> None:
    issue = (await call().get(f"/issues/{issue_id}")).json()
    assert len(issue["weeks"]) == 26
    assert issue["weeks"][-1] == {
        "week": "2026-08-31",
        "followups": 5,
        "customers": 5,
        "detractors": 6,
        "feedback": 9,
    }
    assert issue["root_causes"] == [
        {"why": "system", "followups": 4, "customers": 4},
        {"why": "partner", "followups": 1, "customers": 1},
    ]
    assert len(issue["followup_list"]) == 5
    assert [one["change"] for one in issue["history"]] == ["opened"]


async def test_causes_are_counted_beside_everything_that_was_said(
    call: Caller, issue_id: str
) -> None:
    period = "from=2026-09-01&to=2026-09-30"
    answer = (await call().get(f"/root-causes?group_by=touchpoint&{period}")).json()
    assert answer["groups"] == [
        {
            "name": "returns",
            "week": None,
            "confirmed": 5,
            "customers": 5,
            "detractors": 6,
            "feedback": 9,
        }
    ]
    weekly = (await call().get(f"/root-causes?group_by=why&interval=week&{period}")).json()
    assert [(one["name"], one["week"], one["confirmed"]) for one in weekly["groups"]] == [
        ("system", "2026-08-31", 4),
        ("partner", "2026-08-31", 1),
    ]
    assert {(one["detractors"], one["feedback"]) for one in weekly["groups"]} == {(None, 9)}


async def test_the_period_ends_with_its_last_day_in_the_companys_zone(
    call: Caller, worker: Worker
) -> None:
    late = datetime(2026, 9, 30, 16, 59, tzinfo=UTC)  # 23:59 in Vientiane
    await worker.feedback([scored("in", at=late), scored("out", at=late + timedelta(minutes=1))])
    period = "from=2026-09-30&to=2026-09-30"
    found = (await call().get(f"/root-causes?group_by=department&{period}")).json()
    assert [one["feedback"] for one in found["groups"]] == [1]


BAD_PERIODS = [
    ("group_by=colour", "group_by"),
    ("", "group_by"),
    ("group_by=what&from=2026-02-30", "from"),
    ("group_by=what&from=2026-03-02&to=2026-03-01", "from"),
    ("group_by=what&from=0001-01-01&to=9999-12-31", "from"),
    ("group_by=what&from=2020-01-01&to=2026-03-01", "from"),
    ("group_by=what&interval=day", "interval"),
]


async def test_a_bad_period_or_group_is_refused_by_name(call: Caller) -> None:
    for query, field in BAD_PERIODS:
        assert problem(await call().get(f"/root-causes?{query}"), 422)["field"] == field


async def test_a_plan_is_proposed_with_an_etag_and_a_place(call: Caller, issue_id: str) -> None:
    answer = await call().post(f"/issues/{issue_id}/plans", json=PLAN)
    plan = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/outer-loop/v1/plans/{plan['plan_id']}"
    again = await call().get(f"/plans/{plan['plan_id']}")
    assert again.json() == plan
    assert (plan["state"], plan["next_states"]) == ("proposed", ["on_hold", "under_review"])
    assert [one["department"] for one in plan["items"]] == ["finance", "logistics"]


FAULTY_PROPOSALS: list[tuple[dict[str, Any], str]] = [
    ({"items": []}, "items"),
    ({"summary": " "}, "summary"),
    ({"summary": "with \x00"}, "summary"),
    ({"colour": "red"}, "colour"),
    ({"items": [FINANCE | {"owner": "nobody"}]}, "items.0.owner"),
    ({"items": [FINANCE, LOGISTICS | {"department": "moon"}]}, "items.1.department"),
    ({"items": [FINANCE | {"due_on": "soon"}]}, "items.0.due_on"),
    ({"items": [{k: v for k, v in FINANCE.items() if k != "due_on"}]}, "items.0.due_on"),
    (
        {
            "items": [
                FINANCE | {"expected_effect": {"metric": "x", "change_percent": 1, "by": SOON}}
            ]
        },
        "items.0.expected_effect.metric",
    ),
]


async def test_a_proposal_with_a_fault_is_refused_by_its_field(call: Caller, issue_id: str) -> None:
    for change, field in FAULTY_PROPOSALS:
        found = problem(await call().post(f"/issues/{issue_id}/plans", json=PLAN | change), 422)
        assert found["field"] == field


NO_PROPOSALS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"summary": "\\ud800", "items": []}',
    b"\xff\xfe",
    b"[" * 5000,
]


async def test_a_body_that_is_no_proposal_is_refused(call: Caller, issue_id: str) -> None:
    for body in NO_PROPOSALS:
        answer = await call().post(
            f"/issues/{issue_id}/plans", content=body, headers={"Content-Type": "application/json"}
        )
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_query_with_a_nul_is_refused(call: Caller, issue_id: str) -> None:
    assert problem(await call().get("/issues?touchpoint=%00"), 422)["field"] == "touchpoint"


async def test_a_change_needs_the_version_it_changes(call: Caller, issue_id: str) -> None:
    plan = await proposed(call(), issue_id)
    body = {"state": "under_review"}
    answer = await call().patch(f"/plans/{plan['plan_id']}", json=body)
    assert problem(answer, 428)["field"] == "If-Match"
    stale = await patch(call(), plan | {"version": 7}, **body)
    found = problem(stale, 412)
    assert found["current"] == plan
    assert stale.headers["etag"] == '"1"'


async def test_of_two_changes_to_one_version_one_wins(call: Caller, issue_id: str) -> None:
    plan = await proposed(call(), issue_id)
    answers = await asyncio.gather(
        *(patch(call(), plan, summary=f"Words of writer {n}") for n in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    [winner] = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await call().get(f"/plans/{plan['plan_id']}")).json() == winner


async def test_a_forbidden_move_names_the_allowed_ones(call: Caller, issue_id: str) -> None:
    plan = await proposed(call(), issue_id)
    found = problem(await patch(call(), plan, state="effective"), 409)
    assert found["allowed"] == ["on_hold", "under_review"]


async def test_a_plan_goes_all_the_way(call: Caller, issue_id: str) -> None:
    plan = await under_review(call(), issue_id)
    assert [(one["department"], one["decision"]) for one in plan["decisions"]] == [
        ("finance", "awaited"),
        ("logistics", "awaited"),
    ]
    await decide(call("fatima", "department_head"), plan, "finance", "approved")
    answer = await decide(call("lena", "department_head"), plan, "logistics", "approved")
    plan = answer.json()
    assert (answer.status_code, plan["state"]) == (200, "approved")
    plan = (await patch(call(), plan, state="in_progress")).json()
    refused = problem(await patch(call(), plan, state="implemented"), 409)
    assert "2 of 2 items are not done" in refused["detail"]
    done = [one["item_id"] for one in plan["items"]]
    for state in ("implemented", "measuring", "inconclusive"):
        answer = await patch(call(), plan, state=state, done=done, reason="It fell by half.")
        done = []
        plan = answer.json()
        assert (answer.status_code, plan["state"]) == (200, state)
    assert plan["next_states"] == []
    [issue] = (await call().get("/issues")).json()["issues"]
    assert issue["state"] == "inconclusive"


async def test_one_rejection_rejects_and_the_approval_stays_on_record(
    call: Caller, issue_id: str
) -> None:
    plan = await under_review(call(), issue_id)
    await decide(call("fatima", "department_head"), plan, "finance", "approved", "We can pay.")
    answer = await decide(call("lena", "department_head"), plan, "logistics", "rejected", "No.")
    plan = answer.json()
    assert (plan["state"], plan["reason"], plan["next_states"]) == ("rejected", "No.", [])
    said = [(one["decision"], one["reason"], one["decided_by"]) for one in plan["decisions"]]
    assert said == [("approved", "We can pay.", "fatima"), ("rejected", "No.", "lena")]


async def test_a_rejection_without_a_reason_is_refused(call: Caller, issue_id: str) -> None:
    plan = await under_review(call(), issue_id)
    answer = await decide(call("fatima", "department_head"), plan, "finance", "rejected")
    assert problem(answer, 422)["field"] == "reason"


async def test_only_the_head_of_the_department_decides(call: Caller, issue_id: str) -> None:
    plan = await under_review(call(), issue_id)
    answer = await decide(call("lena", "department_head"), plan, "finance", "approved")
    assert problem(answer, 403)["detail"] == "Fatima Haidari decides for Finance."
    answer = await decide(call("fatima", "contributor"), plan, "finance", "approved")
    assert problem(answer, 403)
    unchanged = (await call().get(f"/plans/{plan['plan_id']}")).json()
    assert unchanged == plan


async def test_two_heads_who_decide_at_the_same_time_are_both_heard(
    call: Caller, issue_id: str
) -> None:
    for _ in range(5):
        plan = await under_review(call(), issue_id)
        answers = await asyncio.gather(
            decide(call("fatima", "department_head"), plan, "finance", "approved"),
            decide(call("lena", "department_head"), plan, "logistics", "approved"),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        after = (await call().get(f"/plans/{plan['plan_id']}")).json()
        assert (after["state"], after["version"]) == ("approved", plan["version"] + 2)


async def test_a_department_that_decides_twice_at_once_decides_once(
    call: Caller, issue_id: str
) -> None:
    plan = await under_review(call(), issue_id)
    head = call("fatima", "department_head")
    answers = await asyncio.gather(*(decide(head, plan, "finance", "approved") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


READERS = ["frontline_owner", "team_lead", "auditor"]


async def test_those_who_only_read_propose_nothing(
    call: Caller,
    issue_id: str,
) -> None:
    for role in READERS:
        reader = call("somebody", role)
        assert (await reader.get(f"/issues/{issue_id}")).status_code == 200
        problem(await reader.post(f"/issues/{issue_id}/plans", json=PLAN), 403)


async def test_without_a_token_there_is_nothing_to_see(call: Caller, issue_id: str) -> None:
    nobody = call()
    del nobody.headers["Authorization"]
    problem(await nobody.get("/issues"), 401)


async def test_another_tenant_finds_nothing(call: Caller, issue_id: str) -> None:
    plan = await proposed(call(), issue_id)
    stranger = call("olga", "contributor", "other")
    assert (await stranger.get("/issues")).json()["total"] == 0
    unknown = "00000000-0000-0000-0000-000000000000"
    for place in ("/issues/{}", "/plans/{}"):
        theirs = issue_id if "issues" in place else plan["plan_id"]
        seen = problem(await stranger.get(place.format(theirs)), 404)
        missing = problem(await stranger.get(place.format(unknown)), 404)
        assert json.dumps(seen).replace(theirs, unknown) == json.dumps(missing)
    problem(await patch(stranger, plan, state="under_review"), 404)
    problem(await stranger.post(f"/issues/{issue_id}/plans", json=PLAN), 404)
    answer = await decide(call("fatima", "department_head", "other"), plan, "finance", "approved")
    problem(answer, 404)
    found = (await stranger.get("/root-causes?group_by=what&from=2026-09-01&to=2026-09-30")).json()
    assert found["groups"] == []


async def test_the_same_key_gets_the_first_answer_again(call: Caller, issue_id: str) -> None:
    place, key = f"/issues/{issue_id}/plans", {"Idempotency-Key": "once"}
    first, second = [await call().post(place, json=PLAN, headers=key) for _ in range(2)]
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["location"] == first.headers["location"]
    [issue] = (await call().get("/issues")).json()["issues"]
    assert len(issue["plans"]) == 1


async def test_the_same_key_for_another_request_is_refused(call: Caller, issue_id: str) -> None:
    place, key = f"/issues/{issue_id}/plans", {"Idempotency-Key": "once"}
    await call().post(place, json=PLAN, headers=key)
    answer = await call().post(place, json=PLAN | {"summary": "Else"}, headers=key)
    assert problem(answer, 422)["field"] == "Idempotency-Key"
    other = await call("fatima", "department_head").post(place, json=PLAN, headers=key)
    assert other.status_code == 201, "keys of different people are different keys"


async def test_a_key_lasts_a_day(call: Caller, issue_id: str, database_url: str) -> None:
    place, key = f"/issues/{issue_id}/plans", {"Idempotency-Key": "once"}
    first = await call().post(place, json=PLAN, headers=key)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "UPDATE outer_loop.idempotency SET created_at = now() - interval '25 hours'"
    )
    await connection.close()
    second = await call().post(place, json=PLAN, headers=key)
    assert (second.status_code, second.content != first.content) == (201, True)


async def test_requests_with_one_key_that_arrive_together_act_once(
    call: Caller, issue_id: str
) -> None:
    place, key = f"/issues/{issue_id}/plans", {"Idempotency-Key": "together"}
    answers = await asyncio.gather(*(call().post(place, json=PLAN, headers=key) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


async def test_every_change_is_published_as_the_contract_says(
    call: Caller,
    issue_id: str,
    worker: Worker,
) -> None:
    plan = await under_review(call(), issue_id)
    await decide(call("fatima", "department_head"), plan, "finance", "rejected", "Too dear.")

    async def sent() -> list[dict[str, Any]]:
        return await worker.rows(
            "SELECT key, value FROM outer_loop.outbox WHERE sent_at IS NOT NULL ORDER BY id"
        )

    async def all_sent() -> bool:
        return len(await sent()) == 3

    await until(all_sent)
    events = [validate("outer_loop.changed.v1", row["value"]) for row in await sent()]
    assert {row["key"] for row in await sent()} == {f"{story.TENANT}/{issue_id}".encode()}
    assert [event["data"]["change"] for event in events] == [
        "proposed",
        "under_review",
        "rejected",
    ]
    assert [event["data"]["version"] for event in events] == [1, 2, 3]
    assert len({event["id"] for event in events}) == 3
    logged = await worker.rows(
        "SELECT message FROM outer_loop.change WHERE kind = 'action_plan' ORDER BY version"
    )
    assert [row["message"] for row in logged] == [row["value"] for row in await sent()]


async def test_a_refused_command_leaves_nothing(
    call: Caller, issue_id: str, worker: Worker
) -> None:
    plan = await proposed(call(), issue_id)
    key = {"Idempotency-Key": "refused", "If-Match": '"1"'}
    body = {"summary": "New words", "state": "effective"}
    place = f"/plans/{plan['plan_id']}"
    problem(await call().patch(place, json=body, headers=key), 409)
    assert (await call().get(place)).json() == plan
    again = await call().patch(place, json={"summary": "Good words"}, headers=key)
    assert again.status_code == 200, "the key is free: its request was refused"
    assert len(await worker.rows("SELECT * FROM outer_loop.outbox")) == 2


async def test_forms_for_things_that_are_not_there_are_not_found(call: Caller) -> None:
    nowhere = "http://closedloop.test/board"
    unknown = "00000000-0000-0000-0000-000000000000"
    item = {key: FINANCE[key] for key in ("department", "owner", "due_on", "description")}
    typed = {"summary": "Pay sooner", **item}
    for data in (typed, {"summary": ""}):
        answer = await call().post(f"{nowhere}/issues/{unknown}/plans", data=data)
        problem(answer, 404)
    move = {"state": "under_review", "version": "1"}
    problem(await call().post(f"{nowhere}/plans/{unknown}/move", data=move), 404)
    decision = {"department": "finance", "decision": "approved"}
    head = call("fatima", "department_head")
    problem(await head.post(f"{nowhere}/plans/{unknown}/decision", data=decision), 404)
    problem(await call().post(f"{nowhere}/plans/{unknown}/done", data={"version": "1"}), 404)


async def test_the_app_says_that_it_lives_and_is_ready(call: Caller) -> None:
    for place in ("/healthz", "/readyz"):
        answer = await call().get(f"http://closedloop.test{place}")
        assert answer.json() == {"status": "ok"}
