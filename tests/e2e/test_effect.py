"""Did it work, in a real browser: the design before the change, the verdict after it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from shared.settings import Settings
from tests.e2e.looks import faults_of, sideways_scroll
from tests.e2e.test_board import Site, site, state_of
from tests.integration.outer_loop.measuring import CHANGE, assessor
from tests.integration.outer_loop.months import Months

__all__ = ["site"]

OPEN_ALL = "all => all.forEach(one => one.open = true)"
WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 1000}}
NARROW: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "java_script_enabled": True,
    "has_touch": True,
}
HELPED = Months(change=CHANGE, listened=120)
DID_NOTHING = Months(change=CHANGE, listened=120, after=0.30)


async def propose(page: Page, issue: str) -> str:
    """Propose a plan with one item, done on the day of the change; return its path."""
    await page.goto(issue)
    await page.get_by_label("What shall change").fill("Refunds within two days")
    item = page.get_by_role("group", name="Item 1")
    await item.get_by_label("What will be done").fill("Pay from the new system")
    await item.get_by_label("Department").select_option("Finance")
    await item.get_by_label("Owner").select_option("Olga Nurlan")
    await item.get_by_label("Due").fill(CHANGE.isoformat())
    await page.get_by_role("button", name="Propose the plan").click()
    await expect(page.locator("#notice")).to_contain_text("The plan is proposed")
    return page.url.split("?")[0]


async def press(page: Page, *names: str) -> None:
    for name in names:
        await page.get_by_role("button", name=name).click()
        await expect(page.locator("#notice")).not_to_be_empty()


async def bring_to_measuring(site: Site) -> str:
    """Bring a plan from its proposal to the measuring, as people do; return its path."""
    async with site.as_person("olga") as olga:
        plan = await propose(olga, await site.issue())
        await press(olga, "Send to review")
    async with site.as_person("fatima") as fatima:
        await fatima.goto(plan)
        # The picture of a decision: what she will be able to see is said before she approves.
        await expect(fatima.get_by_role("region", name="Did it work?")).to_contain_text(
            "is seen 8 times in 10"
        )
        await press(fatima, "Approve")
        assert await state_of(fatima) == "approved"
    async with site.as_person("olga") as olga:
        await olga.goto(plan)
        await press(olga, "Start the work")
        await olga.get_by_role("checkbox").check()
        await press(olga, "Mark as done", "All is implemented", "Start measuring")
    return plan


async def look(page: Page, name: str) -> None:
    """Keep a picture where one is asked for, to be looked at."""
    if folder := os.environ.get("PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_a_head_sees_before_the_approval_what_will_be_measured_and_changes_it(
    site: Site,
) -> None:
    await HELPED.bring(site.worker)
    async with site.as_person("olga", WIDE) as olga:
        plan = await propose(olga, await site.issue())
        await olga.get_by_role("link", name="See what will be measured").click()
        design = olga.get_by_role("region", name="What is measured")
        await expect(design).to_contain_text("is seen 8 times in 10")
        await expect(design).to_contain_text("Set by closedloop, from the issue")
        await look(olga, "design-1440")
        await olga.get_by_text("Change what is measured").click()
        await olga.get_by_label("Expected").fill("4")
        await olga.get_by_label("Share that leaves more").fill("0.2")
        await olga.get_by_role("button", name="Measure this").click()
        # What was typed is kept, beside what is wrong with it.
        await expect(olga.get_by_role("alert")).to_contain_text("need another look")
        await expect(olga.get_by_label("Share that leaves more")).to_have_value("0.2")
        await expect(olga.locator("#customers-error")).to_be_visible()
        for label, text in (
            ("Customers", "20000"),
            ("Worth of a customer", "300"),
            ("Cost of the change", "50000"),
            ("Currency", "EUR"),
        ):
            await olga.get_by_label(label, exact=False).last.fill(text)
        await olga.get_by_role("button", name="Measure this").click()
        await expect(olga.locator("#expected-error")).to_contain_text("makes")
        await look(olga, "refused-1440")
        assert await faults_of(olga) == []
        await olga.get_by_label("Expected").fill("-4")
        await olga.get_by_role("button", name="Measure this").click()
        await expect(olga.locator("#notice")).to_have_text("What will be measured is set.")
        await expect(design).to_contain_text("Set by Olga Nurlan")
        await olga.goto(plan)
        await expect(olga.locator(".history")).to_contain_text("design changed")


async def test_a_change_that_helped_is_shown_beside_what_would_have_been_without_it(
    site: Site, settings: Settings
) -> None:
    await HELPED.bring(site.worker)
    plan = await bring_to_measuring(site)
    async with assessor(settings.database_url) as rounds:
        assert await rounds.make_round() == 1
    async with site.as_person("fatima", WIDE) as fatima:
        await fatima.goto(plan)
        assert await state_of(fatima) == "effective"
        await fatima.get_by_role("link", name="See the effect").click()
        await expect(fatima.locator(".page-head .badge")).to_have_class(re.compile("good"))
        api = plan.replace("/board", "/outer-loop/v1") + "/impact"
        answer = await fatima.request.get(api)
        report = (await answer.json())["assessments"][0]["report"]
        # The table has the interval of the API, the picture's band is as high as it.
        estimate = fatima.locator("#estimate")
        without = report["without"]
        await expect(estimate).to_contain_text(f"{without['low']:.1f} to {without['high']:.1f}")
        await expect(estimate).to_contain_text(f"{report['effect']['value']:+.1f}")
        await expect(estimate).to_contain_text("after less before")
        assert await band_in_units(fatima, report) == pytest.approx(
            report["effect"]["high"] - report["effect"]["low"], rel=0.02
        )
        await fatima.locator("details").evaluate_all(OPEN_ALL)
        rows = fatima.locator("#weeks-table tbody tr")
        assert await rows.count() == len(report["weeks"])
        last = report["weeks"][-1]
        await expect(rows.last).to_contain_text(str(last["listened"]))
        await expect(rows.last).to_contain_text(f"{last['value']:.1f}")
        assert await faults_of(fatima) == []
        await fatima.locator("details").evaluate_all("all => all.forEach(one => one.open = false)")
        await look(fatima, "effective-1440")
    async with site.as_person("ann", NARROW) as ann:
        await ann.goto(plan + "/effect")
        assert await sideways_scroll(ann) == 0
        assert await faults_of(ann) == []
        await look(ann, "effective-390")


async def test_a_change_that_did_nothing_is_never_shown_green(
    site: Site, settings: Settings
) -> None:
    await DID_NOTHING.bring(site.worker)
    plan = await bring_to_measuring(site)
    async with assessor(settings.database_url, weeks_ago=9) as rounds:
        await rounds.make_round()
    async with site.as_person("fatima", NARROW) as fatima:
        await fatima.goto(plan + "/effect")
        await expect(fatima.get_by_text("Not settled: 5 of 13 weeks heard.")).to_be_visible()
        assert await fatima.locator(".badge.good").count() == 0
        assert await sideways_scroll(fatima) == 0
        assert await faults_of(fatima) == []
        await look(fatima, "unsettled-390")
    async with assessor(settings.database_url) as rounds:
        await rounds.make_round()
    async with site.as_person("fatima", WIDE) as fatima:
        await fatima.goto(plan + "/effect")
        assert await state_of(fatima) in {"ineffective", "inconclusive"}
        assert await fatima.locator(".badge.good").count() == 0
        await look(fatima, "nothing-1440")
        await fatima.goto(plan)
        assert await fatima.locator(".badge.good:not(td *)").count() == 0


async def test_before_the_first_week_is_complete_the_page_says_so(site: Site) -> None:
    await HELPED.bring(site.worker)
    plan = await bring_to_measuring(site)
    async with site.as_person("fatima", NARROW) as fatima:
        await fatima.goto(plan + "/effect")
        await expect(fatima.get_by_text("No week is complete yet")).to_be_visible()
        assert await sideways_scroll(fatima) == 0
        assert await faults_of(fatima) == []
        await look(fatima, "empty-390")
    async with site.as_person("olga", NARROW) as olga:
        await olga.goto(plan)
        await olga.get_by_role("button", name="Conclude by hand").click()
        await expect(olga.get_by_role("alert")).to_contain_text("Say what this verdict rests on.")
        await olga.get_by_label("It was").select_option("inconclusive")
        await olga.get_by_label("What this rests on").fill("The shop closed.")
        await olga.get_by_role("button", name="Conclude by hand").click()
        assert await state_of(olga) == "inconclusive"
        await expect(olga.locator(".history")).to_contain_text("inconclusive by hand")
        await look(olga, "by-hand-390")


async def band_in_units(page: Page, report: dict[str, Any]) -> float:
    """Return how high the picture's band is, in the metric's unit."""
    high = float(await page.locator("section rect.band").first.get_attribute("height") or 0)
    shown: list[float] = [one["value"] for one in report["weeks"]]
    shown += [one["untouched"] for one in report["weeks"] if one["untouched"] is not None]
    shown += [report["without"]["low"], report["without"]["high"]]
    return high / (216 - 22) * (max(shown) - min(0.0, *shown))
