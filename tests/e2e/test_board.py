"""The board in a real browser: propose, review, decide; axe, narrow screens, no JavaScript."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Page, expect

from services.outer_loop.app import create_app
from services.outer_loop.bootstrap import WORKER_ROLE
from shared.clock import FixedClock
from shared.postgres.pool import create_pool
from shared.settings import Settings
from shared.web.auth import COOKIE, Principal, issue_token
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import Worker, activate_programs

OPEN_ALL = "all => all.forEach(one => one.open = true)"
PEOPLE = {
    "olga": ("Olga Nurlan", "contributor"),
    "fatima": ("Fatima Haidari", "department_head"),
    "lena": ("Lena Sok", "department_head"),
    "ann": ("Ann Auditor", "auditor"),
}


@dataclass(frozen=True, slots=True)
class Site:
    """The running board: its address, a browser, and what its worker would bring."""

    address: str
    browser: Browser
    worker: Worker
    secret: str

    @asynccontextmanager
    async def as_person(
        self, subject: str, options: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Page]:
        """Open a browser window of somebody who is signed in."""
        name, role = PEOPLE[subject]
        who = Principal(tenant=story.TENANT, subject=subject, name=name, roles=frozenset({role}))
        token = issue_token(who, self.secret, lifetime=timedelta(hours=1))
        window = await self.browser.new_context(base_url=self.address, **(options or {}))
        await window.add_cookies([{"name": COOKIE, "value": token, "url": self.address}])
        page = await window.new_page()
        page.set_default_timeout(20_000)
        yield page
        await window.close()

    async def bring(self, days_ago: int = 80, *, feedback: int = 500) -> None:
        """Have customers say something and owners work on it."""
        story_begins = datetime.now(UTC) - timedelta(days=days_ago)
        said, worked = story.history(5, feedback=feedback, begins=story_begins)
        await self.worker.feedback(said)
        await self.worker.followups(worked)

    async def issue(self) -> str:
        """Return the path of the page of the late refunds."""
        [row] = await self.worker.rows(
            "SELECT issue_id FROM outer_loop.systemic_issue"
            " WHERE (touchpoint, what) = ('returns', 'refund_late')"
        )
        return f"/board/issues/{row['issue_id']}"


@pytest.fixture
async def site(
    settings: Settings, serve: Callable[[FastAPI], str], browser: Browser
) -> AsyncIterator[Site]:
    """Give the running board with the company's program and nothing on it."""
    await activate_programs(settings.database_url)
    address = serve(create_app(settings))
    async with await create_pool(settings.database_url, role=WORKER_ROLE) as pool:
        worker = Worker(pool, {story.TENANT: story.program()}, FixedClock(datetime.now(UTC)))
        yield Site(address, browser, worker, settings.secret)


async def propose(page: Page, issue: str, *, items: int = 2) -> None:
    """Fill the form as a person would, with an item for finance and one for logistics."""
    await page.goto(issue)
    await page.get_by_label("What shall change").fill("Refunds within two days")
    for place in range(items):
        if place:
            await page.get_by_role("button", name="One more item").click()
        item = page.get_by_role("group", name=f"Item {place + 1}")
        await item.get_by_label("What will be done").fill(f"Thing number {place + 1}")
        await item.get_by_label("Department").select_option(["Finance", "Logistics"][place])
        await item.get_by_label("Owner").select_option(["Olga Nurlan", "Pao Vang"][place])
        await item.get_by_label("Due").fill("2027-01-15")
    await page.get_by_role("button", name="Propose the plan").click()
    await expect(page.locator("#notice")).to_contain_text("The plan is proposed")


async def state_of(page: Page) -> str:
    return await page.locator(".page-head .badge").inner_text()


async def test_one_head_approves_and_the_next_one_rejects(site: Site) -> None:
    await site.bring()
    async with site.as_person("olga") as olga:
        await propose(olga, await site.issue())
        await olga.get_by_role("button", name="Send to review").click()
        await expect(olga.locator(".page-head .badge")).to_have_text("under review")
        await expect(olga.get_by_text("Still to decide:")).to_have_text(
            "Still to decide: Finance (Fatima Haidari), Logistics (Lena Sok)."
        )
        plan = olga.url.split("?")[0]
    async with site.as_person("fatima") as fatima:
        await fatima.goto("/board?view=decide")
        await fatima.get_by_role("link", name="The refund came late").click()
        await fatima.get_by_role("button", name="Approve").click()
        await expect(fatima.locator("#notice")).to_contain_text("approval is recorded")
        assert await state_of(fatima) == "under review"
    async with site.as_person("lena") as lena:
        await lena.goto(plan)
        await lena.get_by_role("button", name="Reject").click()
        await expect(lena.get_by_role("alert")).to_contain_text("Say why the department rejects")
        await lena.get_by_label("For Logistics").fill("The depot has no scanners.")
        await lena.get_by_role("button", name="Reject").click()
        assert await state_of(lena) == "rejected"
        decisions = lena.get_by_role("table").filter(has_text="Decision")
        await expect(decisions).to_contain_text("Fatima Haidari")
        await expect(decisions).to_contain_text("The depot has no scanners.")
        await lena.goto("/board")
        await expect(lena.get_by_text("1 plan rejected")).to_be_visible()


