"""Two hundred people at work on a few follow-ups at once: no change is lost, none is told twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from fastapi import FastAPI
from httpx import AsyncClient

from shared.contracts.events import FollowUpChanged
from shared.ids import derived_id
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing.company import event_id, scored
from tests.integration.routing.conftest import calling, opened, token

PEOPLE = 200
CASES = (1, 2, 3, 4)
#: Each tries this often, from the version that the last refusal named.
TRIES = 3
LIST = "/followups/v1/followups"

OUTBOX = """
    SELECT convert_from(value, 'UTF8') FROM routing.outbox
    WHERE topic = 'followup.changed.v1' ORDER BY id
"""


@dataclass(slots=True, kw_only=True)
class Told:
    """What the people were answered: notes by the version that took them, and the refusals."""

    taken: list[tuple[int, int, str]] = field(default_factory=list)
    refused: list[tuple[int, int, int]] = field(default_factory=list)


def path_of(number: int) -> str:
    return f"{LIST}/{derived_id('followup', str(event_id(number)))}"


async def work(client: AsyncClient, person: int, told: Told) -> None:
    """Note something on a case that forty-nine others note something on too."""
    number = CASES[person % len(CASES)]
    version = 1
    for attempt in range(TRIES):
        note = f"person {person}, attempt {attempt}"
        answer = await client.patch(
            path_of(number), json={"note": note}, headers={"If-Match": f'"{version}"'}
        )
        if answer.status_code == 200:
            told.taken.append((number, answer.json()["version"], note))
            return
        assert answer.status_code == 412, answer.text
        current = answer.json()["current"]["version"]
        told.refused.append((number, version, current))
        version = current


async def all_at_once(app: FastAPI, settings: Settings) -> Told:
    told = Told()

    async def one(person: int) -> None:
        access = token(settings, f"person-{person}", "cx_admin")
        async with calling(app, Authorization=f"Bearer {access}") as client:
            await work(client, person, told)

    await asyncio.gather(*(one(person) for person in range(PEOPLE)))
    return told


async def test_two_hundred_people_at_once_lose_no_update(
    app: FastAPI, settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(number) for number in CASES])
    told = await all_at_once(app, settings)

    assert told.refused, "nobody met anybody: the test shows nothing"
    assert all(current > tried for _, tried, current in told.refused)
    assert len(told.taken) + len(told.refused) >= PEOPLE
    taken_by_case = Counter(number for number, _, _ in told.taken)
    async with calling(app, Authorization=f"Bearer {token(settings)}") as client:
        for number in CASES:
            taken = {(v, note) for case, v, note in told.taken if case == number}
            history = (await client.get(f"{path_of(number)}/history")).json()["items"]
            stands = (await client.get(path_of(number))).json()
            assert len(taken) == taken_by_case[number]
            assert stands["version"] == 1 + len(taken)
            assert [entry["version"] for entry in history] == list(range(1, 2 + len(taken)))
            assert {(entry["version"], entry["note"]) for entry in history[1:]} == taken


async def test_every_change_that_was_answered_is_told_exactly_once(
    app: FastAPI, settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(number) for number in CASES])
    told = await all_at_once(app, settings)

    messages = [
        FollowUpChanged.model_validate_json(row[0]) for row in await worker_pool.fetch(OUTBOX)
    ]
    told_of = sorted((str(m.data.followup_id), m.data.version) for m in messages)
    answered = sorted(
        (path_of(number).rsplit("/", 1)[-1], version) for number, version, _ in told.taken
    )
    assert told_of == answered
    assert len({message.id for message in messages}) == len(messages)
