"""What customers and colleagues write is shown as they wrote it, and never runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml
from playwright.async_api import BrowserContext, Page, expect

from services.outer_loop.app import create_app as create_outer_loop
from services.outer_loop.bootstrap import WORKER_ROLE
from services.routing.app import create_app as create_routing
from services.scoring.app import create_app as create_scoring
from shared.clock import FixedClock, SystemClock
from shared.postgres.pool import create_pool
from shared.program.document import Program
from shared.program.store import open_programs
from shared.settings import Settings
from shared.web.auth import COOKIE, Principal, issue_token
from tests.e2e.conftest import Serve
from tests.e2e.test_inbox import arrive, case_of, sign_in
from tests.integration.outer_loop import story
from tests.integration.outer_loop.batches import Worker
from tests.integration.routing.company import scored
from tests.integration.routing.conftest import activate_programs
from tests.integration.routing.promised import link_of_case
from tests.integration.scoring import said
from tests.support.waiting import until

#: Breaks out of an element, an attribute and a template, and asks for a program of ours to run it.
SCRIPT = (
    """late'"></p></textarea><script>ran = 1</script><img src=x onerror="ran = 1">"""
    """<svg onload="ran = 1"><a href="javascript:ran = 1" hx-get="/inbox">here</a>{{ 7 * 7 }}"""
)
#: What would stand on a page if a text had become elements.
MADE_OF_TEXT = 'img[src="x"], svg[onload], a[href^="javascript:"], script:not([src])'

OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true })"


