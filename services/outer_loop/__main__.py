"""`python -m services.outer_loop`: the worker."""

from __future__ import annotations

import gc

# Nothing that is imported is garbage; the worker lets the collector go on when it is ready.
gc.disable()

from services.outer_loop.worker import CONSUMER  # noqa: E402
from shared.kafka.worker import run  # noqa: E402

if __name__ == "__main__":
    run(CONSUMER)
