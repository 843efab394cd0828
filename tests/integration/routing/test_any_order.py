"""The state machine under fire: whatever is asked, in any order and at once, leads nowhere bad.

ANY_ORDER_EXAMPLES says how many stories are drawn.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from services.routing.adapters.postgres import PostgresTransactions
from services.routing.clock.duties import duties_of
from services.routing.domain.followup import FollowUp
from services.routing.errors import OvertakenError
from shared.clock import FixedClock
from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.contracts.events import FollowUpState
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing.acts import (
    CASES,
    PEOPLE,
    Act,
    Company,
    Contact,
    Done,
    Later,
    Many,
    Patch,
    Press,
    RunningClock,
    Seen,
    Step,
    Undo,
)
from tests.integration.routing.company import NOW, TENANT, scored
from tests.integration.routing.conftest import calling, opened, token
from tests.integration.routing.forbidden import (
    TABLES,
    everything,
    histories,
    refuse_what_is_forbidden,
)
from tests.integration.routing.promised import customer_of, followup_id, walk
from tests.integration.routing.test_followups_api import SOLVED

EXAMPLES = int(os.environ.get("ANY_ORDER_EXAMPLES", "40"))
#: What may be answered: done, or refused in words.
ANSWERS = {200, 201, 303, 403, 404, 409, 412, 422}
REFUSED = 400

_people = st.sampled_from([*PEOPLE, "mali", "vilay", "root"])
_cases = st.sampled_from(CASES)
_owners = st.sampled_from(["mali", "noy", "somchai", "vilay", "ana", "nobody"])
_notes = st.sampled_from(["", "Called."])
_solutions = st.sampled_from(
    [
        SOLVED,
        {**SOLVED, "action_taken": " "},
        {**SOLVED, "root_cause": {"what": "late", "why": "gremlins"}},
    ]
)
_bodies = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from([one.value for one in FollowUpState]),
        "owner": _owners,
        "note": _notes,
        "resolution": _solutions,
        "insist": st.booleans(),
    },
)
_patches = st.builds(
    Patch,
    who=_people,
    case=_cases,
    body=_bodies,
    behind=st.sampled_from([0, 0, 0, 1]),
    twice=st.booleans(),
)
_contacts = st.builds(
    Contact,
    who=_people,
    case=_cases,
    channel=st.sampled_from([one.value for one in ContactChannel]),
    outcome=st.sampled_from([one.value for one in ContactOutcome]),
)
_many = st.builds(
    Many,
    who=_people,
    body=st.one_of(
        st.just({"act": "take"}),
        st.fixed_dictionaries({"act": st.just("assign"), "owner": _owners, "note": _notes}),
        st.just({"act": "note", "note": "Read this."}),
    ),
    as_seen=st.booleans(),
)
_presses = st.builds(
    Press,
    case=_cases,
    button=st.sampled_from(["not_solved", "person", "add", "erase", "answer", "answer"]),
    choice=st.sampled_from(["0", "7", "10", "11"]),
)
_steps = st.builds(Step, who=_people, case=_cases, way=st.integers(0, 4))
_later = st.builds(Later, hours=st.sampled_from([0, 2, 20, 30, 200]))
_acts: st.SearchStrategy[Act] = st.one_of(
    _steps, _steps, _patches, _contacts, _many, st.builds(Undo, who=_people), _presses, _later
)
#: Where a case stands when a story begins: the states that an admin brought it through.
_WAYS = [
    "",
    "acknowledged",
    "acknowledged contacting",
    "acknowledged in_progress waiting_customer",
    "acknowledged in_progress resolved",
    "acknowledged in_progress resolved verified",
    "acknowledged in_progress resolved reopened",
    "acknowledged contacting declined_contact",
]
_FRESH = ("", "", "")
_starts = st.tuples(*(st.sampled_from(_WAYS) for _ in CASES))
#: Rounds, in each of which everybody acts at once.
_stories = st.lists(st.lists(_acts, min_size=1, max_size=5), min_size=1, max_size=12)


@pytest.fixture
async def company(app: FastAPI, settings: Settings, worker_pool: Pool) -> AsyncIterator[Company]:
    """Give everybody at work, on a clock that the story moves."""
    clock = RunningClock(NOW)
    app.state.desk = desk = replace(app.state.desk, clock=clock)
    duties = duties_of(worker_pool, desk.programs)

    async def do_what_is_due() -> None:
        for duty in duties:
            await duty.do_some(clock.now())

    async with AsyncExitStack() as stack:
        people = {
            who: await stack.enter_async_context(
                calling(app, Authorization=f"Bearer {token(settings, who, role)}")
            )
            for who, role in PEOPLE.items()
        }
        stranger = await stack.enter_async_context(calling(app))
        yield Company(
            people=people,
            customers={number: customer_of(app, stranger, number) for number in CASES},
            clock=clock,
            do_what_is_due=do_what_is_due,
        )


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection that sees all of the database."""
    found = await asyncpg.connect(settings.database_url)
    yield found
    await found.close()


async def begin_anew(
    company: Company, connection: asyncpg.Connection, pool: Pool, starts: Sequence[str]
) -> None:
    """Leave nothing of another story, open the cases of this one and bring them where it starts."""
    tables = ", ".join(f"routing.{name}" for name in (*TABLES, "outbox"))
    await connection.execute(f"TRUNCATE {tables}")
    company.clock.moment = NOW
    company.bulks.clear()
    await opened(pool, [scored(number, severity="medium") for number in CASES], FixedClock(NOW))
    for number, ways in zip(CASES, starts, strict=True):
        await walk(company.people["root"], number, *ways.split())


