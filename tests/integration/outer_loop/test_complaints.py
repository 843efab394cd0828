"""Complaints about US banks: the top issues of each product, as pandas counts them."""

from __future__ import annotations

import random
from datetime import date, datetime, time
from typing import Any

import pandas as pd
import pytest

from services.outer_loop.adapters.seeing import CauseReads
from shared.contracts.events import FollowUpChanged
from shared.postgres.pool import create_pool
from tests.evaluate.corpora import DATA
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import NOW, Worker
from tests.integration.outer_loop.test_counts import ZONE

FILE = DATA / "cfpb_complaints.csv"
TOP = 5


def complaints() -> pd.DataFrame:
    read = pd.read_csv(FILE, usecols=["Complaint ID", "Product", "Issue", "Date received"])
    read["day"] = pd.to_datetime(read["Date received"], format="%Y/%m/%d").dt.date
    return read


def resolved(row: Any) -> FollowUpChanged:  # noqa: ANN401  (a row of pandas)
    """Return a complaint as a follow-up whose owner confirmed its issue as the cause."""
    event = story.changed(
        str(row["Complaint ID"]),
        customer=str(row["Complaint ID"]),
        touchpoint=row["Product"],
        what=row["Issue"],
        at=datetime.combine(row["day"], time(23, 30), ZONE),
    )
    data = event.data.model_copy(update={"changed_at": NOW})
    return event.model_copy(update={"data": data})


@pytest.mark.skipif(not FILE.is_file(), reason="the feedback files in ../shared/data are not here")
async def test_the_top_issues_of_each_product_are_those_that_pandas_finds(
    worker: Worker, database_url: str
) -> None:
    read = complaints()
    events = [resolved(row) for row in read.to_dict("records")]
    again = [*events, *events[::7]]
    random.Random(1).shuffle(again)
    for start in range(0, len(again), 500):
        await worker.followups(again[start : start + 500])
    async with await create_pool(database_url, role="closedloop_outer_loop_api") as pool:
        for first, last in (
            (read["day"].min(), read["day"].max()),
            (date(2019, 1, 1), date(2019, 12, 31)),
        ):
            async with CauseReads(pool).of(story.TENANT) as reads:
                found = await reads.causes("what_at", first, last)
            inside = read[(read["day"] >= first) & (read["day"] <= last)]
            for product, theirs in inside.groupby("Product"):
                counts = theirs["Issue"].value_counts()
                ours = {one.name: one.confirmed for one in found if one.at == product}
                assert ours == counts.to_dict(), (product, first)
                assert list(ours.values())[:TOP] == counts.tolist()[:TOP]
            assert sum(one.confirmed for one in found) == len(inside) > 1_000
