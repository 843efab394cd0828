"""Two follow-ups of one customer, made one and two again, over HTTP and in the database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from shared.clock import FixedClock
from shared.contracts.events import FeedbackScored, FollowUpChanged
from shared.postgres.pool import Pool
from tests.integration.routing.company import NOW, OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, calling, opened
from tests.integration.routing.promised import Customer, customer_of, followup_id, text_of, walk
from tests.integration.routing.test_followups_api import LIST, patch, path_of, problem
from tests.integration.routing.test_promise_page import at

Asked = Coroutine[Any, Any, Response]
BULK = "/followups/v1/bulk"
HOUR = timedelta(hours=1)
BROWSER = {"Accept": "text/html"}


def said(number: int, *, hours: float = 0, **more: Any) -> FeedbackScored:  # noqa: ANN401
    """Return what the one customer said, `hours` later."""
    parts = {"customer_id": "C-1", "severity": "medium", **more}
    return scored(number, received_at=NOW + hours * HOUR, **parts)


async def opened_in_turn(pool: Pool, *events: FeedbackScored) -> None:
    """Open each at its own moment; all become Mali's, who works on the customer."""
    for event in events:
        await opened(pool, [event], FixedClock(event.data.received_at))
    await pool.execute("UPDATE routing.followup SET owner = 'mali'")


async def merged(
    client: AsyncClient,
    younger: int,
    older: int,
    versions: tuple[int, int] = (1, 1),
    *,
    act: str = "merge",
    key: str = "",
) -> Response:
    body = {"into": str(followup_id(older)), "version": versions[1]}
    headers = {"If-Match": f'"{versions[0]}"', **({"Idempotency-Key": key} if key else {})}
    return await client.post(f"{path_of(younger)}/{act}", json=body, headers=headers)


async def test_the_younger_goes_into_the_older_and_comes_out_as_it_was(
    call: Caller, worker_pool: Pool
) -> None:
    await opened_in_turn(worker_pool, said(1), said(2, hours=5))
    client = call()
    before = (await client.get(path_of(2))).json()
    answer = await merged(client, 2, 1)
    assert answer.status_code == 200, answer.text
    assert (answer.headers["ETag"], answer.json()["into"]["version"]) == ('"2"', 2)
    gone = (await client.get(path_of(2))).json()
    assert (gone["state"], gone["open"], gone["sla"]["next_step"]) == ("merged", False, None)
    together = (await client.get(f"{path_of(1)}/merge")).json()
    assert [one["followup_id"] for one in together["merged"]] == [str(followup_id(2))]
    into = (await client.get(f"{path_of(2)}/merge")).json()["merged_into"]
    assert (into["survivor"], into["by"]) == (str(followup_id(1)), "mali")
    answer = await merged(client, 2, 1, (2, 2), act="split")
    assert answer.status_code == 200, answer.text
    after = (await client.get(path_of(2))).json()
    moved = {"version", "changed_at"}
    assert {name: part for name, part in after.items() if name not in moved} == {
        name: part for name, part in before.items() if name not in moved
    }
    assert (await client.get(f"{path_of(2)}/merge")).json()["merged_into"] is None


async def test_both_tell_it_in_their_histories_and_to_the_world(
    call: Caller, worker_pool: Pool
) -> None:
    await opened_in_turn(worker_pool, said(1), said(2, hours=5))
    client = call()
    await merged(client, 2, 1)
    await merged(client, 2, 1, (2, 2), act="split")
    for number, names in ((2, ["merged", "split"]), (1, ["absorbed", "split_off"])):
        history = (await client.get(f"{path_of(number)}/history")).json()["items"]
        assert [one["change"] for one in history] == ["opened", *names]
    rows = await worker_pool.fetch("SELECT value FROM routing.outbox ORDER BY 1")
    told = [FollowUpChanged.model_validate_json(row["value"]).data for row in rows]
    assert {(one.change, one.version) for one in told} == {
        ("merged", 2),
        ("absorbed", 2),
        ("split", 3),
        ("split_off", 3),
    }
    assert {(one.merge.followup_id, one.merge.into) for one in told if one.merge} == {
        (followup_id(2), followup_id(1))
    }


