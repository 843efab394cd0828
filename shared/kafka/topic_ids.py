"""The broker's ids of topics: a topic made anew under its old name has another.

Through librdkafka, which a worker has loaded anyway: it asks at every start.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, TopicCollection, Uuid
from confluent_kafka.admin import AdminClient

from shared.errors import SettingsError, TransientError

_ANSWER_WITHIN_S = 20


def topic_ids(bootstrap_servers: str, names: Collection[str]) -> Mapping[str, UUID]:
    """Return the id of each topic in `names`.

    Raises TransientError when the broker can't be reached, SettingsError when a topic is
    missing.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 2})
    answers = admin.describe_topics(TopicCollection(list(names)), request_timeout=_ANSWER_WITHIN_S)
    found = {}
    for name, answer in answers.items():
        try:
            found[name] = _uuid(answer.result().topic_id)
        except KafkaException as failure:
            raise _error(bootstrap_servers, name, failure.args[0]) from failure
    return found


def _uuid(topic_id: Uuid) -> UUID:
    """Read Kafka's way of writing an id: its 16 bytes in base64, without padding."""
    return UUID(bytes=base64.urlsafe_b64decode(f"{topic_id}=="))


def _error(
    bootstrap_servers: str, name: str, failure: KafkaError
) -> SettingsError | TransientError:
    if failure.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return SettingsError(f"Kafka has no topic {name}.", remedy="Create it: closedloop topics.")
    return TransientError(f"Kafka at {bootstrap_servers} does not answer: {failure.str()}")
