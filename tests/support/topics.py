"""Topics of one test: the declared ones under a prefix, deleted afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kafka.admin import KafkaAdminClient

from shared.kafka.admin import create_topics


@contextlib.contextmanager
def created(bootstrap_servers: str, prefix: str) -> Iterator[None]:
    """Have every topic of topics.yaml under `prefix` while the block runs."""
    create_topics(bootstrap_servers, topic_prefix=prefix)
    try:
        yield
    finally:
        _delete(bootstrap_servers, prefix)


def _delete(bootstrap_servers: str, prefix: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(prefix)])
    finally:
        admin.close()
