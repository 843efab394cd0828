"""Why an event was scored so, and the review queue, in a real browser."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from services.scoring.adapters.opinions import keep
from services.scoring.app import create_app
from services.scoring.bootstrap import API_ROLE
from services.scoring.domain.second_opinion import Answer, Labels, SecondOpinion
from shared.postgres.pool import create_pool
from shared.postgres.tenancy import tenant_transaction
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.routing.company import WORDS
from tests.integration.scoring.said import (
    ANGRY,
    NOW,
    activate,
    contradictions,
    said,
    score,
    settings_for,
)

QUEUE = "/scoring/review"
LEAD = "leads the team Desk"
AUDITOR = "reads everything"
OPEN_ALL = "document.querySelectorAll('main details').forEach(one => { one.open = true })"

#: What a page must stand: every language, no words, no rating, a very long text without a space.
DARK: list[dict[str, Any]] = [
    *({"text": text} for _, text in WORDS if text),
    {"text": WORDS[2][1], "nps": 0},
    {"text": None, "nps": 9},
    {"text": "zzz qqq xxx", "nps": None},
    {"text": "ยาวมากและช้ามาก" * 680, "nps": 1},
    {"text": f"{ANGRY}\n\n{ANGRY}", "nps": 3, "segment": "gold"},
]


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest.fixture
async def ids(settings: Settings) -> list[UUID]:
    """Give the ids of two contradictions, the first with second opinions, and of dark data."""
    program = await activate(settings)
    dark = [said(number, **fields) for number, fields in enumerate(DARK, start=10)]
    found = await score(settings, program, [*contradictions(2), *dark])
    async with (
        await create_pool(settings.database_url, role=API_ROLE) as pool,
        tenant_transaction(pool, "acme") as connection,
    ):
        await keep(connection, second_opinion(found[0], Labels("negative", "delay"), None))
        refused = "theme: the program has no 'a theme that nobody has ever heard of'"
        await keep(connection, second_opinion(found[0], Labels(), refused))
    return found


def second_opinion(feedback_id: UUID, labels: Labels, refused: str | None) -> SecondOpinion:
    return SecondOpinion(
        feedback_id=feedback_id,
        model="a-provider/a-model-with-a-long-name:70b",
        prompt_version="1-37917f1b",
        program_version=1,
        asked_at=NOW,
        answer=Answer(labels=labels, refused=refused, answer="{}", latency_ms=812),
    )


@pytest.fixture
def site(settings: Settings, serve: Serve, ids: list[UUID]) -> str:
    """Give the address of the pages."""
    return serve(create_app(settings))


async def open_as(page: Page, who: str, address: str) -> None:
    """Sign in from the page that was asked for, which leads back to it."""
    await page.goto(address)
    await page.get_by_role("button", name=who).first.click()
    await page.wait_for_url(f"{address}*")


async def test_a_lead_decides_and_decides_anew(page: Page, site: str, ids: list[UUID]) -> None:
    await open_as(page, LEAD, site + QUEUE)
    rows = page.locator("[data-row]")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("Unhappy words, good rating")
    await expect(rows.first).to_contain_text("sound negative (almost certain, above 0.99)")
    await expect(rows.first).to_contain_text("10 of 10 (nps): a promoter")
    await rows.first.get_by_label("Note").fill("Meant as irony.")
    await rows.first.get_by_role("button", name="The rating is right").click()
    await expect(page.get_by_role("status")).to_have_text("Kept: the rating is right.")
    await expect(rows).to_have_count(1)
    await page.get_by_role("link", name="Decided").click()
    await expect(rows.first).to_contain_text("Meant as irony.")
    await rows.first.locator("h2 a").click()
    await page.get_by_role("button", name="The words are right").click()
    await page.goto(f"{site}{QUEUE}/{ids[0]}")
    decided = page.locator(".timeline li")
    await expect(decided).to_have_count(2)
    await expect(decided.first).to_contain_text("The words are right.")
    await expect(decided.last).to_contain_text("superseded")
    assert await faults_of(page) == []


async def test_who_is_too_late_keeps_what_was_typed(page: Page, site: str, ids: list[UUID]) -> None:
    await open_as(page, LEAD, f"{site}{QUEUE}/{ids[0]}")
    other = await page.context.new_page()
    await other.goto(page.url)
    await page.get_by_role("button", name="Both are right").click()
    await expect(page.get_by_role("status")).to_have_text("Kept: both are right.")
    await other.get_by_label("Note").fill("I called her.")
    await other.get_by_role("button", name="The words are right").click()
    await expect(other.get_by_role("alert")).to_contain_text("Somebody decided on it")
    await expect(other.get_by_label("Note")).to_have_value("I called her.")
    assert await faults_of(other) == []
    await other.get_by_role("button", name="The words are right").click()
    await expect(other.get_by_role("status")).to_have_text("Kept: the words are right.")


async def test_the_keyboard_is_enough(page: Page, site: str) -> None:
    await open_as(page, LEAD, site + QUEUE)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("r")
    await expect(page.get_by_role("status")).to_have_text("Kept: the rating is right.")
    await expect(page.locator("[data-row]")).to_contain_text("Unhappy words")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("The words are right")


async def test_an_auditor_reads_and_decides_nothing(page: Page, site: str, ids: list[UUID]) -> None:
    await open_as(page, AUDITOR, site + QUEUE)
    await expect(page.locator("[data-row]")).to_have_count(2)
    await expect(page.get_by_role("button", name="The words are right")).to_have_count(0)
    await expect(page.locator("main")).to_contain_text("you can read")
    await page.goto(f"{site}{QUEUE}/{ids[0]}")
    await expect(page.get_by_role("button", name="The words are right")).to_have_count(0)


async def test_everything_works_without_javascript(browser: Browser, site: str) -> None:
    window = await browser.new_context(java_script_enabled=False)
    page = await window.new_page()
    await open_as(page, LEAD, site + QUEUE)
    for _ in range(2):
        await page.get_by_role("button", name="Both are right").first.click()
        await expect(page.get_by_role("status")).to_have_text("Kept: both are right.")
    await expect(page.locator(".empty")).to_contain_text("Nothing to decide")
    await page.get_by_role("link", name="Show the decided ones").click()
    await page.get_by_role("link", name="Why it was scored so").first.click()
    await expect(page.locator("h1")).to_have_text("Why it was scored so")
    await window.close()


async def test_second_opinions_stand_beside_the_score(
    page: Page, site: str, ids: list[UUID]
) -> None:
    await open_as(page, AUDITOR, f"{site}/scoring/feedback/{ids[0]}")
    rows = page.get_by_role("group", name="Second opinion").get_by_role("row")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(1)).to_contain_text("Too late")
    await expect(rows.nth(2)).to_contain_text("Its answer can't be used: theme: the program has")


async def test_an_explanation_marks_the_words_that_weighed(
    page: Page, site: str, ids: list[UUID]
) -> None:
    await open_as(page, AUDITOR, f"{site}/scoring/feedback/{ids[-1]}")
    await expect(page.locator("mark", has_text="Terrible").first).to_be_visible()
    main = page.locator("main")
    await expect(main).to_contain_text("Flagged, medium: A gold customer is unhappy.")
    await expect(main).to_contain_text("The rule gold decided; 1 more would have, too.")
    await expect(main).to_contain_text("What went wrong: Too late")
    await page.get_by_text("What made this score").click()
    await expect(main).to_contain_text("activated by ann: to try it")
    await expect(main).to_contain_text("the same bytes")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (320, "light")])
async def test_every_page_is_accessible_and_fits_the_screen(
    browser: Browser, site: str, ids: list[UUID], width: int, scheme: str
) -> None:
    window = await browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=width < 1000,
    )
    page = await window.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    await open_as(page, LEAD, site + QUEUE)
    places = [QUEUE, f"{QUEUE}?state=decided", f"{QUEUE}/{ids[0]}"]
    for place in [*places, *(f"/scoring/feedback/{one}" for one in (ids[0], *ids[-5:]))]:
        await page.goto(site + place)
        await page.evaluate(OPEN_ALL)
        assert await faults_of(page) == [], place
        assert await sideways_scroll(page) == 0, place
    assert complaints == []
    assert all(request.startswith((site, "data:")) for request in requests)
    await window.close()


async def test_what_there_is_not_says_so(page: Page, site: str) -> None:
    await open_as(page, AUDITOR, site + QUEUE)
    for place in (f"/scoring/feedback/{UUID(int=7)}", f"{QUEUE}/{UUID(int=7)}", f"{QUEUE}/x"):
        answer = await page.goto(site + place)
        assert answer is not None
        assert answer.status == 404
        await expect(page.locator("h1")).to_have_text("There is no such thing")
