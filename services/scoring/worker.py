"""The worker: feedback.submitted.v1 in, feedback.scored.v1 out."""

from __future__ import annotations

from services.scoring.bootstrap import GROUP, open_subscriptions
from shared.kafka.worker import Consumer

CONSUMER = Consumer(group=GROUP, open=open_subscriptions)