@pytest.fixture
async def watched(page: Page) -> list[str]:
    """Give what the browser complains of: each script that the page's policy has stopped."""
    told: list[str] = []
    page.on("console", lambda one: told.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told


async def shows_and_runs_nothing(page: Page, told: list[str], times: int = 1) -> None:
    """Fail unless the page shows the text, so many times or more, and nothing came of it."""
    words = page.get_by_text("<script>ran = 1</script>")
    assert await words.count() >= times, page.url
    assert await page.locator(MADE_OF_TEXT).count() == 0, page.url
    assert await page.evaluate("typeof ran") == "undefined", page.url
    assert "49" not in await words.first.inner_text()
    assert told == [], page.url


async def test_feedback_that_holds_a_script_is_read_and_does_not_run(
    page: Page, watched: list[str], settings: Settings, serve: Serve
) -> None:
    await activate_programs(settings)
    evil = scored(
        1,
        text=SCRIPT,
        customer_id=SCRIPT,
        segment=SCRIPT,
        received_at=SystemClock().now(),
        contact={"name": SCRIPT, "email": "x@y.example", "phone": SCRIPT},
    )
    async with await create_pool(settings.database_url, role="closedloop_routing") as pool:
        await arrive(pool, [evil])
    site = serve(create_routing(settings))
    await page.goto(f"{site}{link_of_case(settings, 1)}")
    await shows_and_runs_nothing(page, watched)
    await page.evaluate(OPEN_ALL)
    await page.locator("form[action$=add] textarea").first.fill(SCRIPT)
    await page.locator("form[action$=add] button").first.click()
    await page.wait_for_url("**?done=added")
    await shows_and_runs_nothing(page, watched)

    await sign_in(page, site, "Vilay Sing leads the team")
    await page.goto(f"{site}/inbox?view=all")
    await shows_and_runs_nothing(page, watched, 2)
    await page.goto(case_of(site, 1))
    await shows_and_runs_nothing(page, watched, 3)  # words, name, what the customer has added
    await page.goto(f"{site}/inbox?view=all&q=%22%3E%3Cscript%3Eran%20%3D%201%3C%2Fscript%3E")
    assert await page.evaluate("typeof ran") == "undefined"
    await page.goto(f"{site}/measures")
    assert await page.evaluate("typeof ran") == "undefined"
    assert watched == []


async def test_a_score_of_feedback_that_holds_a_script_is_explained_and_nothing_runs(
    page: Page, watched: list[str], database_url: str, serve: Serve
) -> None:
    settings = said.settings_for(database_url)
    program = await said.activate(settings)
    words = f"{said.ANGRY} {SCRIPT}"
    (feedback,) = await said.score(settings, program, [said.said(1, words, nps=10)])
    site = serve(create_scoring(settings))
    await page.goto(f"{site}/scoring/review")
    await page.get_by_role("button", name="leads the team Desk").click()
    await page.wait_for_url("**/scoring/review*")
    await shows_and_runs_nothing(page, watched)
    for place in (f"/scoring/review/{feedback}", f"/scoring/feedback/{feedback}"):
        await page.goto(f"{site}{place}")
        await shows_and_runs_nothing(page, watched)


def named_by_script(part: Any) -> Any:  # noqa: ANN401  (any part of a document)
    """Return the part with a script for every name that people see in it."""
    if isinstance(part, dict):
        return {
            key: SCRIPT if key == "name" else named_by_script(inner) for key, inner in part.items()
        }
    return [named_by_script(inner) for inner in part] if isinstance(part, list) else part


async def sign_in_as(
    context: BrowserContext, settings: Settings, site: str, subject: str, name: str = SCRIPT
) -> None:
    """Open the board's pages to somebody whose own name holds a script, too, if not told."""
    roles = frozenset({"contributor", "department_head"})
    who = Principal(tenant=story.TENANT, subject=subject, name=name, roles=roles)
    value = issue_token(who, settings.secret, lifetime=timedelta(hours=1))
    await context.add_cookies([{"name": COOKIE, "value": value, "url": site}])


async def bring_an_issue(settings: Settings) -> str:
    """Let a cause whose name, place and customers hold a script become an issue; give its path."""
    document = named_by_script(yaml.safe_load(story.program_yaml()))
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        await programs.activate(yaml.safe_dump(document), who="tests", why="a first one")
    known = {story.TENANT: Program.model_validate(document | {"version": 1})}
    now = SystemClock().now()
    yesterday: dict[str, Any] = {"at": now - timedelta(days=1)}
    unknown = yesterday | {"touchpoint": SCRIPT, "what": SCRIPT, "why": SCRIPT}
    async with await create_pool(settings.database_url, role=WORKER_ROLE) as pool:
        worker = Worker(pool, known, FixedClock(now))
        for kind, facts in {"known": yesterday, "unknown": unknown}.items():
            events = [
                story.changed(f"{kind}-{n}", customer=f"{n} {SCRIPT}", **facts) for n in range(5)
            ]
            await worker.followups(events)
        [row] = await worker.rows(
            "SELECT issue_id FROM outer_loop.systemic_issue WHERE what = 'refund_late'"
        )
    return f"/board/issues/{row['issue_id']}"


async def say_what_is_measured(page: Page, watched: list[str]) -> None:
    """Give the plan at hand a design."""
    await page.get_by_role("link", name="See what will be measured").click()
    await shows_and_runs_nothing(page, watched)
    await page.get_by_label("Day of the change").fill("2030-02-01")
    await page.get_by_label("Expected").fill("-4")
    await page.locator("select[name^='group:']").first.select_option("touched")
    await page.locator("#weeks_before").fill("12")
    await page.locator("#weeks_after").fill("12")
    await page.get_by_role("button", name="Measure this").click()
    await expect(page.get_by_text("Set by").first).to_be_visible()
    await shows_and_runs_nothing(page, watched)


async def test_a_script_on_the_board_is_read_there_and_does_not_run(
    page: Page, context: BrowserContext, watched: list[str], settings: Settings, serve: Serve
) -> None:
    issue = await bring_an_issue(settings)
    site = serve(create_outer_loop(settings))
    await sign_in_as(context, settings, site, "olga")
    await page.goto(f"{site}/board")
    await shows_and_runs_nothing(page, watched, 10)
    await page.goto(f"{site}{issue}")
    await shows_and_runs_nothing(page, watched, 10)  # what, where, why, each customer, departments

    await page.get_by_label("What shall change").fill(SCRIPT)
    item = page.get_by_role("group", name="Item 1")
    await item.get_by_label("What will be done").fill(SCRIPT)
    await page.get_by_role("button", name="Propose the plan").click()
    await expect(page.get_by_role("alert")).to_contain_text("need another look")
    assert ["422" in one for one in watched] == [True]  # the refusal itself
    watched.clear()
    await shows_and_runs_nothing(page, watched)
    await expect(item.get_by_label("What will be done")).to_have_value(SCRIPT)
    await item.get_by_label("Department").select_option("finance")
    await item.get_by_label("Owner").select_option("olga")
    await item.get_by_label("Due").fill("2030-01-15")
    await page.get_by_role("button", name="Propose the plan").click()
    await page.wait_for_url("**/board/plans/*")
    await shows_and_runs_nothing(page, watched, 3)  # the name of the cause, the summary, the item
    plan = page.url.partition("?")[0]

    await page.get_by_text("Put on hold").first.click()
    await page.get_by_label("Why", exact=True).fill(SCRIPT)
    await page.get_by_role("button", name="Put on hold").click()
    await page.wait_for_url("**?notice=moved")
    await shows_and_runs_nothing(page, watched, 5)  # and the reason, twice
    await page.goto(f"{site}/board")
    await expect(page.get_by_text("on hold", exact=True).first).to_be_visible()
    await shows_and_runs_nothing(page, watched, 10)

    await page.goto(plan)
    await page.get_by_role("button", name="Take up again").click()
    await say_what_is_measured(page, watched)
    await page.goto(plan)
    await page.get_by_role("button", name="Send to review").click()
    await page.wait_for_url("**?notice=*")
    await sign_in_as(context, settings, site, "fatima")
    await page.goto(plan)
    await page.get_by_role("textbox").first.fill(SCRIPT)
    await page.get_by_role("button", name="Reject").click()
    await page.wait_for_url("**?notice=rejected")
    await shows_and_runs_nothing(page, watched, 5)
    await page.goto(f"{site}{issue}")
    await shows_and_runs_nothing(page, watched, 10)


async def test_even_markup_that_got_into_a_page_runs_nothing(
    page: Page, watched: list[str], settings: Settings, serve: Serve
) -> None:
    await activate_programs(settings)
    answer = await page.goto(f"{serve(create_routing(settings))}/signin")
    assert answer is not None
    assert "unsafe" not in (await answer.all_headers())["content-security-policy"]
    await page.evaluate(
        """() => { document.querySelector("main").innerHTML = '<img src=x onerror="ran = 1">' }"""
    )
    await expect(page.locator("main img")).to_have_count(1)
    await until(lambda: any("Content Security Policy" in one for one in watched))
    assert await page.evaluate("typeof ran") == "undefined"
