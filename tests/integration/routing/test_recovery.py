"""What customers are given, over HTTP and in the database: limits, approvals, what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import yaml
from fastapi import FastAPI
from httpx import AsyncClient, Response

from services.routing.app import create_app
from shared.contracts.events import FollowUpChanged
from shared.postgres.pool import Pool
from shared.program.store import open_programs
from shared.settings import Settings
from tests.integration.routing.company import DOCUMENT, OTHER_TENANT, TENANT, scored
from tests.integration.routing.conftest import Caller, opened
from tests.integration.routing.promised import followup_id, text_of
from tests.integration.routing.test_followups_api import patch, path_of, problem

WAITING = "/followups/v1/recoveries/waiting"
RECOVERY = {
    "currency": "EUR",
    "owner": {"per_followup": 50, "per_customer": 80},
    "lead": {"per_followup": 200, "per_customer": 300},
}
HEADED = [
    {"id": "logistics", "name": "Logistics", "head": "somchai"},
    {"id": "finance", "name": "Finance", "head": "ana"},
]


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """Give the running app of a company whose program lets owners give something."""
    document = {name: part for name, part in DOCUMENT.items() if name != "version"}
    document = {**document, "departments": HEADED, "recovery": RECOVERY}
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        for tenant in (TENANT, OTHER_TENANT):
            await programs.activate(
                yaml.safe_dump({**document, "tenant": tenant}, allow_unicode=True),
                who="tests",
                why="a first program",
            )
    running = create_app(settings)
    async with running.router.lifespan_context(running):
        yield running


@pytest.fixture(autouse=True)
async def cases(app: FastAPI, worker_pool: Pool) -> None:
    """Open three follow-ups of one customer, all of them Mali's."""
    await opened(worker_pool, [scored(n, customer_id="C-1") for n in (1, 2, 3)])
    await worker_pool.execute("UPDATE routing.followup SET owner = 'mali'")


async def give(
    client: AsyncClient, number: int = 1, version: int = 1, key: str = "", **more: object
) -> Response:
    body = {"kind": "refund", "amount": "30.00", "currency": "EUR", "why": "It came late.", **more}
    headers = {"If-Match": f'"{version}"', **({"Idempotency-Key": key} if key else {})}
    return await client.post(f"{path_of(number)}/recoveries", json=body, headers=headers)


async def decide(
    client: AsyncClient, recovery_id: str, version: int, decision: str = "approved", **more: object
) -> Response:
    return await client.post(
        f"{path_of(1)}/recoveries/{recovery_id}/decision",
        json={"decision": decision, **more},
        headers={"If-Match": f'"{version}"'},
    )


async def waiting_offer(client: AsyncClient, amount: str = "120.00") -> str:
    answer = await give(client, amount=amount)
    assert answer.json()["recovery"]["decision"] == "offered", answer.text
    offer: str = answer.json()["recovery"]["recovery_id"]
    return offer


async def test_within_the_limit_it_is_given_at_once_and_told_to_whoever_pays(
    call: Caller, worker_pool: Pool
) -> None:
    answer = await give(call())
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"2"'), answer.text
    made = answer.json()["recovery"]
    assert (made["decision"], made["given_alone"], made["amount"]) == ("approved", True, "30.00")
    told = (await call().get(f"{path_of(1)}/recoveries")).json()
    assert (told["given"], told["left_alone"], told["currency"]) == ("30.00", "20.00", "EUR")
    row = await worker_pool.fetchval("SELECT value FROM routing.outbox")
    event = FollowUpChanged.model_validate_json(row).data
    assert event.change == "recovery_approved"
    assert event.recovery is not None
    assert (event.recovery.amount, event.recovery.currency) == ("30.00", "EUR")
    assert b"It came late." not in bytes(row)
    history = (await call().get(f"{path_of(1)}/history")).json()["items"]
    assert (history[-1]["change"], history[-1]["note"]) == ("recovery_approved", "It came late.")


async def test_above_it_waits_for_the_lead_and_above_that_for_the_head(call: Caller) -> None:
    offer = await waiting_offer(call())
    listed = (await call("vilay", "team_lead").get(WAITING)).json()["items"]
    assert [one["recovery"]["recovery_id"] for one in listed] == [offer]
    problem(await decide(call(), offer, 2), 403, "forbidden")
    problem(await decide(call("ana", "team_lead"), offer, 2), 403, "forbidden")
    problem(await decide(call("root", "cx_admin"), offer, 2), 403, "forbidden")
    answer = await decide(call("vilay", "team_lead"), offer, 2)
    assert answer.status_code == 200, answer.text
    assert [one["by"] for one in answer.json()["recovery"]["decisions"]] == ["mali", "vilay"]
    assert (await call("vilay", "team_lead").get(WAITING)).json()["items"] == []
    large = (await give(call(), version=3, amount="90.00")).json()["recovery"]["recovery_id"]
    told = problem(await decide(call("vilay", "team_lead"), large, 4), 403, "forbidden")
    assert "Somchai Dee" in told["remedy"]
    assert (await decide(call("somchai", "department_head"), large, 4)).status_code == 200
    problem(await decide(call("somchai", "department_head"), large, 5), 409, "conflict")


