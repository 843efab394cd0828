"""`python -m services.routing`: the worker that opens follow-ups."""

from __future__ import annotations

from services.routing.worker import CONSUMER
from shared.kafka.worker import run

if __name__ == "__main__":
    run(CONSUMER)
