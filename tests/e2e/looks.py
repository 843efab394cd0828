"""What every page must be: accessible, and no wider than the screen."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def faults_of(page: Page) -> list[str]:
    """Return what axe finds on the page, a line each: nothing on a good page."""
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": _RULES}})
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


async def sideways_scroll(page: Page) -> int:
    """Return how many pixels the page is wider than its window: 0 on a good page."""
    wide: int = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(wide, 0)
