"""`python -m services.outer_loop.rebuild`: every count of the outer loop anew, from the facts."""

from __future__ import annotations

import asyncio
import sys
import time

from services.outer_loop.bootstrap import open_rebuild, rebuild_counts
from shared.settings import Settings, from_environment


async def run(settings: Settings) -> None:
    """Rebuild, and say how long it took. Workers wait; readers see the old counts until then."""
    began = time.monotonic()
    async with open_rebuild(settings) as (pool, programs):
        await rebuild_counts(pool, await programs.active())
    sys.stdout.write(f"Counted anew in {time.monotonic() - began:.1f} s.\n")


if __name__ == "__main__":
    asyncio.run(run(from_environment()))