async def test_what_was_merged_is_in_no_list_no_load_and_no_queue(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    await opened_in_turn(
        worker_pool, said(1), said(2, hours=5), said(3, customer_id="C-3", hours=9)
    )
    client = call()
    async with calling(app) as guest:
        other = customer_of(app, guest, 3)
        assert "2 cases of this team are ahead" in await other.page()
        await merged(client, 2, 1)
        assert "1 case of this team is ahead" in await other.page()
    listed = (await client.get(LIST, params={"open": True})).json()
    assert {one["followup_id"] for one in listed["items"]} == {
        str(followup_id(1)),
        str(followup_id(3)),
    }
    alarm = "SELECT next_alarm_at, next_due_at FROM routing.followup WHERE followup_id = $1"
    assert tuple(await worker_pool.fetchrow(alarm, followup_id(2)) or ()) == (None, None)


async def test_a_stale_version_of_either_is_refused_with_how_it_stands(
    call: Caller, worker_pool: Pool
) -> None:
    await opened_in_turn(worker_pool, said(1), said(2, hours=5))
    client = call()
    await patch(client, 1, 1, {"note": "Called."})
    told = problem(await merged(client, 2, 1), 412, "stale-version")
    assert told["current"]["followup_id"] == str(followup_id(1))
    told = problem(await merged(client, 2, 1, (7, 2)), 412, "stale-version")
    assert told["current"]["followup_id"] == str(followup_id(2))
    assert (await client.post(f"{path_of(2)}/merge", json={})).status_code == 422
    assert (await merged(client, 2, 1, (1, 2))).status_code == 200


async def test_a_repeat_under_its_key_is_answered_as_the_first(
    call: Caller, worker_pool: Pool
) -> None:
    await opened_in_turn(worker_pool, said(1), said(2, hours=5))
    client = call()
    for act, versions in (("merge", (1, 1)), ("split", (2, 2))):
        first = await merged(client, 2, 1, versions, act=act, key=act)
        again = await merged(client, 2, 1, versions, act=act, key=act)
        assert (first.status_code, first.text) == (again.status_code, again.text)
        assert again.headers["Idempotency-Replayed"] == "true"
    other = await merged(client, 2, 1, (3, 3), key="merge")
    problem(other, 422, "key-reused")
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.merge") == 1


async def test_of_two_at_once_one_wins_and_opposite_ones_never_lock_each_other_out(
    call: Caller, worker_pool: Pool
) -> None:
    await opened_in_turn(worker_pool, said(1), said(2, hours=5), said(3, hours=6))
    client = call()
    pairs = [(2, 1), (1, 2), (3, 2), (3, 1), (2, 1), (2, 3)] * 4
    answers = await asyncio.gather(*(merged(client, *pair) for pair in pairs))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(200) == 1
    assert set(codes) <= {200, 412, 422}
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.merge") == 1


@pytest.mark.parametrize(
    ("event", "status", "field"),
    [
        (said(2, customer_id="C-2", hours=5), 422, "into"),
        (said(2, touchpoint="billing", hours=5), 422, "into"),
        (said(2, hours=200), 422, "into"),
        (said(2, severity="critical", hours=5), 409, "state"),
    ],
)
async def test_what_does_not_fit_is_refused_and_changes_nothing(
    call: Caller, worker_pool: Pool, event: FeedbackScored, status: int, field: str
) -> None:
    await opened_in_turn(worker_pool, said(1), event)
    answer = await merged(call("root", "cx_admin"), 2, 1)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert await worker_pool.fetchval("SELECT max(version) FROM routing.followup") == 1


async def test_strangers_and_other_tenants_merge_nothing(call: Caller, worker_pool: Pool) -> None:
    await opened_in_turn(worker_pool, said(1), said(2, hours=5), said(2, tenant=OTHER_TENANT))
    problem(await merged(call("noy"), 2, 1), 403, "forbidden")
    problem(await merged(call("ana", "team_lead"), 2, 1), 403, "forbidden")
    problem(await merged(call("vilay", "team_lead", OTHER_TENANT), 2, 1), 404, "not-found")
    foreign = {"into": str(followup_id(2, OTHER_TENANT)), "version": 1}
    answer = await call().post(f"{path_of(2)}/merge", json=foreign, headers={"If-Match": '"1"'})
    problem(answer, 404, "not-found")
    # and by a mere change of state nobody does
    answer = await patch(call("vilay", "team_lead"), 2, 1, {"state": "merged"})
    problem(answer, 409, "forbidden-transition")


async def test_merged_on_it_is_worked_on_in_the_last_one_and_found_from_all(
    call: Caller, worker_pool: Pool
) -> None:
    await opened_in_turn(worker_pool, said(1), said(2, hours=5), said(3, hours=6))
    client = call()
    assert (await merged(client, 3, 2)).status_code == 200
    assert (await merged(client, 2, 1, (2, 1))).status_code == 200
    into = (await client.get(f"{path_of(3)}/merge")).json()["merged_into"]
    assert (into["followup_id"], into["survivor"]) == (str(followup_id(2)), str(followup_id(1)))
    together = (await client.get(f"{path_of(1)}/merge")).json()["merged"]
    assert [one["followup_id"] for one in together] == [str(followup_id(n)) for n in (2, 3)]
    problem(await merged(client, 3, 1, (2, 2), act="split"), 409, "conflict")
    assert (await merged(client, 3, 2, (2, 3), act="split")).status_code == 200
    assert (await client.get(path_of(3))).json()["state"] == "assigned"


async def test_the_page_shows_what_was_said_in_both_and_merges_and_splits(
    call: Caller, worker_pool: Pool
) -> None:
    first, second = said(1, text="Late again."), said(2, hours=5, text="And now it is broken.")
    await opened_in_turn(worker_pool, first, second)
    client = call()
    page = await client.get(f"/inbox/{followup_id(1)}", headers=BROWSER)
    assert "Merge it into this one" in page.text
    assert "Merge this into that one" in (await client.get(f"/inbox/{followup_id(2)}")).text
    await merged(client, 2, 1)
    page = await client.get(f"/inbox/{followup_id(1)}", headers=BROWSER)
    assert "And now it is broken." in text_of(page)
    assert "Mali merged another one into it" in text_of(page)
    page = await client.get(f"/inbox/{followup_id(2)}", headers=BROWSER)
    assert "Split it off again" in page.text
    assert "It is worked on there." in text_of(page)


class TestTheCustomer:
    """What the customer sees by the link that they had before."""

    @pytest.fixture
    async def customer(self, app: FastAPI, call: Caller, worker_pool: Pool) -> Any:  # noqa: ANN401
        first = said(1, text="Late again.", contact={"name": "Som"})
        second = said(2, hours=5, text="And now it is broken.")
        await opened_in_turn(worker_pool, first, second)
        await merged(call(), 2, 1)
        async with calling(app) as guest:
            yield customer_of(app, guest, 2)

    async def test_their_link_leads_to_where_it_is_worked_on(
        self, call: Caller, customer: Customer
    ) -> None:
        page = await customer.page()
        assert "We joined it with another case of yours." in page
        assert "It has been given to somebody" in page
        assert "Late again." in page
        assert "And now it is broken." in page
        await walk(call(), 1, "acknowledged", "in_progress", version=2)
        assert "We are working on it." in await customer.page()

    async def test_what_they_do_is_done_there(
        self, call: Caller, customer: Customer, worker_pool: Pool
    ) -> None:
        await walk(call(), 1, "acknowledged", "in_progress", "resolved", version=2)
        await customer.press("not_solved", words="No, it is not.")
        state = "SELECT state FROM routing.followup WHERE followup_id = $1"
        assert await worker_pool.fetchval(state, followup_id(1)) == "reopened"
        assert await worker_pool.fetchval(state, followup_id(2)) == "merged"

    async def test_erasing_takes_the_words_of_both(
        self, customer: Customer, worker_pool: Pool
    ) -> None:
        await customer.press("erase")
        left = (
            "SELECT count(*) FROM routing.followup"
            " WHERE text IS NOT NULL OR contact_name IS NOT NULL"
        )
        assert await worker_pool.fetchval(left) == 0
        acts = "SELECT count(*) FROM routing.followup_change WHERE change = 'erasure_asked'"
        assert await worker_pool.fetchval(acts) == 1
        await customer.press("erase")
        assert await worker_pool.fetchval(acts) == 1


async def test_who_asked_for_a_person_before_is_still_called(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    await opened_in_turn(worker_pool, said(1), said(2, hours=5))
    async with calling(app) as guest:
        await customer_of(app, guest, 2).press("person", words="Call me.")
        assert (await merged(call(), 2, 1, (2, 1))).status_code == 200
        assert "Wants to speak to a person" in (await call().get(f"/inbox/{followup_id(1)}")).text
        await walk(call(), 1, "acknowledged", "contacting", version=2)
        page = await call().get(f"/inbox/{followup_id(1)}")
        assert "Wants to speak to a person" not in page.text


async def test_all_that_locks_several_at_once_never_waits_in_a_circle(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    numbers = range(1, 7)
    await opened_in_turn(worker_pool, *(said(n, hours=n) for n in numbers))
    client, chance = call("vilay", "team_lead"), random.Random(4)
    async with calling(app) as guest:
        customers = [customer_of(app, guest, n) for n in numbers]
        carried = [await one.fields() for one in customers]
        for turn in range(6):
            rows = await worker_pool.fetch("SELECT followup_id, version FROM routing.followup")
            versions = {row["followup_id"]: row["version"] for row in rows}

            def pair(
                act: str, versions: dict[UUID, int] = versions
            ) -> Coroutine[Any, Any, Response]:
                one, other = chance.sample(numbers, 2)
                seen = versions[followup_id(one)], versions[followup_id(other)]
                return merged(client, one, other, seen, act=act)

            asked = [pair(act) for act in ("merge", "split") * 5]
            notes = {"act": "note", "note": f"{turn}", "matching": {}}
            asked.append(client.post(BULK, json=notes, headers={"Idempotency-Key": f"{turn}"}))
            asked += [
                one.press(act, {**fields, "key": f"{turn}"}, words="Hello.")
                for one, fields in zip(customers, carried, strict=True)
                for act in ("add", "erase")
            ]
            chance.shuffle(asked)
            answers = await asyncio.gather(*asked)
            assert {one.status_code for one in answers} <= {200, 303, 409, 412, 422}
    ended = await worker_pool.fetch(
        "SELECT state = 'merged' AS is_merged, merge.into_id IS NOT NULL AS has_gone"
        " FROM routing.followup LEFT JOIN routing.merge"
        " ON merge.followup_id = followup.followup_id AND split_at IS NULL"
    )
    assert all(row["is_merged"] == row["has_gone"] for row in ended)


async def test_what_was_merged_is_neither_resolved_nor_closed_nor_broken_in_the_measures(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    await opened_in_turn(worker_pool, said(1), said(2, hours=5))
    at(app, NOW + 6 * HOUR)
    await merged(call(), 2, 1)
    at(app, NOW + 200 * HOUR)
    days = {"since": "2026-11-19", "until": "2026-12-10"}
    answer = await call("vilay", "team_lead").get("/followups/v1/measures", params=days)
    assert answer.status_code == 200, answer.text
    told = answer.json()["all"]
    assert told["opened"] == 2
    assert (told["closed"]["n"], told["kept"]["n"], told["kept"]["of"]) == (0, 0, 1)
