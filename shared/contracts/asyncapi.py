"""The AsyncAPI 3 document: topics and events in the form that other tools read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from shared.contracts.catalog import Topic, topics
from shared.contracts.schemas import MODELS, SCHEMA_FOLDER

ASYNCAPI_FILE = SCHEMA_FOLDER.with_name("asyncapi.yaml")

_DAY_MS = 24 * 60 * 60 * 1000
_KAFKA_BINDING = "0.5.0"


def asyncapi() -> dict[str, Any]:
    """Return the document: a channel for each topic, an operation for each who writes or reads."""
    known = topics()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "closedloop",
            "version": "1.0.0",
            "description": "Customer feedback and what becomes of it, as CloudEvents on Kafka.",
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, topic) for name, topic in known.items()},
        "operations": _operations(known),
        "components": {"messages": {name: _message(name) for name in MODELS}},
    }


def written_asyncapi() -> str:
    """Return the document as it is committed."""
    head = "# Generated from topics.yaml and the models (make contracts). Do not edit.\n"
    return head + yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=100)


def _channel(name: str, topic: Topic) -> dict[str, Any]:
    return {
        "address": name,
        "description": f"{topic.purpose} Key: {topic.key}. Owner: {topic.owner}.",
        "messages": {topic.event: {"$ref": f"#/components/messages/{topic.event}"}},
        "bindings": {
            "kafka": {
                "topic": name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": topic.retention_days * _DAY_MS,
                    "max.message.bytes": topic.max_bytes,
                },
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _operations(known: Mapping[str, Topic]) -> dict[str, Any]:
    return {
        f"{who.replace(' ', '_')}.{action}.{name}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": f"{who} {'writes to' if action == 'send' else 'reads'} {name}.",
        }
        for name, topic in known.items()
        for action, parties in (("send", topic.publishers), ("receive", topic.consumers))
        for who in parties
    }


def _message(name: str) -> dict[str, Any]:
    schema = {"$ref": f"schemas/{name}.json"}
    described = {"name": name, "summary": (MODELS[name].__doc__ or "").split("\n")[0]}
    if name == "dead_letter.v1":
        return {**described, "headers": schema, "contentType": "application/octet-stream"}
    return {
        **described,
        "contentType": "application/cloudevents+json",
        "payload": schema,
        "bindings": {
            "kafka": {"key": {"type": "string"}, "bindingVersion": _KAFKA_BINDING},
        },
    }
