"""The worker's frame: which group it is and what it opens. The rules are in the handlers."""

from __future__ import annotations

from services.routing.bootstrap import GROUP, open_subscriptions
from shared.kafka.worker import Consumer

CONSUMER = Consumer(group=GROUP, open=open_subscriptions)
