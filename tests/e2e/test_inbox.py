"""The inbox in a real browser: a person works a case from first look to solved."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.opening import open_followups
from shared.clock import SystemClock
from shared.contracts.events import FeedbackScored
from shared.ids import derived_id
from shared.postgres.pool import Pool, create_pool
from shared.settings import Settings
from tests.e2e.conftest import Serve
from tests.e2e.looks import faults_of, sideways_scroll
from tests.integration.routing.company import PROGRAMS, WORDS, event_id, scored
from tests.integration.routing.conftest import activate_programs
from tests.support.serving import served

ROW = "[data-row]"


@pytest.fixture
async def worker_pool(database_url: str) -> AsyncIterator[Pool]:
    """Give connections under the worker's role."""
    pool = await create_pool(database_url, role="closedloop_routing")
    yield pool
    await pool.close()


async def arrive(pool: Pool, events: Sequence[FeedbackScored]) -> None:
    """Let events become follow-ups, as the worker does."""
    async with pool.acquire() as connection, connection.transaction():
        await open_followups(
            PostgresOpenings(connection), events, programs=PROGRAMS, clock=SystemClock()
        )


def in_every_language() -> list[FeedbackScored]:
    now = SystemClock().now()
    return [
        scored(
            number,
            language=language,
            text=text and f"{text} {text}\n{text}",
            severity=("critical", "high", "low")[number % 3],
            received_at=now,
            segment="Gold",
            contact={"name": "María José Hernández de la Torre", "phone": "+856 20 5555 1234"},
        )
        for number, (language, text) in enumerate(WORDS)
    ]


@pytest.fixture
async def site(settings: Settings, serve: Serve, worker_pool: Pool) -> str:
    """Give the address of an inbox with follow-ups in every language."""
    await activate_programs(settings)
    await arrive(worker_pool, in_every_language())
    return serve(create_app(settings))


async def sign_in(page: Page, site: str, name: str = "Mali Chan answers customers") -> None:
    await page.goto(f"{site}/inbox")
    await page.get_by_role("button", name=name).first.click()
    await page.wait_for_url("**/inbox*")


def case_of(site: str, number: int) -> str:
    return f"{site}/inbox/{derived_id('followup', str(event_id(number)))}"


async def open_mine(page: Page) -> None:
    await page.locator(f"{ROW} a").first.click()
    await page.wait_for_url("**/inbox/*")


async def press(page: Page, button: str) -> None:
    await page.get_by_role("button", name=button, exact=True).click()


