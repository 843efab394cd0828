"""What is generated from the models is committed as it is, and nothing else lies beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from shared.contracts.asyncapi import ASYNCAPI_FILE
from shared.contracts.catalog import topics
from shared.contracts.generate import generated
from shared.contracts.schemas import MODELS, RELEASED_FOLDER, SCHEMA_FOLDER, schema_of

DOCUMENT: dict[str, Any] = yaml.safe_load(ASYNCAPI_FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", generated(), ids=lambda path: path.name)
def test_a_committed_file_equals_what_is_generated(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated()[path], "run `make contracts`"


@pytest.mark.parametrize("name", MODELS)
def test_a_schema_is_valid_json_schema_of_2020_12(name: str) -> None:
    schema = schema_of(name)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("folder", [SCHEMA_FOLDER, RELEASED_FOLDER], ids=lambda path: path.name)
def test_every_schema_belongs_to_a_contract(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} <= {f"{name}.json" for name in MODELS}


def test_every_contract_is_the_event_of_a_topic() -> None:
    assert {topic.event for topic in topics().values()} == set(MODELS)


def test_the_asyncapi_document_has_a_channel_for_each_topic_with_its_limits() -> None:
    assert list(DOCUMENT["channels"]) == list(topics())
    for name, topic in topics().items():
        kafka = DOCUMENT["channels"][name]["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"]["max.message.bytes"] == topic.max_bytes


def test_the_asyncapi_document_says_who_writes_and_who_reads() -> None:
    told = {
        (operation["action"], operation["channel"]["$ref"].removeprefix("#/channels/"))
        for operation in DOCUMENT["operations"].values()
    }
    written = {("send", name) for name in topics()}
    read = {("receive", name) for name, topic in topics().items() if topic.consumers}
    assert told == written | read


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    references = list(_references(DOCUMENT))
    assert references
    for reference in references:
        assert _resolved(reference), reference


def _references(part: Any) -> list[str]:  # noqa: ANN401  (any part of the document)
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in _references(value)]
    return []


def _resolved(reference: str) -> object:
    if not reference.startswith("#/"):
        return (ASYNCAPI_FILE.parent / reference).is_file()
    node: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node
