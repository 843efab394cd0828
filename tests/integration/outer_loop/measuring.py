"""A plan that is being measured, brought there over HTTP, and the assessor's rounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from services.outer_loop.adapters.plans import PostgresPlans
from services.outer_loop.assessor.rounds import Rounds
from services.outer_loop.bootstrap import API_ROLE, WORKER_ROLE
from shared.clock import FixedClock
from shared.postgres.pool import create_pool
from shared.program.store import open_programs
from tests.integration.outer_loop.batches import Worker
from tests.integration.outer_loop.conftest import Caller
from tests.integration.outer_loop.months import Months
from tests.integration.outer_loop.test_api import FINANCE, LOGISTICS, PLAN, decide, patch

#: Thirteen weeks after it, and the two in which causes are confirmed, are over.
CHANGE = datetime.now(UTC).date() - timedelta(weeks=16)


async def measuring(call: Caller, worker: Worker, months: Months) -> dict[str, Any]:
    """Return a plan that is being measured, whose change was made on the day of `months`."""
    await months.bring(worker)
    [issue] = await worker.rows("SELECT issue_id FROM outer_loop.systemic_issue")
    items = [one | {"due_on": months.change.isoformat()} for one in (FINANCE, LOGISTICS)]
    place = f"/issues/{issue['issue_id']}/plans"
    plan = (await call().post(place, json=PLAN | {"items": items})).json()
    plan = (await patch(call(), plan, state="under_review")).json()
    await decide(call("fatima", "department_head"), plan, "finance", "approved")
    plan = (await decide(call("lena", "department_head"), plan, "logistics", "approved")).json()
    plan = (await patch(call(), plan, state="in_progress")).json()
    done = [one["item_id"] for one in plan["items"]]
    plan = (await patch(call(), plan, state="implemented", done=done)).json()
    found: dict[str, Any] = (await patch(call(), plan, state="measuring")).json()
    assert found["state"] == "measuring"
    return found


@asynccontextmanager
async def assessor(database_url: str, *, weeks_ago: int = 0) -> AsyncIterator[Rounds]:
    """Give the assessor, as it was so many weeks ago."""
    now = datetime.now(UTC) - timedelta(weeks=weeks_ago)
    async with (
        await create_pool(database_url, role=WORKER_ROLE, max_size=1) as pool,
        await create_pool(database_url, role=API_ROLE, max_size=2) as for_tenants,
        open_programs(database_url, role=WORKER_ROLE) as programs,
    ):
        yield Rounds(
            pool=pool,
            plans=PostgresPlans(for_tenants),
            programs=programs,
            clock=FixedClock(now),
        )
