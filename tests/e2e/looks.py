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


async def clipped_marks(page: Page) -> list[str]:
    """Return texts whose marks above or below the letters are, or may be, cut off: none.

    A box must not be lower than its text, and Thai and Lao, which stack marks, need lines of 1.6
    times the size of the letters.
    """
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((one) => {
          const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
          if (!own || !one.checkVisibility() || one.closest(".hidden-words")) return false;
          const style = getComputedStyle(one);
          const cut = style.overflowY !== "visible" && one.scrollHeight > one.clientHeight + 1
            && !one.matches(".two-lines, textarea, [role=region]");
          const stacked = /[\u0e00-\u0eff]/.test(one.textContent);
          const low = parseFloat(style.lineHeight) < 1.6 * parseFloat(style.fontSize) - 0.1;
          return cut || (stacked && low && !one.matches("option, select, title"));
        }).map((one) => one.outerHTML.slice(0, 200))"""
    )
    return found
