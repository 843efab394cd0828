"""`python -m services.outer_loop`: the worker."""

from __future__ import annotations

from services.outer_loop.worker import CONSUMER
from shared.kafka.worker import run

if __name__ == "__main__":
    run(CONSUMER)
