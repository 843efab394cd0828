"""When an inbox of 10,000 open follow-ups stands painted in a browser.

`python -m tests.bench.painting` measures it alone, with a PostgreSQL and a Kafka of its own.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright

from services.routing.app import create_app
from shared.web.auth import COOKIE
from tests.bench import report
from tests.bench.inbox import stocked, token
from tests.faults.restarting import running_kafka, running_postgres
from tests.support.serving import served

SIZE = (10_000, 100_000)
ROUNDS = 15
BOUND_MS = 1_000
#: From the click to the moment at which the rows are parsed and the first of them is painted.
_PAINTED = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return paint ? Math.max(page.domContentLoadedEventEnd, paint.startTime) : null;
}"""


async def measure_painting(servers: str, database: str) -> report.Finding:
    """Open the inbox again and again in a cold browser window; the slowest of all counts."""
    async with stocked(servers, database, SIZE) as settings, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        with served(create_app(settings)) as site:
            took = []
            for _ in range(ROUNDS + 1):
                window = await chromium.new_context(viewport={"width": 1440, "height": 900})
                await window.add_cookies([{"name": COOKIE, "value": token(), "url": site}])
                took.append(await _painted_ms(await window.new_page(), site))
                await window.close()
        await chromium.close()
    # The first one fills caches and plans.
    return report.at_most(
        f"Inbox of {SIZE[0]:,} open follow-ups painted, the slowest of {ROUNDS}",
        [max(took[1:])],
        BOUND_MS,
        "ms",
    )


async def _painted_ms(page: Page, site: str) -> float:
    await page.goto(f"{site}/inbox?view=all", wait_until="load")
    await page.locator("[data-row]").first.wait_for()
    painted: float | None = None
    while painted is None:
        painted = await page.evaluate(_PAINTED)
    return painted


async def main(folder: Path) -> None:
    """Measure and say it."""
    async with running_kafka(folder) as kafka, running_postgres(folder) as postgres:
        found = await measure_painting(kafka.address, postgres.address)
        sys.stderr.write(f"{found.claim}: {found.figure:.0f} {found.unit} (at most {BOUND_MS})\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        asyncio.run(main(Path(name)))