async def look(company: Company, connection: asyncpg.Connection) -> Counter[str]:
    """Let everybody read how the cases stand; return how many changes each actor has made."""
    told = await histories(connection)
    ends = {number: told[str(followup_id(number))][-1] for number in CASES}
    company.seen = {
        number: Seen(last["version"], FollowUpState(last["state"])) for number, last in ends.items()
    }
    return Counter(one["actor"] for history in told.values() for one in history)


def refuse_unanswered(made: Counter[str], done: list[Done]) -> None:
    """Fail when somebody made a change that no answer speaks of, or none that one does."""
    for actor in {one.actor for one in done} - {"clock"} | set(made) - {"clock", "program"}:
        least = sum(one.least for one in done if one.actor == actor)
        most = sum(one.most for one in done if one.actor == actor)
        assert least <= made[actor] <= most, f"{actor} was told of {least} to {most} changes"


async def refuse_others_changes(connection: asyncpg.Connection, done: list[Done]) -> None:
    """Fail when somebody was told of a version that was not made by them."""
    told = await histories(connection)
    all_made = [made for one in done for made in one.made]
    assert len(all_made) == len(set(all_made)), "two were told that they made one version"
    for one in done:
        for case, version in one.made:
            assert told[str(followup_id(case))][version - 1]["actor"] == one.actor


def steps(who: str, *ways: int) -> list[list[Act]]:
    return [[Step(who=who, case=1, way=way)] for way in ways]


def _twice_the_same_answer() -> list[Act]:
    return [Press(case=1, button="answer", choice=choice) for choice in ("0", "10")]


@examples(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(starts=_starts, story=_stories)
# Solved and not: opened again, the solution is gone; what is a colleague's is nobody else's.
@example(
    starts=_FRESH,
    story=[
        *[step for who in ("mali", "noy", "somchai") for step in steps(who, 0)],
        *steps("vilay", 1, 1, 0),
        *[step for who in ("mali", "noy", "somchai") for step in steps(who, 0)],
    ],
)
# Nobody tried to reach the customer who is given up.
@example(starts=_FRESH, story=steps("root", 0, 0, 2))
# What was taken is taken by another before it is put back.
@example(
    starts=_FRESH,
    story=[
        [Many(who="somchai", body={"act": "take"})],
        [Many(who="noy", body={"act": "take"})],
        [Undo(who="somchai")],
    ],
)
# Solved, asked a day later, answered twice at once while the lead closes it.
@example(
    starts=_FRESH,
    story=[
        *steps("vilay", 0, 1, 1),
        [Later(hours=30)],
        [*_twice_the_same_answer(), Step(who="vilay", case=1, way=1)],
        [Later(hours=200)],
    ],
)
# Everybody takes everything at once, and takes it back at once.
@example(
    starts=_FRESH,
    story=[
        [Many(who=who, body={"act": "take"}) for who in ("mali", "noy", "somchai", "vilay")],
        [Undo(who=who) for who in ("mali", "noy", "somchai", "vilay", "vilay")],
    ],
)
# The clock, the customer and the owner meet on one case.
@example(
    starts=_FRESH,
    story=[
        [Later(hours=200), Press(case=1, button="person"), Step(who="vilay", case=1, way=0)],
        [Later(hours=200), Press(case=1, button="erase"), Press(case=1, button="erase")],
    ],
)
async def test_no_acts_in_any_order_and_at_once_lead_to_what_is_forbidden(
    company: Company,
    connection: asyncpg.Connection,
    worker_pool: Pool,
    starts: tuple[str, ...],
    story: list[list[Act]],
) -> None:
    await begin_anew(company, connection, worker_pool, starts)
    made = await look(company, connection)
    before = await everything(connection)
    for round_ in story:
        done = await asyncio.gather(*(act.do(company) for act in round_))
        assert {one.status for one in done} <= ANSWERS, done
        now, after = await look(company, connection), await everything(connection)
        refuse_unanswered(now - made, done)
        await refuse_others_changes(connection, done)
        if all(one.status >= REFUSED for one in done):
            assert after == before, "what was refused has changed something"
        await refuse_what_is_forbidden(connection)
        made, before = now, after


async def test_who_forgets_the_lock_overwrites_nothing(
    app: FastAPI, worker_pool: Pool, connection: asyncpg.Connection
) -> None:
    await opened(worker_pool, [scored(1)])
    transactions: PostgresTransactions = app.state.desk.transactions
    both_have_read = asyncio.Barrier(2)

    async def change(owner: str) -> str:
        async with transactions.of(TENANT) as followups:
            found = await followups.find(followup_id(1))  # without its lock
            assert found is not None
            await both_have_read.wait()
            await followups.update(_given(found, owner))
        return owner

    results = await asyncio.gather(change("noy"), change("somchai"), return_exceptions=True)
    (refused,) = (one for one in results if isinstance(one, BaseException))
    assert isinstance(refused, OvertakenError)
    assert "to version 2" in refused.detail
    (winner,) = (one for one in results if isinstance(one, str))
    stands = await connection.fetchrow("SELECT version, owner FROM routing.followup")
    assert stands is not None
    assert tuple(stands) == (2, winner)


def _given(followup: FollowUp, owner: str) -> FollowUp:
    later = followup.changed_at + timedelta(minutes=1)
    return replace(followup, owner=owner, version=followup.version + 1, changed_at=later)
