"""A week of recorded complaints, and the people of a company at work on them.

What a person does follows from the state of the follow-up and a hash of its number, so that each
run is the same. The week holds the end of summer time in Berlin, the work goes on over New York's.
"""

from __future__ import annotations

import csv
import heapq
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient

from services.routing.adapters.alarms import PostgresAlarmTransactions
from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.clock.duties import duties_of
from services.routing.clock.engine import ClockWork
from services.routing.handlers.opening import open_followups
from shared.clock import FixedClock, SystemClock
from shared.contracts.events import FeedbackScored
from shared.postgres.pool import Pool
from shared.program.store import ProgramStore, open_programs
from shared.settings import Settings
from tests.integration.routing.company import TENANT, scored
from tests.integration.routing.conftest import calling, token
from tests.integration.routing.promised import Customer, link_of_case
from tests.integration.routing.recorded_company import COMPANY, PROGRAM, TOUCHPOINTS
from tests.integration.routing.test_followups_api import SOLVED, patch, path_of

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
#: Saturday to Friday in Vientiane, whose midnight is 17:00 UTC.
BEGIN = datetime(2026, 10, 23, 17, tzinfo=UTC)
WEEK = timedelta(days=7)
#: When the measures are read: for some the seven days after their resolution are over.
END = BEGIN + timedelta(days=13, hours=11)
_RECORDED = datetime(2015, 2, 17, 8, tzinfo=UTC)
_CLOCK_EVERY, _LOOK_AGAIN = 6 * HOUR, 20 * HOUR

#: Numbers from here on are those of praises.
_PRAISES = 100_000

_NEXT: dict[str, list[str]] = {
    "assigned": ["acknowledged", "call", "acknowledged", "call"],
    "acknowledged": ["contacting", "in_progress", "call", "contacting"],
    "contacting": [
        *("in_progress", "call", "waiting_customer", "call", "unreachable"),
        *("in_progress", "declined_contact", "call"),
    ],
    "in_progress": ["resolved", "call", "resolved", "resolved", "waiting_customer"],
    "waiting_customer": ["in_progress", "resolved", "in_progress"],
    "unreachable": ["", "contacting"],
    "reopened": ["in_progress", "contacting"],
    "verified": ["", "closed", ""],
}
_SHORT = {"assigned": "acknowledged", "acknowledged": "in_progress", "in_progress": "resolved"}
#: What customers say when asked again, from 0 to 10; most say nothing.
_ANSWERS = ["10", "9", "7", "1", "2", "", "", ""]
#: The same on the scale of effort, from 1 to 7.
_EFFORTS = ["7", "6", "5", "1", "2", "", "", ""]


def chance(*what: object, of: int) -> int:
    """Return a number from 0 to `of` - 1 that depends on nothing but `what`."""
    return int.from_bytes(sha256(repr(what).encode()).digest()[:6]) % of


def complaints(file: Path, many: int) -> list[FeedbackScored]:
    """Return every n-th negative row of a week of `file`, moved to ours, in the order of time."""
    return [_scored(number, *row) for number, row in enumerate(_spread(file, "negative", many))]


def praises(file: Path, many: int) -> list[FeedbackScored]:
    """Return what is said well in the same week, by some of the same customers."""
    return [_praise(_PRAISES + n, *row) for n, row in enumerate(_spread(file, "positive", many))]


