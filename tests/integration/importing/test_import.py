"""Files imported into the real ingest API: what it accepts is on the topic, once for each row."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy.importing.checkpoint import checkpoint
from deploy.importing.client import IngestClient
from deploy.importing.engine import ImportReport, Job, run_import
from deploy.importing.errors import ImportFailedError
from deploy.importing.mapping import load_mapping
from services.ingest.app import create_app
from services.ingest.bootstrap import open_publishers
from services.ingest.handlers import add_publisher
from shared.settings import Settings

pytestmark = pytest.mark.own_topics

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "docs" / "examples"
DATA = ROOT.parent / "shared" / "data"
URL = "http://closedloop.test"

MAPPING = """\
source: urn:test:import
id: id
customer_id: who
touchpoint: {constant: refunds}
listening_post: {constant: survey}
occurred_at: {column: when, time_zone: UTC}
text: words
"""
ROWS = """\
id,who,when,words
1,c-1,2026-05-01,Late again.
2,,2026-05-01,Nobody.
3,c-3,2026-05-02,ຊ້າຫຼາຍ
4,c-3,2026-05-03,
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@asynccontextmanager
async def intake(settings: Settings) -> AsyncIterator[IngestClient]:
    """Run the ingest app and give a client with a publisher's key."""
    async with open_publishers(settings) as publishers:
        key = await add_publisher(publishers, "acme", "importer")
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), headers={"Authorization": f"Bearer {key}"}
        ) as http,
    ):
        yield IngestClient(http, URL)


async def imported(client: IngestClient, file: Path, mapping: Path) -> ImportReport:
    job = Job(file=file, mapping=load_mapping(mapping))
    with checkpoint(file, mapping, URL) as kept:
        return await run_import(job, client, kept, lambda _bytes, _progress: None)


def on_the_topic(settings: Settings) -> list[dict[str, object]]:
    """Return the events on the topic, read by another client than the product's."""
    topic = f"{settings.topic_prefix}feedback.submitted.v1"
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers)
    try:
        partitions = [
            TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)
        ]
        ends = consumer.end_offsets(partitions)
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        events: list[dict[str, object]] = []
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for records in consumer.poll(timeout_ms=500).values():
                events += (json.loads(record.value) for record in records)
        return events
    finally:
        consumer.close()


async def seen(settings: Settings) -> list[dict[str, object]]:
    return await asyncio.to_thread(on_the_topic, settings)


async def test_accepted_rows_are_on_the_topic_and_refused_rows_in_their_file(
    settings: Settings, tmp_path: Path
) -> None:
    file, mapping = tmp_path / "feedback.csv", tmp_path / "mapping.yaml"
    file.write_text(ROWS, encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")

    async with intake(settings) as client:
        report = await imported(client, file, mapping)

    events = await seen(settings)
    assert (report.rows, report.accepted, report.refused) == (4, 2, 2)
    assert {event["id"] for event in events} == {"1", "3"}
    assert {event["tenant"] for event in events} == {"acme"}
    assert report.rejected_file
    refused = [
        json.loads(line) for line in report.rejected_file.read_text(encoding="utf-8").splitlines()
    ]
    assert [row["line"] for row in refused] == [3, 5]
    assert refused[0]["field"] == "customer_id"
    assert "rating, a text or both" in refused[1]["reason"]


async def test_a_wrong_key_ends_the_import(settings: Settings, tmp_path: Path) -> None:
    file, mapping = tmp_path / "feedback.csv", tmp_path / "mapping.yaml"
    file.write_text(ROWS, encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    app = create_app(settings)

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), headers={"Authorization": "Bearer clp_wrong"}
        ) as http,
    ):
        with pytest.raises(ImportFailedError, match="refused the publisher key"):
            await imported(IngestClient(http, URL), file, mapping)

    assert not await seen(settings)


@pytest.mark.parametrize(
    ("name", "rows"), [("airline_feedback", 11_588), ("cfpb_complaints", 6_623)]
)
async def test_the_examples_of_the_guide_account_for_every_row(
    settings: Settings, tmp_path: Path, name: str, rows: int
) -> None:
    original = DATA / f"{name}.csv"
    if not original.exists():
        pytest.skip("the feedback files in ../shared/data are not here")
    file = tmp_path / original.name
    file.symlink_to(original)

    async with intake(settings) as client:
        first = await imported(client, file, EXAMPLES / f"{name}.yaml")
        second = await imported(client, file, EXAMPLES / f"{name}.yaml")

    ids = Counter(event["id"] for event in await seen(settings))
    assert (first.rows, first.accepted, first.refused) == (rows, rows, 0)
    assert second == first
    assert len(ids) == rows  # the same ids again: whoever reads them has each row once
    assert set(ids.values()) == {2}
