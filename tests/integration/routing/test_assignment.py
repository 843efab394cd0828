"""Owners by the whole of what is stored: loads, last owners, turns; and what the API tells."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.handlers.opening import open_followups
from shared.clock import FixedClock
from shared.contracts.events import FeedbackScored, FollowUpChanged
from shared.contracts.records import Outcome
from shared.ids import derived_id
from shared.postgres.pool import Pool
from shared.program.document import Program
from tests.integration.routing.company import DOCUMENT, NOW, event_id, scored
from tests.integration.routing.conftest import Caller

LIST = "/followups/v1/followups"
TODAY = NOW.date()


def program_of(
    *,
    assignment: Sequence[str] = (),
    absences: Sequence[str] = (),
    until: date = TODAY,
    **each: object,
) -> Program:
    """Return the company with preferences of delivery care, absences, and `each` of its owners."""
    care, *others = DOCUMENT["teams"]
    preferences = [{"by": by.strip("!"), "must": by.endswith("!")} for by in assignment]
    return Program.model_validate(
        {
            **DOCUMENT,
            "owners": [{**owner, **each} for owner in DOCUMENT["owners"]],
            "teams": [{**care, "assignment": preferences}, *others],
            "absences": [
                {"owner": name, "first_day": TODAY, "last_day": until} for name in absences
            ],
        }
    )


async def opened(
    pool: Pool, events: Sequence[FeedbackScored], program: Program, now: datetime = NOW
) -> Sequence[Outcome]:
    async with pool.acquire() as connection, connection.transaction():
        return await open_followups(
            PostgresOpenings(connection),
            events,
            programs={"demo": program},
            clock=FixedClock(now),
        )


async def owners_of(pool: Pool, numbers: Sequence[int]) -> list[str]:
    rows = await pool.fetch("SELECT feedback_id, owner FROM routing.followup")
    owners = {row["feedback_id"]: row["owner"] for row in rows}
    return [owners[event_id(number)] for number in numbers]


async def set_state(pool: Pool, number: int, state: str, owner: str) -> None:
    async with pool.acquire() as connection:
        await connection.execute("SET ROLE NONE")
        await connection.execute(
            "UPDATE routing.followup SET state = $2, owner = $3 WHERE feedback_id = $1",
            event_id(number),
            state,
            owner,
        )


async def test_what_is_open_counts_and_what_is_closed_does_not(worker_pool: Pool) -> None:
    program = program_of(capacity=10)
    await opened(worker_pool, [scored(n) for n in range(5)], program)
    for number in range(5):
        await set_state(worker_pool, number, "assigned", "mali")
    await set_state(worker_pool, 5 - 1, "closed", "noy")
    await opened(worker_pool, [scored(n) for n in range(10, 16)], program)
    given = Counter(await owners_of(worker_pool, range(10, 16)))
    assert given == {"noy": 3, "somchai": 3}


async def test_an_owner_of_two_teams_has_one_load(worker_pool: Pool) -> None:
    program = program_of(capacity=2)
    await opened(worker_pool, [scored(n, touchpoint="billing") for n in range(4)], program)
    assert Counter(await owners_of(worker_pool, range(4))) == {"ana": 2, "noy": 2}
    await opened(worker_pool, [scored(n) for n in range(10, 14)], program)
    assert Counter(await owners_of(worker_pool, range(10, 14))) == {"mali": 2, "somchai": 2}


async def test_a_customer_comes_back_to_who_had_them_in_this_team_not_too_long_ago(
    worker_pool: Pool,
) -> None:
    program = program_of(assignment=["continuity"])
    await opened(
        worker_pool,
        [scored(1, customer_id="C-7"), scored(2, touchpoint="billing", customer_id="C-7")],
        program,
    )
    await set_state(worker_pool, 1, "closed", "somchai")
    soon, late = NOW + timedelta(days=89), NOW + timedelta(days=91)
    await opened(worker_pool, [scored(3, customer_id="C-7")], program, soon)
    assert await owners_of(worker_pool, [3]) == ["somchai"]
    await set_state(worker_pool, 3, "closed", "noy")
    async with worker_pool.acquire() as connection:
        await connection.execute("SET ROLE NONE")
        await connection.execute("UPDATE routing.followup SET changed_at = $1", NOW)
    await opened(worker_pool, [scored(4, customer_id="C-7")], program, late)
    row = await worker_pool.fetchrow(
        "SELECT assignment_why->'asked' AS asked FROM routing.followup WHERE feedback_id = $1",
        event_id(4),
    )
    assert row is not None
    assert row["asked"] is None


async def test_turns_are_remembered_from_batch_to_batch(worker_pool: Pool) -> None:
    without_mali, everybody = program_of(absences=["mali"]), program_of()
    for number in range(4):
        await opened(worker_pool, [scored(number)], without_mali)
    assert await owners_of(worker_pool, range(4)) == ["noy", "somchai", "noy", "somchai"]
    for number in range(4, 10):
        await opened(worker_pool, [scored(number)], everybody)
    shares = Counter(await owners_of(worker_pool, range(4, 10)))
    assert shares == {"mali": 2, "noy": 2, "somchai": 2}


async def test_batches_side_by_side_share_the_work_evenly(worker_pool: Pool) -> None:
    program = program_of(assignment=["language", "continuity"], capacity=100)
    batches = [[scored(10 * n + m) for m in range(10)] for n in range(6)]
    await asyncio.gather(*(opened(worker_pool, batch, program) for batch in batches))
    shares = Counter(await owners_of(worker_pool, range(60)))
    assert shares == {"mali": 20, "noy": 20, "somchai": 20}


async def test_an_event_again_gets_the_same_bytes_though_everything_has_changed(
    worker_pool: Pool,
) -> None:
    events = [scored(n, language="th") for n in range(3)]
    first = await opened(
        worker_pool, events, program_of(assignment=["language!"], languages=["en"])
    )
    again = await opened(worker_pool, events[::-1], program_of(capacity=1, absences=["noy"]))
    assert [one.outgoing for one in again] == [one.outgoing for one in first][::-1]
    assert not any(one.fresh for one in again)
    positions = await worker_pool.fetchval("SELECT array_agg(position) FROM routing.rotation")
    assert positions == [3]


async def test_what_nobody_can_be_given_is_an_alarm_at_the_leads(
    call: Caller, worker_pool: Pool
) -> None:
    program = program_of(assignment=["language!"], languages=["en"])
    (alarm, _) = await opened(worker_pool, [scored(1, language="lo"), scored(2)], program)
    told = FollowUpChanged.model_validate_json(alarm.outgoing[0].value or b"")
    assert (told.data.owner, told.data.assigned_as_last_resort) == ("vilay", True)
    client = call("vilay", "team_lead")
    found = (await client.get(LIST, params={"assigned_as_last_resort": True})).json()
    others = (await client.get(LIST, params={"assigned_as_last_resort": False})).json()
    (item,) = found["items"]
    assert item["customer_id"] == "C-00001"
    assert item["assignment"]["decided_by"] == "last_resort"
    assert item["assignment"]["asked"] == [
        {"by": "language", "wanted": "lo", "must": True, "met": False}
    ]
    assert [one["assigned_as_last_resort"] for one in others["items"]] == [False]
    answer = await client.patch(path_of(1), json={"owner": "mali"}, headers={"If-Match": '"1"'})
    assert answer.json()["assigned_as_last_resort"] is False
    history = (await client.get(f"{path_of(1)}/history")).json()["items"]
    assert history[0]["assignment"]["is_last_resort"] is True
    assert history[1]["assignment"]["words"] == "Given to Mali Chan by Vilay Sing."
    gone = (await client.get(LIST, params={"assigned_as_last_resort": True})).json()
    assert gone["counts"]["matching"] == 0


def path_of(number: int) -> str:
    return f"{LIST}/{derived_id('followup', str(event_id(number)))}"


async def test_the_api_says_why_its_owner_has_it_and_takes_a_hand_over_with_a_note(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)], program_of())
    client = call("mali")
    seen = (await client.get(path_of(1))).json()
    assert seen["assignment"]["words"] == "It was the turn of Mali Chan, 1 of 3 in Delivery care."
    mute = await client.patch(path_of(1), json={"owner": "noy"}, headers={"If-Match": '"1"'})
    assert (mute.status_code, mute.json()["field"]) == (422, "note")
    said = await client.patch(
        path_of(1), json={"owner": "noy", "note": "She wants a call."}, headers={"If-Match": '"1"'}
    )
    assert said.status_code == 200, said.text
    assert said.json()["owner"] == "noy"
    words = "Handed over to Noy Keo by Mali Chan, with: She wants a call."
    assert said.json()["assignment"]["words"] == words
    history = (await client.get(f"{path_of(1)}/history")).json()["items"]
    assert (history[1]["change"], history[1]["assignment"]["words"]) == ("handed_over", words)
    noted = await call("noy").patch(
        path_of(1), json={"note": "Called."}, headers={"If-Match": '"2"'}
    )
    assert noted.json()["assignment"]["words"] == words
    history = (await client.get(f"{path_of(1)}/history")).json()["items"]
    assert history[2]["assignment"] is None


async def test_a_follow_up_from_before_reasons_were_kept_is_read(
    call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)], program_of())
    async with worker_pool.acquire() as connection:
        await connection.execute("SET ROLE NONE")
        await connection.execute("UPDATE routing.followup SET assignment_why = NULL")
        await connection.execute("UPDATE routing.followup_change SET assignment_why = NULL")
    seen = (await call().get(path_of(1))).json()
    assert (seen["assignment"], seen["assigned_as_last_resort"]) == (None, False)
    page = await call().get(f"/inbox/{path_of(1).rsplit('/', 1)[1]}")
    assert page.status_code == 401 or "It was their turn: 1 of 3" in page.text
