"""Topics of one test: the declared ones under a prefix of its own."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

from kafka.admin import KafkaAdminClient

from shared.kafka.admin import create_topics


@contextlib.contextmanager
def created(bootstrap_servers: str) -> Iterator[str]:
    """Have every topic of topics.yaml under a new prefix while the block runs."""
    prefix = f"test-{uuid.uuid4().hex[:12]}."
    create_topics(bootstrap_servers, topic_prefix=prefix)
    try:
        yield prefix
    finally:
        _delete(bootstrap_servers, prefix)


def _delete(bootstrap_servers: str, prefix: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(prefix)])
    finally:
        admin.close()