async def test_a_case_is_worked_from_first_look_to_solved(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=all")
    await page.locator(ROW).filter(has=page.locator("[data-key=t]")).first.locator("a").click()
    await press(page, "Take it")
    await expect(page.get_by_role("status")).to_have_text("It is yours now.")
    await press(page, "Acknowledge")
    await page.locator("#note").fill("Called the carrier.")
    await press(page, "Start work")
    await page.locator("#action_taken").fill("Sent a new one.")
    await press(page, "Resolve")
    refused = page.get_by_role("alert")
    await expect(refused).to_contain_text("Choose what went wrong. Choose why it happened.")
    await expect(page.locator("#action_taken")).to_have_value("Sent a new one.")
    assert await faults_of(page) == []
    await page.locator("#what").select_option("late")
    await page.locator("#why").select_option("carrier")
    await press(page, "Resolve")
    await expect(page.get_by_role("status")).to_have_text("Resolved. Thank you.")
    await expect(page.locator("main")).to_contain_text("The carrier failed")
    await expect(page.locator(".timeline")).to_contain_text("Called the carrier.")
    assert await faults_of(page) == []


async def test_the_keyboard_is_enough(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.keyboard.press("j")
    first = await page.evaluate("document.activeElement.closest('[data-row]').id")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    assert await page.evaluate("document.activeElement.closest('[data-row]').id") == first
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Next, previous follow-up")
    await page.keyboard.press("Escape")
    await page.locator(f"#{first} a").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/inbox/*")
    await page.keyboard.press("s")
    await expect(page.get_by_role("status")).to_have_text("Acknowledged.")
    await page.keyboard.press("n")
    await page.keyboard.type("just jotting")  # keys are off inside fields
    await expect(page.locator("#note")).to_have_value("just jotting")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("You are working on it.")
    await page.keyboard.press("e")
    await page.keyboard.type("It came")
    await page.keyboard.press("Tab")
    await page.keyboard.type("The carrier")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Sent a new one.")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("Resolved. Thank you.")


async def test_t_takes_the_row_that_has_the_focus(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=all")
    row = page.locator(ROW).filter(has=page.locator("[data-key=t]")).first
    which = await row.get_attribute("id")
    await row.locator("a").focus()
    await page.keyboard.press("t")
    await expect(page.get_by_role("status")).to_have_text("It is yours now.")
    await expect(page.locator(f"#{which}")).to_contain_text("yours")


async def test_keys_can_be_switched_off(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.keyboard.press("?")
    await page.get_by_label("Keys work on this browser").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    assert await page.evaluate("document.activeElement.closest('[data-row]')") is None


async def test_of_two_who_change_a_case_the_second_sees_both_versions(
    context: BrowserContext, page: Page, site: str
) -> None:
    await sign_in(page, site)
    await open_mine(page)
    other = await context.new_page()
    await other.goto(page.url)
    await press(page, "Acknowledge")
    await expect(page.get_by_role("status")).to_have_text("Acknowledged.")
    await other.locator("#note").fill("I called her, too.")
    await press(other, "Acknowledge")
    conflict = other.get_by_role("alert")
    await expect(conflict).to_contain_text("It was changed while you looked at it")
    await expect(conflict.get_by_role("row", name="State")).to_contain_text(
        re.compile("assigned.*acknowledged", re.DOTALL)
    )
    await expect(other.locator("#note")).to_have_value("I called her, too.")
    assert await faults_of(other) == []
    await press(other, "Start work")
    await expect(other.locator(".timeline")).to_contain_text("I called her, too.")


async def test_a_new_case_appears_by_itself_and_leaves_the_focus_alone(
    page: Page, site: str, worker_pool: Pool
) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=all")
    rows = page.locator(ROW)
    before = await rows.count()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    focused = await page.evaluate("document.activeElement.href")
    await arrive(worker_pool, [scored(77, received_at=SystemClock().now(), severity="critical")])
    await expect(rows).to_have_count(before + 1, timeout=15_000)
    assert await page.evaluate("document.activeElement.href") == focused
    assert await faults_of(page) == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
async def test_every_page_is_accessible_and_fits_the_screen(
    browser: Browser, site: str, width: int, scheme: str
) -> None:
    window = await browser.new_context(
        viewport={"width": width, "height": 740},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=width < 1000,
    )
    page = await window.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    await page.goto(f"{site}/signin")
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
    await sign_in(page, site)
    for place in (
        "/inbox?view=all",
        "/inbox?view=mine&due=overdue",
        "/inbox?view=all&severity=high&state=assigned",
        case_of(site, 0).removeprefix(site),
        case_of(site, 7).removeprefix(site),
    ):
        await page.goto(site + place)
        assert await faults_of(page) == [], place
        assert await sideways_scroll(page) == 0, place
    assert complaints == []
    assert all(request.startswith((site, "data:")) for request in requests)
    await window.close()


async def test_on_a_phone_clock_and_words_are_seen_at_once(browser: Browser, site: str) -> None:
    window = await browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = await window.new_page()
    await sign_in(page, site)
    for place, clock in (("/inbox", f"{ROW} .inbox-clock"), (case_of(site, 0), ".head-facts")):
        await page.goto(place if place.startswith("http") else site + place)
        for part in (clock, ".words"):
            box = await page.locator(part).first.bounding_box()
            assert box is not None
            assert box["y"] < 740 - 24
    await window.close()


async def test_everything_works_without_javascript(browser: Browser, site: str) -> None:
    window = await browser.new_context(java_script_enabled=False)
    page = await window.new_page()
    await sign_in(page, site)
    await open_mine(page)
    await press(page, "Acknowledge")
    await press(page, "Start work")
    await page.locator("#what").select_option("late")
    await page.locator("#why").select_option("unknown")
    await page.locator("#action_taken").fill("Paid it back.")
    await press(page, "Resolve")
    await expect(page.get_by_role("status")).to_have_text("Resolved. Thank you.")
    await window.close()


async def test_an_empty_list_says_why_and_what_next(page: Page, site: str) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=mine&state=reopened")
    await expect(page.locator(".empty")).to_contain_text("The filter hides")
    await page.get_by_role("link", name="Show them").click()
    await expect(page.locator(ROW)).not_to_have_count(0)
    await page.goto(f"{site}/inbox/not-a-case")
    await expect(page.locator("h1")).to_have_text("There is no such thing")
    assert await faults_of(page) == []


async def test_a_server_that_stops_leaves_the_list_says_since_when_and_is_caught_up_with(
    page: Page, settings: Settings, worker_pool: Pool
) -> None:
    await activate_programs(settings)
    await arrive(worker_pool, in_every_language())
    with served(create_app(settings)) as site:
        await sign_in(page, site)
        await page.goto(f"{site}/inbox?view=all")
        rows = await page.locator(ROW).count()
        await page.keyboard.press("/")
        await page.keyboard.type("half a wo")
    await expect(page.get_by_role("status")).to_contain_text("No updates since", timeout=15_000)
    assert await page.locator(ROW).count() == rows
    await arrive(worker_pool, [scored(78, received_at=SystemClock().now())])
    with served(create_app(settings), port=int(site.rpartition(":")[2])):
        await expect(page.locator(ROW)).to_have_count(rows + 1, timeout=30_000)
        await expect(page.get_by_role("status")).to_be_empty(timeout=15_000)
        await expect(page.get_by_role("searchbox")).to_have_value("half a wo")
        await expect(page.locator("#totals")).to_contain_text(f"{rows + 1} in all")


async def test_words_are_found_in_every_language_and_typed_after_a_slash(
    page: Page, site: str
) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=all")
    await page.keyboard.press("/")
    await page.keyboard.type("客服")
    await page.keyboard.press("Enter")
    await expect(page.locator(ROW)).to_have_count(1)
    await expect(page.locator(ROW)).to_contain_text("包裹晚到了九天")
    assert await faults_of(page) == []
    await page.get_by_role("link", name="Clear").click()
    await expect(page.locator(ROW)).not_to_have_count(1)


async def test_all_that_match_are_given_to_somebody_and_undo_puts_them_back(
    page: Page, settings: Settings, serve: Serve, worker_pool: Pool
) -> None:
    await activate_programs(settings)
    now = SystemClock().now()
    await arrive(worker_pool, [scored(n, received_at=now) for n in range(120)])
    site = serve(create_app(settings))
    await sign_in(page, site, "Vilay")
    await page.goto(f"{site}/inbox?view=all&owner=mali")
    before = await page.locator("#totals").inner_text()
    await expect(page.locator("#totals")).to_contain_text("40 match")
    await page.goto(f"{site}/inbox?view=all")
    await page.get_by_label("that match").check()
    await page.get_by_label("Give to").select_option("noy")
    await press(page, "Give")
    report = page.locator("#bulk-report")
    await expect(report).to_contain_text("80 reassigned, 40 refused.")
    assert await faults_of(page) == []
    await page.keyboard.press("z")
    await expect(report).to_contain_text("40 refused, 80 put back.")
    await page.goto(f"{site}/inbox?view=all&owner=mali")
    await expect(page.locator("#totals")).to_have_text(before)


async def test_rows_are_chosen_by_key_and_stay_chosen_while_the_list_moves(
    page: Page, site: str, worker_pool: Pool
) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=all")
    rows = page.locator(ROW)
    before = await rows.count()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("Shift+X")
    await expect(page.locator("#chosen")).to_have_text("With the 3 chosen:")
    await arrive(worker_pool, [scored(79, received_at=SystemClock().now(), severity="critical")])
    await expect(rows).to_have_count(before + 1)
    await expect(page.locator("#chosen")).to_have_text("With the 3 chosen:")
    assert await faults_of(page) == []
    await page.locator("#bulk input[name=note]").fill("Read this.")
    await press(page, "Add note")
    await expect(page.locator("#bulk-report")).to_contain_text("3 noted.")
    await expect(page.get_by_role("button", name="Undo")).to_have_count(0)


async def test_brackets_walk_through_the_list_that_a_case_was_opened_from(
    page: Page, site: str
) -> None:
    await sign_in(page, site)
    await page.goto(f"{site}/inbox?view=all&severity=critical")
    links = page.locator(f"{ROW} a")
    places = [await link.get_attribute("href") for link in await links.all()]
    await links.nth(1).click()
    await page.wait_for_url(f"{site}{places[1]}")
    assert await faults_of(page) == []
    for key, place in (("]", places[2]), ("[", places[1]), ("[", places[0])):
        await page.keyboard.press(key)
        await page.wait_for_url(f"{site}{place}")
    await page.keyboard.press("[")  # nothing before the first
    await page.get_by_role("link", name="← Inbox").click()
    await page.wait_for_url("**severity=critical")


@pytest.mark.parametrize("width", [1440, 360])
async def test_the_measures_are_read_on_a_desk_and_on_a_phone(
    page: Page, site: str, width: int
) -> None:
    await sign_in(page, site)
    await page.set_viewport_size({"width": width, "height": 800})
    await page.get_by_role("link", name="Measures").click()
    await expect(page.get_by_role("heading", name="All together")).to_be_visible()
    await expect(page.get_by_role("row", name=re.compile("Delivery care 8"))).to_be_visible()
    await page.get_by_label("Severity").select_option("critical")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("row", name=re.compile("Delivery care 3"))).to_be_visible()
    assert await faults_of(page) == []
    assert await sideways_scroll(page) == 0
