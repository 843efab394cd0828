"""`python -m services.scoring` runs a scoring worker."""

from __future__ import annotations

from services.scoring.worker import CONSUMER
from shared.kafka.worker import run

if __name__ == "__main__":
    run(CONSUMER)
