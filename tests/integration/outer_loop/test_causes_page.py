"""The causes of a period, on the page and as a table, against a count from the facts."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date

import pytest
from httpx import URL, AsyncClient

from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import Worker
from tests.integration.outer_loop.conftest import Caller
from tests.integration.outer_loop.test_counts import ZONE

PLACE = "/board/causes"


@pytest.fixture
async def pages(call: Caller, worker: Worker) -> AsyncClient:
    """Give a client of the board of a company with a history."""
    said, worked = story.history(11, feedback=200)
    await worker.feedback(said)
    await worker.followups(worked)
    client = call()
    client.base_url = URL("http://closedloop.test")
    return client


async def table(pages: AsyncClient, **asked: str) -> list[dict[str, str]]:
    answer = await pages.get(f"{PLACE}.csv", params=asked)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("first", "last"), [("2026-09-01", "2026-10-31"), ("2026-09-05", "2026-09-12")]
)
async def test_the_table_counts_the_customers_that_the_facts_have(
    pages: AsyncClient, worker: Worker, first: str, last: str
) -> None:
    expected: dict[str, set[str]] = defaultdict(set)
    for fact in await worker.rows(
        "SELECT what, customer_id, occurred_at FROM outer_loop.root_cause_fact"
    ):
        day = fact["occurred_at"].astimezone(ZONE).date()
        if fact["what"] and date.fromisoformat(first) <= day <= date.fromisoformat(last):
            expected[fact["what"]].add(fact["customer_id"])
    names = {one.id: one.name for one in story.program().taxonomy.what}
    rows = await table(pages, **{"from": first, "to": last})
    assert {row["cause"]: int(row["confirmed_customers"]) for row in rows} == {
        names[what]: len(customers) for what, customers in expected.items()
    }
    counts = [int(row["confirmed_customers"]) for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert not rows or float(rows[-1]["share_up_to_here"]) == 1
    page = (await pages.get(PLACE, params={"from": first, "to": last})).text
    for row in rows:
        assert (
            f'<th scope="row">{row["cause"]}</th><td class="number">{row["confirmed_customers"]}'
            in page
        )


async def test_whys_are_counted_as_well_and_days_without_anything_say_so(
    pages: AsyncClient,
) -> None:
    whys = {one.name for one in story.program().taxonomy.why}
    rows = await table(pages, by="why", **{"from": "2026-09-01", "to": "2026-10-31"})
    assert rows
    assert {row["cause"] for row in rows} <= whys
    empty = await pages.get(PLACE, params={"from": "2020-01-01", "to": "2020-01-31"})
    assert "Nothing was said in these days." in empty.text


@pytest.mark.parametrize(
    "asked", [{"from": "2026-02-30"}, {"from": "2026-03-02", "to": "2026-03-01"}, {"by": "who"}]
)
async def test_what_is_no_period_is_refused(pages: AsyncClient, asked: dict[str, str]) -> None:
    assert (await pages.get(PLACE, params=asked)).status_code == 422


async def test_another_tenant_sees_none_of_it(pages: AsyncClient, call: Caller) -> None:
    stranger = call("sam", "department_head", "other")
    stranger.base_url = URL("http://closedloop.test")
    rows = await table(stranger, **{"from": "2026-09-01", "to": "2026-10-31"})
    assert rows == []
