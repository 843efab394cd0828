"""The simulated owners: each works the follow-ups that are theirs, through the public API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from deploy.sample.casework import Case, Casework, Course
from deploy.sample.company import Company
from deploy.sample.generator import SampleEvent
from deploy.sample.site import Desk, Office, expected
from shared.contracts.events import FollowUpState

PATH = "/followups/v1/followups"

_AT_ONCE = 8
_PAGE = 200
#: Somebody else changed the case meanwhile, or it cannot go where the owner meant it to.
_OVERTAKEN = {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """The owners, who know what really happened in the sample's events."""

    office: Office
    company: Company
    casework: Casework
    events: Mapping[UUID, SampleEvent]
    seed: int
    days: int

    async def work(self, progress: Callable[[int, int], None]) -> int:
        """Work every follow-up of the sample; return how many were brought on.

        Cases of other events are left alone, and so is a case that somebody overtakes twice.
        Raises SampleError when the API refuses a change or stays away.
        """
        todo = [
            (desk, case)
            for owner in self.company.program.owners
            for desk in [self.office.desk(owner.id, owner.name, "frontline_owner")]
            async for case in _cases(desk, owner.id)
            if case.feedback_id in self.events
        ]
        done = worked = 0
        queue = iter(todo)

        async def colleague() -> None:
            nonlocal done, worked
            for desk, case in queue:
                moved = await self._bring_on(desk, case)
                worked += moved
                done += 1
                progress(done, len(todo))

        try:
            async with asyncio.TaskGroup() as together:
                for _ in range(_AT_ONCE):
                    together.create_task(colleague())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        return worked

    async def _bring_on(self, desk: Desk, case: Case) -> bool:
        """Take the case through its course; tell whether it moved."""
        event = self.events[case.feedback_id]
        course = self.casework.course(
            self.company.habits,
            event.truth,
            case,
            seed=self.seed,
            age_days=self.days - 1 - event.day,
        )
        after = await _through(desk, case, course)
        if after is None:
            fresh = Case.of(await desk.get(f"{PATH}/{case.followup_id}"))
            after = await _through(desk, fresh, course) or fresh
        return after.version > case.version


async def _through(desk: Desk, case: Case, course: Course) -> Case | None:
    """Return the case at the end of its course, None when somebody overtook it."""
    for state in course.after(case.state):
        key = f"sample-{case.followup_id}-{case.version}-{state}"
        path = f"{PATH}/{case.followup_id}"
        if state is FollowUpState.CONTACTING:
            response = await desk.post(
                f"{path}/contacts", course.contact, version=case.version, key=key
            )
        else:
            response = await desk.patch(path, course.change(state), version=case.version, key=key)
        if response.status_code in _OVERTAKEN:
            return None
        answer = expected(response).json()
        case = Case.of(answer.get("followup", answer))
    return case


async def _cases(desk: Desk, owner: str) -> AsyncIterator[Case]:
    query: dict[str, str | int] = {"owner": owner, "limit": _PAGE}
    while True:
        page: dict[str, Any] = await desk.get(PATH, **query)
        for followup in page["items"]:
            yield Case.of(followup)
        if page["next"] is None:
            return
        query["cursor"] = page["next"]
