"""topics.yaml: every topic is complete, and each guard of the catalog refuses something."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from shared.contracts.catalog import (
    DEAD_LETTER_ROOM_BYTES,
    TOPICS_FILE,
    CatalogError,
    Topic,
    dead_letter_topic,
    read_topics,
    topics,
)
from shared.contracts.schemas import EXAMPLE_FOLDER, SCHEMA_FOLDER

SERVICES = {"ingest", "scoring", "routing", "outer_loop"}
DECLARED: dict[str, Any] = yaml.safe_load(TOPICS_FILE.read_text(encoding="utf-8"))
SUBMITTED = "feedback.submitted.v1"
LETTERS = "scoring.dead-letter.v1"

each_topic = pytest.mark.parametrize("topic", topics().values(), ids=topics().keys())


@each_topic
def test_a_topic_has_an_owner_that_is_a_service(topic: Topic) -> None:
    assert topic.owner in SERVICES


@each_topic
def test_a_topic_has_a_schema(topic: Topic) -> None:
    assert (SCHEMA_FOLDER / f"{topic.event}.json").is_file()


@each_topic
def test_a_topic_has_valid_and_invalid_examples(topic: Topic) -> None:
    examples = EXAMPLE_FOLDER / topic.event
    assert list((examples / "valid").glob("*.json"))
    assert list((examples / "invalid").glob("*.expect.json"))


def test_every_consumer_group_has_dead_letters_with_room_for_its_largest_message() -> None:
    for topic in topics().values():
        for group in topic.consumers:
            letters = topics()[dead_letter_topic(group)]
            assert letters.is_dead_letters
            assert letters.max_bytes >= topic.max_bytes + DEAD_LETTER_ROOM_BYTES
            assert letters.retention_days >= topic.retention_days


def test_a_scored_event_may_be_larger_than_the_event_that_it_judges() -> None:
    room = topics()["feedback.scored.v1"].max_bytes - topics()[SUBMITTED].max_bytes
    assert room >= 64 * 1024


def _set(*path_and_value: object) -> Callable[[dict[str, Any]], None]:
    *path, last, value = path_and_value

    def change(document: dict[str, Any]) -> None:
        node: Any = document["topics"]
        for step in path:
            node = node[step]
        node[last] = value

    return change


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    *way, last = path

    def change(document: dict[str, Any]) -> None:
        node: Any = document["topics"]
        for step in way:
            node = node[step]
        del node[last]

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_set(SUBMITTED, "retention", 3), "retention"),
        (_set(SUBMITTED, "owner", "marketing"), "owner"),
        (_set(SUBMITTED, "owner", "scoring"), "one of its publishers"),
        (_set(SUBMITTED, "publishers", []), "publishers"),
        (_set(SUBMITTED, "consumers", ["billing"]), "consumers"),
        (_set(SUBMITTED, "key", ""), "key"),
        (_set(SUBMITTED, "purpose", ""), "purpose"),
        (_set(SUBMITTED, "partitions", 0), "partitions"),
        (_set(SUBMITTED, "partitions", "6"), "partitions"),
        (_set(SUBMITTED, "retention_days", 1), "retention_days"),
        (_set(SUBMITTED, "max_bytes", 1024), "max_bytes"),
        (_set(SUBMITTED, "event", "feedback.sent.v1"), "no event is called"),
        (_without(SUBMITTED, "owner"), "owner"),
        (_set("Feedback", DECLARED["topics"][SUBMITTED]), "pattern"),
        (_without(LETTERS), f"needs {LETTERS}"),
        (_set(LETTERS, DECLARED["topics"]["routing.dead-letter.v1"]), f"needs {LETTERS}"),
        (_set(LETTERS, DECLARED["topics"]["feedback.scored.v1"]), f"needs {LETTERS}"),
        (_set(LETTERS, "max_bytes", 1_048_576), "largest message"),
        (_set(LETTERS, "retention_days", 7), "forgets sooner"),
    ],
)
def test_a_guard_refuses(change: Callable[[dict[str, Any]], None], complaint: str) -> None:
    document = copy.deepcopy(DECLARED)
    change(document)
    with pytest.raises(CatalogError, match=complaint):
        read_topics(yaml.safe_dump(document))


def test_a_topic_that_stands_twice_is_refused() -> None:
    text = TOPICS_FILE.read_text(encoding="utf-8")
    with pytest.raises(CatalogError, match=r"scored\.v1 stands twice"):
        read_topics(text.replace("followup.changed.v1:", "feedback.scored.v1:", 1))


@pytest.mark.parametrize("text", ["", "topics: [", "- a list", "topics: 3"])
def test_what_is_no_catalog_at_all_is_refused(text: str) -> None:
    with pytest.raises(CatalogError):
        read_topics(text)