async def test_nobody_approves_their_own(call: Caller) -> None:
    offer = await waiting_offer(call("vilay", "team_lead"))
    told = problem(await decide(call("vilay", "team_lead"), offer, 2), 403, "forbidden")
    assert "offered themselves" in told["detail"]
    assert (await decide(call("somchai", "department_head"), offer, 2)).status_code == 200


async def test_a_refusal_takes_a_reason_and_gives_nothing(call: Caller) -> None:
    offer = await waiting_offer(call())
    lead = call("vilay", "team_lead")
    told = problem(await decide(lead, offer, 2, "refused"), 422, "invalid")
    assert told["field"] == "why"
    answer = await decide(lead, offer, 2, "refused", why="They got one last week.")
    assert answer.json()["recovery"]["decision"] == "refused"
    assert (await lead.get(f"{path_of(1)}/recoveries")).json()["given"] == "0.00"


async def test_what_one_customer_is_given_at_once_stays_within_the_limit(
    call: Caller, worker_pool: Pool
) -> None:
    client = call()
    answers = await asyncio.gather(
        *(give(client, n, 1, amount="30.00", key=f"{n}-{turn}") for n in (1, 2, 3) for turn in "ab")
    )
    assert {answer.status_code for answer in answers} == {201, 412}
    assert [answer.status_code for answer in answers].count(201) == 3
    given = "SELECT sum(amount) FROM routing.recovery WHERE decision = 'approved'"
    assert await worker_pool.fetchval(given) == 60  # the third would have made it 90 of 80
    offered = "SELECT count(*) FROM routing.recovery WHERE decision = 'offered'"
    assert await worker_pool.fetchval(offered) == 1


async def test_two_who_decide_at_once_decide_once(call: Caller, worker_pool: Pool) -> None:
    offer = await waiting_offer(call())
    lead = call("vilay", "team_lead")
    answers = await asyncio.gather(*(decide(lead, offer, 2) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.recovery") == 2


async def test_a_repeat_under_its_key_gives_once(call: Caller, worker_pool: Pool) -> None:
    first, again = await give(call(), key="k"), await give(call(), key="k")
    assert (first.text, again.headers["Idempotency-Replayed"]) == (again.text, "true")
    problem(await give(call(), version=2, amount="1.00", key="k"), 422, "key-reused")
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.recovery") == 1


async def test_what_was_merged_counts_for_the_one_that_it_went_into(
    call: Caller, worker_pool: Pool
) -> None:
    await worker_pool.execute(
        "UPDATE routing.followup SET opened_at = opened_at - interval '1 hour'"
        " WHERE followup_id = $1",
        followup_id(1),
    )
    await give(call(), 2, amount="40.00")
    body = {"into": str(followup_id(1)), "version": 1}
    answer = await call().post(f"{path_of(2)}/merge", json=body, headers={"If-Match": '"2"'})
    assert answer.status_code == 200, answer.text
    told = (await call().get(f"{path_of(1)}/recoveries")).json()
    assert (told["given"], told["left_alone"]) == ("40.00", "10.00")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": 30}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": "1.00", "currency": "USD"}, "currency"),
        ({"kind": "bitcoin"}, "kind"),
        ({"kind": "apology"}, "amount"),
        ({"why": " "}, "why"),
        ({"why": "\x00"}, "why"),
        ({"more": 1}, "more"),
    ],
)
async def test_what_is_wrong_is_named(call: Caller, body: dict[str, Any], field: str) -> None:
    told = problem(await give(call(), **body), 422, "invalid")
    assert told["field"] == field, told


async def test_other_tenants_and_unknown_offers_are_not_there(call: Caller) -> None:
    offer = await waiting_offer(call())
    stranger = call("vilay", "team_lead", OTHER_TENANT)
    problem(await decide(stranger, offer, 2), 404, "not-found")
    assert (await stranger.get(WAITING)).json()["items"] == []
    problem(await decide(call("vilay", "team_lead"), str(followup_id(1)), 2), 404, "not-found")


async def test_no_role_changes_or_deletes_what_was_decided(
    call: Caller, worker_pool: Pool, database_url: str
) -> None:
    await give(call())
    for role in ("closedloop_routing", "closedloop_routing_api"):
        connection = await asyncpg.connect(database_url)
        await connection.execute(f"SET ROLE {role}")
        for statement in (
            "UPDATE routing.recovery SET amount = 1",
            "DELETE FROM routing.recovery",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        await connection.close()


async def test_the_pages_offer_ask_and_approve(call: Caller) -> None:
    page = await call().get(f"/inbox/{followup_id(1)}")
    assert "up to 50.00 EUR needs no approval" in text_of(page)
    offer = await waiting_offer(call())
    lead = call("vilay", "team_lead")
    page = await lead.get("/inbox/approvals")
    assert "Refund of 120.00 EUR" in text_of(page)
    assert offer in page.text
    page = await lead.get(f"/inbox/{followup_id(1)}")
    assert 'value="approve"' in page.text
    mali = text_of(await call().get(f"/inbox/{followup_id(1)}"))
    assert "waits for approval" in mali
    assert "Vilay Sing decides." in mali
    assert "Nothing waits for you" in text_of(await call().get("/inbox/approvals"))


async def test_a_stale_offer_is_refused_with_how_it_stands(call: Caller) -> None:
    await patch(call(), 1, 1, {"note": "Called."})
    told = problem(await give(call()), 412, "stale-version")
    assert told["current"]["version"] == 2
