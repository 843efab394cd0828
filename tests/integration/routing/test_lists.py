"""What lists find, and how far they count."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.routing.adapters import postgres
from services.routing.adapters.postgres import PostgresTransactions
from services.routing.domain.ports import Count, Filter, Transactions
from services.routing.handlers.reading import FollowUpPage, list_followups
from shared.clock import FixedClock
from shared.ids import derived_id
from shared.postgres.pool import Pool, create_pool
from tests.integration.routing.company import (
    NOW,
    OTHER_TENANT,
    TENANT,
    WORDS,
    event_id,
    scored,
)
from tests.integration.routing.conftest import opened

OPEN = Filter(open_only=True)


@pytest.fixture
async def transactions(database_url: str) -> AsyncIterator[Transactions]:
    """Give transactions under the role that requests run as."""
    pool = await create_pool(database_url, role="closedloop_routing_api")
    yield PostgresTransactions(pool)
    await pool.close()


async def found(transactions: Transactions, wanted: Filter, *, limit: int = 50) -> FollowUpPage:
    return await list_followups(transactions, TENANT, wanted, after=None, limit=limit)


def customers(page: FollowUpPage) -> list[int]:
    return sorted(int(one.voice.customer_id.removeprefix("C-")) for one in page.followups)


@pytest.fixture
async def in_every_language(worker_pool: Pool) -> None:
    """Let customers speak, each in a language; another tenant's say the same."""
    for tenant in (TENANT, OTHER_TENANT):
        await opened(
            worker_pool,
            [
                scored(
                    number,
                    tenant=tenant,
                    language=language,
                    text=text,
                    contact={"name": f"Anna Smith-{number}", "email": f"a{number}@example.org"},
                )
                for number, (language, text) in enumerate(WORDS)
            ],
        )


FINDS = [
    ("parcel", [0]),
    ("PARCEL nobody", [0]),
    ("nobody parcel late", [0]),
    ("parcel never", []),
    ("ເງິນຄືນ", [1]),
    ("ຊ້າ", [1]),
    ("ผิดหวัง", [2]),
    ("客服", [3]),
    ("晚", [3]),
    ("ТАПСЫРЫС", [4]),
    ("khoom", [5]),
    ("Smith-6", [6]),
    ("a6@example", [6]),
    ("C-00006", [6]),
    ("%", []),
    ("_", []),
    ("\\", []),
    ("smith", [0, 1, 2, 3, 4, 5, 6, 7]),
    (str(derived_id("followup", str(event_id(5)))), [5]),
    (str(derived_id("followup", str(event_id(5, OTHER_TENANT)))), []),
]


@pytest.mark.usefixtures("in_every_language")
@pytest.mark.parametrize("few", [1_000, 0])
async def test_words_names_and_ids_are_found_in_any_language(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(postgres, "FOUND_UP_TO", few)  # 0: as if many follow-ups held the words
    for words, who in FINDS:
        page = await found(transactions, replace(OPEN, words=words.split()))
        assert customers(page) == who, words


async def test_each_filter_leaves_what_it_names(
    transactions: Transactions, worker_pool: Pool
) -> None:
    await opened(
        worker_pool,
        [
            scored(1, severity="critical", language="en", segment="Gold"),
            scored(2, severity="low", language="lo", segment="Gold", touchpoint="billing"),
            scored(3, severity="high", language="lo"),
        ],
    )
    later = FixedClock(NOW + timedelta(days=3))
    await opened(worker_pool, [scored(4, severity="medium", language="th")], later)
    for wanted, who in (
        (Filter(severities=["critical", "high"]), [1, 3]),
        (Filter(language="lo"), [2, 3]),
        (Filter(segment="Gold"), [1, 2]),
        (Filter(segment="Gold", language="lo"), [2]),
        (Filter(touchpoint="billing"), [2]),
        (Filter(teams=["billing-care"]), [2]),
        (Filter(teams=[]), []),
        (Filter(rule="late-delivery"), [1, 2, 3, 4]),
        (Filter(rule="another"), []),
        (Filter(opened_before=NOW + timedelta(days=1)), [1, 2, 3]),
        (Filter(states=["waiting_customer"]), []),
        (Filter(unowned=True), []),
    ):
        page = await found(transactions, replace(wanted, open_only=True))
        assert customers(page) == who, wanted
        assert page.matching == Count(len(who), is_exact=True), wanted


async def test_a_count_that_stops_says_so(
    transactions: Transactions, worker_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(worker_pool, [scored(n) for n in range(4)])
    monkeypatch.setattr(postgres, "COUNTED_UP_TO", 3)
    assert (await found(transactions, OPEN, limit=2)).matching == Count(3, is_exact=False)
    # A list that is shown whole needs no counting.
    assert (await found(transactions, OPEN)).matching == Count(4, is_exact=True)
    monkeypatch.setattr(postgres, "COUNTED_UP_TO", 4)
    assert (await found(transactions, OPEN, limit=2)).matching == Count(4, is_exact=True)
