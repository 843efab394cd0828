"""What customers say after their follow-ups are resolved is kept, compared and erasable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from services.routing.domain.later import LATER_WINDOW
from shared.clock import FixedClock
from shared.contracts.events import FeedbackScored
from shared.postgres.pool import Pool
from shared.postgres.tenancy import tenant_transaction
from shared.settings import Settings
from tests.integration.routing.company import NOW, OTHER_TENANT, scored
from tests.integration.routing.conftest import Caller, calling, opened
from tests.integration.routing.promised import Customer, link_of_case
from tests.integration.routing.test_followups_api import SOLVED, patch
from tests.integration.routing.test_measures import MEASURES, _at

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RESOLVED = NOW + 3 * HOUR
DAYS = {"since": "2026-11-01", "until": "2026-12-31"}


@pytest.fixture
async def solved(app: FastAPI, call: Caller, worker_pool: Pool) -> None:
    """Let the first customer's follow-up be resolved at RESOLVED, and the second's be open."""
    await opened(worker_pool, [scored(1), scored(2)])
    lead = call("vilay", "team_lead")
    _at(app, RESOLVED)
    for version, state in enumerate(("acknowledged", "in_progress", "resolved"), start=1):
        body = {"state": state, **({"resolution": SOLVED} if state == "resolved" else {})}
        assert (await patch(lead, 1, version, body)).is_success
    _at(app, NOW + 20 * DAY)


def said(number: int, after: timedelta, value: int, customer: int = 1) -> FeedbackScored:
    """Return what a customer says so long after the resolution, about something else."""
    event = scored(
        number,
        flagged=value < 7,
        touchpoint="billing",
        received_at=RESOLVED + after + HOUR,
        customer_id=f"C-{customer:05}",
        rating={"scale": "nps", "value": value},
    )
    assert event.data.feedback.occurred_at == RESOLVED + after
    return event


async def later_of(call: Caller) -> dict[str, tuple[int, int]]:
    told: dict[str, Any] = (await call("mali").get(MEASURES, params=DAYS)).json()["all"]["later"]
    return {name: (one["n"], one["of"]) for name, one in told.items()}


@pytest.mark.usefixtures("solved")
async def test_who_says_nothing_is_silent_and_not_happy(call: Caller) -> None:
    none = (0, 0)
    assert await later_of(call) == {
        "recovered": none,
        "unchanged": none,
        "worse": none,
        "silent": (1, 1),
    }


@pytest.mark.usefixtures("solved")
@pytest.mark.parametrize(("value", "name"), [(9, "recovered"), (2, "unchanged"), (1, "worse")])
async def test_what_they_say_at_any_touchpoint_is_compared(
    call: Caller, worker_pool: Pool, value: int, name: str
) -> None:
    await opened(worker_pool, [said(10, DAY, value), said(11, DAY, 10, customer=2)])
    found = await later_of(call)
    assert (found.pop(name), found.pop("silent")) == ((1, 1), (0, 1))
    assert set(found.values()) == {(0, 1)}


@pytest.mark.usefixtures("solved")
async def test_the_last_word_counts_in_whichever_order_it_comes(
    call: Caller, worker_pool: Pool
) -> None:
    first, last = said(10, DAY, 1), said(11, 2 * DAY, 9)
    await opened(worker_pool, [last])
    await opened(worker_pool, [first, last])
    assert (await later_of(call))["recovered"] == (1, 1)


@pytest.mark.usefixtures("solved")
@pytest.mark.parametrize("after", [timedelta(0), -HOUR, LATER_WINDOW + HOUR])
async def test_what_was_said_before_it_or_long_after_is_not_of_it(
    call: Caller, worker_pool: Pool, after: timedelta
) -> None:
    await opened(worker_pool, [said(10, after, 9)])
    assert (await later_of(call))["silent"] == (1, 1)


@pytest.mark.usefixtures("solved")
async def test_what_is_opened_again_says_nothing_until_it_is_solved_again(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    await opened(worker_pool, [said(10, DAY, 9)])
    lead = call("vilay", "team_lead")
    assert (await patch(lead, 1, 4, {"state": "reopened"})).is_success
    assert (await later_of(call))["silent"] == (0, 0)
    for version, state in enumerate(("in_progress", "resolved"), start=5):
        body = {"state": state, **({"resolution": SOLVED} if state == "resolved" else {})}
        assert (await patch(call("vilay", "team_lead"), 1, version, body)).is_success
    assert (await later_of(call))["silent"] == (1, 1)


@pytest.mark.usefixtures("solved")
async def test_it_goes_with_the_customers_words_and_is_not_kept_again(
    app: FastAPI, settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [said(10, DAY, 9)])
    kept = "SELECT count(*) FROM routing.later_score"
    assert await worker_pool.fetchval(kept) == 1
    async with calling(app) as client:
        customer = Customer(client, link_of_case(settings, 1))
        assert (await customer.press("erase", sure="yes")).status_code == 303
    assert await worker_pool.fetchval(kept) == 0
    await opened(worker_pool, [said(11, 2 * DAY, 9)], FixedClock(NOW + 4 * DAY))
    assert await worker_pool.fetchval(kept) == 0


@pytest.mark.usefixtures("solved")
async def test_another_tenants_are_neither_kept_with_it_nor_seen(
    app: FastAPI, worker_pool: Pool
) -> None:
    theirs = scored(10, tenant=OTHER_TENANT, received_at=RESOLVED + DAY, customer_id="C-00001")
    await opened(worker_pool, [theirs])
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.later_score") == 0
    await opened(worker_pool, [said(11, DAY, 9)])
    api = app.state.desk.ways.pool
    for tenant, seen in (("demo", 1), (OTHER_TENANT, 0)):
        async with tenant_transaction(api, tenant) as connection:
            assert await connection.fetchval("SELECT count(*) FROM routing.later_score") == seen
