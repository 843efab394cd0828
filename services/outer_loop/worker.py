"""The consumer group `outer_loop`: facts in, issues out."""

from __future__ import annotations

from services.outer_loop.bootstrap import GROUP, open_subscriptions
from shared.kafka.worker import Consumer

CONSUMER = Consumer(group=GROUP, open=open_subscriptions)