def _spread(file: Path, sentiment: str, many: int) -> list[tuple[datetime, dict[str, str]]]:
    with file.open(encoding="utf-8", newline="") as lines:
        told = [
            (_moment(row), row)
            for row in csv.DictReader(lines)
            if row["airline_sentiment"] == sentiment
        ]
    rows = sorted((one for one in told if BEGIN <= one[0] < BEGIN + WEEK), key=lambda one: one[0])
    return rows[:: len(rows) // many][:many]


def _praise(number: int, moment: datetime, row: dict[str, str]) -> FeedbackScored:
    return scored(
        number,
        flagged=False,
        text=row["text"].replace("\0", "") or None,
        received_at=moment,
        customer_id=_customer(number),
        rating={"scale": "nps", "value": 9},
    )


def _moment(row: dict[str, str]) -> datetime:
    told = datetime.strptime(row["tweet_created"], "%Y-%m-%d %H:%M:%S %z")
    return told.astimezone(UTC) - _RECORDED + BEGIN


def _scored(number: int, moment: datetime, row: dict[str, str]) -> FeedbackScored:
    return scored(
        number,
        touchpoint=TOUCHPOINTS[chance("touchpoint", row["tweet_id"], of=3)],
        severity=["critical", "high", "medium", "low"][chance("severity", number, of=4)],
        text=row["text"].replace("\0", "") or None,
        received_at=moment,
        customer_id=_customer(number),
        segment=["Gold", None, "New"][chance("segment", number, of=3)],
        **_rating(number),
    )


def _customer(number: int) -> str:
    return f"C-{chance('customer', number, of=200)}"


def _rating(number: int) -> dict[str, Any]:
    if _speaks_of_effort(number):
        value = 1 + chance("effort", number, of=3)
        return {"rating": {"scale": "ces", "value": value}}
    return {"rating": {"scale": "nps", "value": chance("nps", number, of=7)}}


def _speaks_of_effort(number: int) -> bool:
    return not chance("scale", number, of=4)


@dataclass(slots=True)
class Week:
    """The desk, moved from one deed to the next; `deeds` are ordered by time."""

    app: FastAPI
    client: AsyncClient
    customers: AsyncClient
    pool: Pool
    deeds: list[tuple[datetime, int, Callable[[datetime], Awaitable[None]]]] = field(
        default_factory=list
    )
    planned: int = 0

    def plan(self, moment: datetime, deed: Callable[[datetime], Awaitable[None]]) -> None:
        """Let something be done at a moment."""
        self.planned += 1
        heapq.heappush(self.deeds, (moment, self.planned, deed))

    async def live(self, events: list[FeedbackScored]) -> None:
        """Open what `events` ask for, complaints first, and work until the end."""
        for number, event in enumerate(events):
            self.plan(event.data.received_at, self._taking_in(number, event))
        for moment in _every(_CLOCK_EVERY):
            self.plan(moment, self._tick)
        while self.deeds and self.deeds[0][0] <= END:
            moment, _, deed = heapq.heappop(self.deeds)
            self.at(moment)
            await deed(moment)
        self.at(END)

    def at(self, moment: datetime) -> None:
        """Set the clock of the desk."""
        self.app.state.desk = replace(self.app.state.desk, clock=FixedClock(moment))

    def as_somebody(self, subject: str, role: str) -> AsyncClient:
        """Return a client that calls as somebody."""
        bearer = token(self.app.state.settings, subject, role)
        self.client.headers["Authorization"] = f"Bearer {bearer}"
        return self.client

    async def _tick(self, moment: datetime) -> None:
        # Programs count from when they were activated, which is by the clock on the wall.
        clock, programs = FixedClock(moment), ProgramStore(self.pool, SystemClock())
        woken = PostgresAlarmTransactions(self.pool).woken
        await ClockWork(duties=duties_of(self.pool, programs), clock=clock, woken=woken).do_all()

    def _taking_in(
        self, number: int, event: FeedbackScored
    ) -> Callable[[datetime], Awaitable[None]]:
        async def take_in(moment: datetime) -> None:
            async with self.pool.acquire() as connection, connection.transaction():
                openings, clock = PostgresOpenings(connection), FixedClock(moment)
                await open_followups(openings, [event], programs={TENANT: PROGRAM}, clock=clock)
            if event.data.score.flagged and chance("never", number, of=10):
                self.plan(moment + _delay(number, 0), self._visit(number, 0))

        return take_in

    def _visit(self, number: int, times: int) -> Callable[[datetime], Awaitable[None]]:
        async def work(moment: datetime) -> None:
            case = (await self.as_somebody("kham", "cx_admin").get(path_of(number))).json()
            step = _step(number, times, case, moment)
            if isinstance(step, datetime):
                self.plan(step, self._visit(number, times))
            elif step:
                await self._act(number, case, step, moment)
                self.plan(moment + _delay(number, times + 1), self._visit(number, times + 1))
            elif case["state"] == "resolved":
                self.plan(moment + _LOOK_AGAIN, self._visit(number, times + 1))

        return work

    async def _act(self, number: int, case: dict[str, Any], step: str, moment: datetime) -> None:
        lead = next(one.lead for one in PROGRAM.teams if one.id == case["team"])
        leads = _is_sweep(case) or step == "closed" or not chance("lead", number, step, of=8)
        who = (lead, "team_lead") if leads else (case["owner"], "frontline_owner")
        client, version = self.as_somebody(*who), case["version"]
        if step == "call":
            outcome = ["no_answer", "reached", "reached"][chance("outcome", number, version, of=3)]
            answer = await client.post(
                f"{path_of(number)}/contacts",
                json={"channel": "phone", "outcome": outcome},
                headers={"If-Match": f'"{version}"'},
            )
        elif step == "hand over":
            whom = {"owner": _colleague(case), "note": "You know them better."}
            answer = await patch(client, number, version, whom)
        else:
            body = {"state": step, **({"resolution": SOLVED} if step == "resolved" else {})}
            answer = await patch(client, number, version, body)
        # Who wants to give up without having tried is sent back.
        assert answer.is_success or step == "unreachable", answer.text
        answers = _EFFORTS if _speaks_of_effort(number) else _ANSWERS
        choice = answers[chance("answer", number, version, of=len(answers))]
        if step == "resolved" and choice:
            later = moment + 13 * HOUR + chance("when", number, of=72 * 3600) * SECOND
            self.plan(later, self._answer(number, choice))

    def _answer(self, number: int, choice: str) -> Callable[[datetime], Awaitable[None]]:
        async def say(_: datetime) -> None:
            path = link_of_case(self.app.state.settings, number)
            answer = await Customer(self.customers, path).press("answer", choice=choice)
            assert answer.status_code == 303, answer.text

        return say


def _step(number: int, times: int, case: dict[str, Any], moment: datetime) -> str | datetime:
    """Return what is done next, when to look again, or nothing."""
    due = datetime.fromisoformat(case["due_at"])
    if _is_sweep(case) or _is_hasty(number):
        step = _SHORT.get(case["state"], "")
        last = due - (60 + chance("sweep", number, of=1100)) * SECOND
        return last if _is_sweep(case) and step == "resolved" and moment < last else step
    if times > 2 and not chance("left", number, of=8):
        return ""
    if times == 1 and not chance("hand over", number, of=8):
        return "hand over"
    steps = _NEXT.get(case["state"], [""])
    return steps[chance("step", number, times, of=len(steps))]


def _colleague(case: dict[str, Any]) -> str:
    team = next(one for one in PROGRAM.teams if one.id == case["team"])
    return team.owners[(team.owners.index(case["owner"]) + 1) % len(team.owners)]


def _is_sweep(case: dict[str, Any]) -> bool:
    """Whether it is one of those whose lead resolves them all at the last moment."""
    return bool(case["team"] != "vientiane" and case["severity"] == "low")


def _is_hasty(number: int) -> bool:
    return not chance("hasty", number, of=12)


def _delay(number: int, times: int) -> timedelta:
    if _is_hasty(number):
        return (5 + chance("haste", number, times, of=40)) * SECOND
    longest = [3600, 3600, 6 * 3600, 40 * 3600][chance("pace", number, times, of=4)]
    return (30 + chance("delay", number, times, of=longest)) * SECOND


def _every(span: timedelta) -> Iterator[datetime]:
    moment = BEGIN
    while (moment := moment + span) <= END:
        yield moment


@asynccontextmanager
async def week_at(settings: Settings, pool: Pool) -> AsyncIterator[Week]:
    """Give the company at its desk."""
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        await programs.activate(json.dumps(COMPANY), who="tests", why="a first program")
    app = create_app(settings)
    async with app.router.lifespan_context(app), calling(app) as client, calling(app) as customers:
        yield Week(app=app, client=client, customers=customers, pool=pool)
