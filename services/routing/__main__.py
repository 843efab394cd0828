"""`python -m services.routing`: the worker that opens follow-ups."""

from __future__ import annotations

import gc

# Nothing that is imported is garbage; the worker lets the collector go on when it is ready.
gc.disable()

from services.routing.worker import CONSUMER  # noqa: E402
from shared.kafka.worker import run  # noqa: E402

if __name__ == "__main__":
    run(CONSUMER)