async def test_a_plan_that_all_approve_is_done_without_javascript_on_a_phone(site: Site) -> None:
    await site.bring()
    phone: dict[str, Any] = {
        "java_script_enabled": False,
        "viewport": {"width": 390, "height": 844},
    }
    async with site.as_person("olga", phone) as olga:
        await propose(olga, await site.issue())
        await olga.get_by_role("button", name="Send to review").click()
        plan = olga.url.split("?")[0]
    for head in ("fatima", "lena"):
        async with site.as_person(head, phone) as page:
            await page.goto(plan)
            await page.get_by_role("button", name="Approve").click()
            await expect(page.locator("#notice")).to_contain_text("approval is recorded")
    async with site.as_person("olga", phone) as olga:
        await olga.goto(plan)
        assert await state_of(olga) == "approved"
        await olga.get_by_role("button", name="Start the work").click()
        await olga.get_by_role("button", name="All is implemented").click()
        await expect(olga.get_by_role("alert")).to_contain_text("2 of 2 items are not done")
        for box in await olga.get_by_role("checkbox", name="Done:").all():
            await box.check()
        await olga.get_by_role("button", name="Mark as done").click()
        await olga.get_by_role("button", name="All is implemented").click()
        assert await state_of(olga) == "implemented"


async def test_a_proposal_with_gaps_keeps_what_was_typed_and_marks_the_gaps(site: Site) -> None:
    await site.bring()
    async with site.as_person("olga") as page:
        await page.goto(await site.issue())
        await page.get_by_role("button", name="One more item").click()
        second = page.get_by_role("group", name="Item 2")
        await second.get_by_label("What will be done").fill("Call the bank")
        await page.get_by_role("button", name="Propose the plan").click()
        await expect(page.get_by_role("alert")).to_contain_text("4 fields need another look")
        await expect(page.get_by_label("What will be done")).to_have_value("Call the bank")
        for label in ("What shall change", "Department", "Owner", "Due"):
            field = page.get_by_role("main").get_by_label(label, exact=True)
            await expect(field).to_have_attribute("aria-invalid", "true")
        await look(page, "a form with gaps")


async def test_a_change_of_an_old_version_is_refused_and_shows_the_new_one(site: Site) -> None:
    await site.bring()
    async with site.as_person("olga") as olga:
        await propose(olga, await site.issue())
        async with site.as_person("lena") as lena:
            await lena.goto(olga.url)
            await lena.get_by_role("button", name="Send to review").click()
            await expect(lena.locator(".page-head .badge")).to_have_text("under review")
        await olga.get_by_role("button", name="Send to review").click()
        await expect(olga.get_by_role("alert")).to_contain_text("the plan is at version 2")
        assert await state_of(olga) == "under review"


async def test_a_picture_shows_the_numbers_of_its_table(site: Site) -> None:
    await site.bring()
    async with site.as_person("ann") as page:
        await page.goto(await site.issue())
        await page.get_by_text("The same in numbers").click()
        rows = page.get_by_role("group", name="Weeks in numbers").locator("tbody tr")
        cells = [await row.locator("td").all_inner_texts() for row in await rows.all()]
        customers, detractors, said = (
            [int(row[column]) for row in reversed(cells)] for column in range(3)
        )
        assert await bars(page, "trend-customers", ".bar") == scaled(customers, customers)
        assert await bars(page, "trend-detractors", ".bar:not(.soft)") == scaled(detractors, said)
        assert await bars(page, "trend-detractors", ".bar.soft") == scaled(said, said)
        for row in cells:
            few = int(row[2]) < 5
            assert bool(re.fullmatch(r"\d+ %", row[3])) is not few, row
        await expect(page.get_by_role("button", name="Propose the plan")).to_have_count(0)


async def test_the_empty_board_says_what_is_nearest_to_the_threshold(site: Site) -> None:
    async with site.as_person("fatima") as page:
        await page.goto("/board")
        await expect(page.get_by_role("main")).to_contain_text("No cause has been confirmed")
        await look(page, "empty")
        events = [story.changed(f"near-{n}", customer=f"c{n}") for n in range(4)]
        await site.worker.followups(events)
        await page.reload()
        await expect(page.get_by_role("main")).to_contain_text(
            re.compile(r"Nearest to the threshold: The refund came late at\s+Returns, 4 of 5")
        )
        await look(page, "nearly")
        await site.worker.followups([story.changed("near-5", customer="c5")])
        await page.goto("/board?department=shops")
        await expect(page.get_by_role("main")).to_contain_text("The filter hides 1 card")
        await look(page, "filtered")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_clean_at_every_width(site: Site, scheme: str) -> None:
    await site.bring()
    async with site.as_person("olga", {"color_scheme": scheme}) as page:
        foreign = watched(page, site.address)
        issue = await site.issue()
        await propose(page, issue)
        await page.get_by_role("button", name="Send to review").click()
        plan = page.url
        for width in (1440, 390, 320):
            await page.set_viewport_size({"width": width, "height": 800})
            for place in ("/board", issue, plan):
                await page.goto(place)
                await page.locator("main details").evaluate_all(OPEN_ALL)
                await look(page, f"{place} {width} {scheme}")
        assert foreign == []


def watched(page: Page, address: str) -> list[str]:
    """Return the list that fills with requests to other hosts and with console errors."""
    found: list[str] = []
    page.on("request", lambda one: None if one.url.startswith(address) else found.append(one.url))
    page.on("console", lambda one: found.append(one.text) if one.type == "error" else None)
    return found


async def look(page: Page, what: str) -> None:
    """Fail when axe finds something, or when the page scrolls sideways."""
    assert await faults_of(page) == [], what
    assert await sideways_scroll(page) == 0, what


async def bars(page: Page, name: str, kind: str) -> list[int]:
    """Return the heights of a picture's bars, in percent of the highest that fits."""
    heights = await page.locator(f'svg[aria-labelledby^="{name}-"] {kind}').evaluate_all(
        "bars => bars.map(bar => Number(bar.getAttribute('height')))"
    )
    return [round(100 * height / 130) for height in heights]


def scaled(values: Sequence[int], of: Sequence[int]) -> list[int]:
    return [round(100 * round(130 * value / max(of), 1) / 130) for value in values]
