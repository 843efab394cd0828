"""A customer is taken out of everything, and nobody else is touched."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from deploy.erasing.certificate import Request, digest_of
from deploy.erasing.erase import STATEMENTS, erase
from deploy.erasing.passing import until_all_passed
from shared.clock import FixedClock
from shared.contracts.codec import encode
from shared.contracts.events import FeedbackScored
from shared.contracts.records import Outgoing
from shared.errors import ClosedLoopError
from shared.kafka.producer import Producer
from shared.postgres.pool import Connection, create_pool
from shared.settings import Settings
from tests.integration.routing.company import NOW, OTHER_TENANT, TENANT, scored
from tests.integration.routing.conftest import activate_programs, opened

pytestmark = pytest.mark.own_topics

LEFT = (Path(__file__).parent / "left_everywhere.sql").read_text()
WHO = "lab-7"
#: Whose ids begin or end alike, and somebody of the same id at another company.
NEIGHBOURS = ("lab-77", "lab-7-2", "a-lab-7")
REQUEST = Request(tenant=TENANT, customer_id=WHO, who="ana", why="their letter of 3 November")
SCHEMAS = ("ground", "ledger", "program", "web", "ingest", "scoring", "routing", "outer_loop")


def said_by(number: int, customer: str, tenant: str = TENANT) -> FeedbackScored:
    return scored(
        number,
        tenant=tenant,
        customer_id=customer,
        text=f"Words of {customer}",
        account_id=f"account of {customer}",
        contact={"name": f"Name of {customer}", "email": f"{customer}@home.test"},
        attributes={"table": f"Words of {customer}"},
    )


EVENTS = [
    said_by(1, WHO),
    said_by(2, WHO),
    *(said_by(number, one) for number, one in enumerate(NEIGHBOURS, start=3)),
    said_by(9, WHO, OTHER_TENANT),
]


@pytest.fixture
async def owner(settings: Settings) -> AsyncIterator[Connection]:
    """Give a connection that sees all, after the customers left their traces everywhere."""
    await activate_programs(settings)
    async with await create_pool(settings.database_url, role="closedloop_routing") as pool:
        await opened(pool, EVENTS)
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute(
        "CREATE TEMPORARY TABLE message_of (tenant text, customer_id text, message text)"
    )
    first = {(one.tenant, one.data.feedback.customer_id): one for one in reversed(EVENTS)}
    await connection.executemany(
        "INSERT INTO message_of VALUES ($1, $2, $3)",
        [(*key, encode(one).decode()) for key, one in first.items()],
    )
    await connection.execute(LEFT)
    yield connection
    await connection.close()


async def rows_by_table(connection: Connection) -> dict[str, list[str]]:
    """Return every row of every table as text, bytes read as text too."""
    tables = await connection.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables "
        "WHERE schemaname = ANY ($1::text[])",
        SCHEMAS,
    )
    return {
        row["name"]: sorted(
            str(
                [
                    value.decode(errors="replace") if isinstance(value, bytes) else value
                    for value in record.values()
                ]
            )
            for record in await connection.fetch(f"SELECT * FROM {row['name']}")  # noqa: S608  (names from the catalogue)
        )
        for row in tables
    }


def naming(rows: dict[str, list[str]], words: Sequence[str], tenant: str = TENANT) -> list[str]:
    return sorted(
        f"{table}: {row}"
        for table, found in rows.items()
        for row in found
        if any(name in row for name in (f"'{tenant}'", f'"{tenant}"', f"{tenant}/"))
        and any(word in row for word in words)
    )


async def test_nothing_that_names_the_customer_is_left_in_any_table(
    settings: Settings, owner: Connection
) -> None:
    traces = (
        f"'{WHO}'",
        f'"{WHO}"',
        f"of {WHO}'",
        f'of {WHO}"',
        f"'{WHO}@",
        f'"{WHO}@',
        f"/{WHO}'",
    )
    assert len({one.split(":")[0] for one in naming(await rows_by_table(owner), traces)}) > 12
    certificate = await erase(settings, REQUEST, FixedClock(NOW))
    assert certificate.holds, certificate.found
    assert naming(await rows_by_table(owner), traces) == []


async def test_nobody_else_is_touched(settings: Settings, owner: Connection) -> None:
    before = await rows_by_table(owner)
    await erase(settings, REQUEST, FixedClock(NOW))
    after = await rows_by_table(owner)
    for neighbour in NEIGHBOURS:
        traces = (f"'{neighbour}'", f'"{neighbour}"', f"of {neighbour}'", f"'{neighbour}@")
        assert naming(after, traces) == naming(before, traces)
    assert naming(after, [WHO], OTHER_TENANT) == naming(before, [WHO], OTHER_TENANT)


async def test_rows_and_distinct_customers_stay_as_many(
    settings: Settings, owner: Connection
) -> None:
    numbers = (
        "SELECT (SELECT count(*) FROM scoring.feedback), count(*), count(DISTINCT customer_id) "
        "FROM routing.followup WHERE tenant = 'demo'"
    )
    before = await owner.fetchrow(numbers)
    await erase(settings, REQUEST, FixedClock(NOW))
    assert await owner.fetchrow(numbers) == before


async def test_what_is_kept_of_the_feedback_is_still_an_event(
    settings: Settings, owner: Connection
) -> None:
    await erase(settings, REQUEST, FixedClock(NOW))
    (message,) = await owner.fetch(
        "SELECT message FROM scoring.feedback WHERE customer_id LIKE 'erased-%' LIMIT 1"
    )
    kept = FeedbackScored.model_validate_json(message["message"]).data
    assert kept.feedback.rating is not None
    assert (kept.feedback.text, kept.feedback.contact, kept.feedback.attributes) == (None, None, {})
    assert kept.score.severity == "high"


async def test_who_only_wrote_is_an_event_without_words(
    settings: Settings, owner: Connection
) -> None:
    await owner.execute(
        "UPDATE scoring.feedback SET message = message::jsonb #- '{data,feedback,rating}'"
    )
    await erase(settings, REQUEST, FixedClock(NOW))
    (message,) = await owner.fetch(
        "SELECT message FROM scoring.feedback WHERE customer_id LIKE 'erased-%' LIMIT 1"
    )
    kept = FeedbackScored.model_validate_json(message["message"]).data.feedback
    assert kept.text == "[erased]"


async def test_a_second_time_nobody_is_found(settings: Settings, owner: Connection) -> None:
    first = await erase(settings, REQUEST, FixedClock(NOW))
    again = await erase(settings, REQUEST, FixedClock(NOW))
    assert first.changed
    assert (again.changed, again.holds) == ({}, True)


async def test_the_record_says_that_somebody_was_erased_and_not_who(
    settings: Settings, owner: Connection
) -> None:
    certificate = await erase(settings, REQUEST, FixedClock(NOW))
    row = await owner.fetchrow("SELECT * FROM ground.erasure")
    assert row is not None
    assert row["customer_digest"] == digest_of(REQUEST, settings.secret)
    assert json.loads(row["changed"]) == certificate.changed
    assert WHO not in str(row)
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute("DELETE FROM ground.erasure")


async def test_what_is_left_is_named(settings: Settings, owner: Connection) -> None:
    await owner.execute(
        "CREATE TABLE routing.forgotten AS SELECT tenant, customer_id FROM routing.followup"
    )
    with pytest.raises(ClosedLoopError, match=r"routing\.forgotten can't be searched"):
        await erase(settings, REQUEST, FixedClock(NOW))
    await owner.execute("SELECT ground.show_to_eraser('routing')")
    certificate = await erase(settings, REQUEST, FixedClock(NOW))
    assert certificate.found == {"routing.forgotten": 2}
    assert not certificate.holds


async def test_letters_that_wait_are_not_sent_any_more(
    settings: Settings, owner: Connection
) -> None:
    await erase(settings, REQUEST, FixedClock(NOW))
    waiting = (
        "SELECT count(*) FROM routing.{0} JOIN routing.followup USING (followup_id) "
        "WHERE routing.{0}.state = 'queued' AND followup.customer_id LIKE 'erased-%'"
    )
    assert await owner.fetchval(waiting.format("reply")) == 0
    assert await owner.fetchval(waiting.format("channel_reply")) == 0


async def test_nothing_is_erased_while_events_are_on_their_way(settings: Settings) -> None:
    topic = "feedback.submitted.v1"
    async with Producer(
        settings.kafka_bootstrap_servers, topic_prefix=settings.topic_prefix
    ) as producer:
        await producer.send_all([Outgoing(topic=topic, key=b"demo/lab-7", value=b"{}")])
    with pytest.raises(ClosedLoopError, match="still on their way"):
        await until_all_passed(settings, within_s=2)


async def test_every_table_that_names_customers_says_how_they_are_erased(
    database_url: str,
) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT table_schema || '.' || table_name AS name FROM information_schema.columns "
            "JOIN pg_class ON oid = format('%I.%I', table_schema, table_name)::regclass "
            "WHERE column_name = 'customer_id' AND relkind IN ('r', 'p') AND NOT relispartition"
        )
    finally:
        await connection.close()
    said = "\n".join(STATEMENTS.values())
    silent = {row["name"] for row in rows if f"UPDATE {row['name']}" not in said}
    assert silent == set()
