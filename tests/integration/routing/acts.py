"""What people, a customer and the clock can do to follow-ups: drawn by Hypothesis, done for real.

An act looks at the company as it stood when the round began, so that those of one round that
concern the same case are made on the same version, as people do who read a page and then act.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from httpx import AsyncClient

from services.routing.domain.transitions import TRANSITIONS
from shared.contracts.events import FollowUpState
from tests.integration.routing.promised import Customer, followup_id
from tests.integration.routing.test_followups_api import SOLVED, path_of

CASES = (1, 2, 3)
BULK = "/followups/v1/bulk"
#: Whom the tests let work: each subject has one role, so that a history tells who did what as what.
PEOPLE: Mapping[str, str] = {
    "mali": "frontline_owner",
    "noy": "frontline_owner",
    "somchai": "frontline_owner",
    "vilay": "team_lead",
    "ana": "team_lead",  # of another team
    "root": "cx_admin",
    "eye": "auditor",
    "hand": "contributor",
}


@dataclass(slots=True)
class RunningClock:
    """A clock that goes on by a second whenever somebody looks at it."""

    moment: datetime

    def now(self) -> datetime:
        """Return the present moment, which is then past."""
        self.moment += timedelta(seconds=1)
        return self.moment


@dataclass(frozen=True, slots=True)
class Seen:
    """How a case stood when the round began."""

    version: int
    state: FollowUpState


@dataclass(frozen=True, slots=True)
class Done:
    """How an act was answered, and how many changes by `actor` that answer speaks of.

    `made` are cases with the versions that the answer says `actor` brought them to.
    """

    actor: str
    status: int
    least: int = 0
    most: int = 0
    made: Sequence[tuple[int, int]] = ()


@dataclass(slots=True, kw_only=True)
class Company:
    """Everybody at work; `seen` by case, `bulks` the last one of each person."""

    people: Mapping[str, AsyncClient]
    customers: Mapping[int, Customer]
    clock: RunningClock
    do_what_is_due: Callable[[], Awaitable[object]]
    seen: Mapping[int, Seen] = field(default_factory=dict)
    bulks: dict[str, str] = field(default_factory=dict)
    keys: int = 0

    def new_key(self) -> str:
        """Return an idempotency key that nobody had."""
        self.keys += 1
        return f"key {self.keys}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Somebody asks for this change, on a version that may be old; perhaps twice, by one key."""

    who: str
    case: int
    body: Mapping[str, Any]
    behind: int = 0
    twice: bool = False

    async def do(self, company: Company) -> Done:
        """Ask, and ask again where it is asked twice: the repeat gets the kept answer."""
        version = max(company.seen[self.case].version - self.behind, 1)
        headers = {"If-Match": f'"{version}"'}
        if self.twice:
            headers["Idempotency-Key"] = company.new_key()
        answers = [
            await company.people[self.who].patch(
                path_of(self.case), json=self.body, headers=headers
            )
            for _ in range(2 if self.twice else 1)
        ]
        if self.twice and answers[0].status_code == HTTPStatus.OK:
            assert answers[0].content == answers[1].content
            assert answers[1].headers["idempotency-replayed"] == "true"
        if answers[0].status_code != HTTPStatus.OK:
            return Done(self.who, answers[0].status_code)
        assert version == company.seen[self.case].version, "a change of an old version was taken"
        return Done(self.who, HTTPStatus.OK, 1, 1, [(self.case, version + 1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Somebody goes one of the ways that the table shows from the state that they see."""

    who: str
    case: int
    way: int

    async def do(self, company: Company) -> Done:
        """Ask for the next state."""
        ways = sorted(TRANSITIONS[company.seen[self.case].state])
        state = ways[self.way % len(ways)] if ways else FollowUpState.CLOSED
        solved = {"resolution": SOLVED} if state is FollowUpState.RESOLVED else {}
        patch = Patch(who=self.who, case=self.case, body={"state": state.value, **solved})
        return await patch.do(company)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody says that they tried to reach the customer."""

    who: str
    case: int
    channel: str
    outcome: str

    async def do(self, company: Company) -> Done:
        """Log it: where nobody had seen the case, that is a change of its own."""
        version = company.seen[self.case].version
        answer = await company.people[self.who].post(
            f"{path_of(self.case)}/contacts",
            json={"channel": self.channel, "outcome": self.outcome},
            headers={"If-Match": f'"{version}"'},
        )
        if answer.status_code != HTTPStatus.CREATED:
            return Done(self.who, answer.status_code)
        now = answer.json()["followup"]["version"]
        made = [(self.case, one) for one in range(version + 1, now + 1)]
        return Done(self.who, HTTPStatus.CREATED, len(made), len(made), made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """Somebody takes, gives or annotates several at once: those that they see, or all open ones."""

    who: str
    body: Mapping[str, Any]
    as_seen: bool = False

    async def do(self, company: Company) -> Done:
        """Ask for it; where they are named, each change is on the version that was seen."""
        seen = [
            {"followup_id": str(followup_id(case)), "version": company.seen[case].version}
            for case in CASES
        ]
        answer = await company.people[self.who].post(
            BULK,
            json={**self.body, **({"items": seen} if self.as_seen else {"matching": {}})},
            headers={"Idempotency-Key": company.new_key()},
        )
        if answer.status_code != HTTPStatus.OK:
            return Done(self.who, answer.status_code)
        told = answer.json()
        company.bulks[self.who] = told["bulk_id"]
        refused = {one["followup_id"] for one in told["refused"]}
        made = [
            (case, company.seen[case].version + 1)
            for case in CASES
            if self.as_seen and str(followup_id(case)) not in refused
        ]
        return Done(self.who, HTTPStatus.OK, told["done"], told["done"], made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Somebody takes their last bulk back, perhaps not for the first time."""

    who: str

    async def do(self, company: Company) -> Done:
        """Ask for it; there may be none."""
        bulk_id = company.bulks.get(self.who, "00000000-0000-0000-0000-000000000000")
        answer = await company.people[self.who].post(f"{BULK}/{bulk_id}/undo")
        undone = answer.json()["undone"] if answer.status_code == HTTPStatus.OK else 0
        return Done(self.who, answer.status_code, 0, undone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """The customer presses a button of their page."""

    case: int
    button: str
    choice: str = ""
    words: str = "Again."

    async def do(self, company: Company) -> Done:
        """Open the page and press."""
        answer = await company.customers[self.case].press(
            self.button, words=self.words, choice=self.choice
        )
        is_once = self.button != "erase"  # erasing what is erased is no change
        done = answer.status_code == HTTPStatus.SEE_OTHER
        return Done("customer", answer.status_code, int(done and is_once), int(done))


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Time passes, and the clock process does what came due."""

    hours: float

    async def do(self, company: Company) -> Done:
        """Move the clock and do the duties."""
        company.clock.moment += timedelta(hours=self.hours)
        await company.do_what_is_due()
        return Done("clock", HTTPStatus.OK)


Act = Patch | Step | Contact | Many | Undo | Press | Later
