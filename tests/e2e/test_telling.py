"""Customers are told what changed: written, looked at and sent; read; and walked both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from httpx import AsyncClient
from playwright.async_api import Browser, BrowserContext, Page, expect

from services.outer_loop.app import create_app as create_board
from services.outer_loop.bootstrap import WORKER_ROLE as BOARD_WORKER
from services.routing.adapters.communications import (
    PostgresCommunications,
    PostgresTellings,
    load_wordings,
)
from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app as create_inbox
from services.routing.domain.promise_link import Link, token_of
from services.routing.handlers.communications import settle, take_communications
from services.routing.handlers.opening import open_followups
from shared.clock import FixedClock
from shared.contracts.codec import parser
from shared.contracts.communications import LoopCommunicationSent, LoopCommunicationTold
from shared.contracts.events import FollowUpChanged, FollowUpState, Resolution, RootCause
from shared.postgres.pool import Pool, create_pool
from shared.program.document import Program
from shared.program.store import open_programs
from shared.settings import Settings
from shared.web.auth import COOKIE, Principal, issue_token
from tests.e2e.conftest import Serve
from tests.e2e.looks import clipped_marks, faults_of, sideways_scroll
from tests.integration.outer_loop.batches import Worker
from tests.integration.outer_loop.change_made import suggesting
from tests.integration.routing.company import DOCUMENT, TENANT, WORDS, scored
from tests.integration.routing.promised import followup_id

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PROGRAM = {
    **{name: part for name, part in DOCUMENT.items() if name != "version"},
    "systemic_issues": {"customers": 5, "days": 30},
}
SPOKEN = [tag for tag, _ in WORDS if tag]
CUSTOMERS = 42
#: The last ones' words alone suggest the cause; every tenth has left no address.
CONFIRMED = 35
ENGLISH = "Parcels are now scanned when they arrive, and you get a message the same day. Thank you."
THAI = "ตอนนี้เราสแกนพัสดุทันทีที่มาถึง และส่งข้อความถึงคุณในวันเดียวกัน ขอบคุณที่บอกเรา"


@dataclass(frozen=True, slots=True)
class Company:
    """Both services on one database: their addresses and what their workers would do."""

    board: str
    inbox: str
    settings: Settings
    outer: Worker
    routing: Pool

    async def window(self, browser: Browser, subject: str, role: str, **options: Any) -> Page:  # noqa: ANN401
        """Open a browser window on the board of somebody who is signed in."""
        context: BrowserContext = await browser.new_context(base_url=self.board, **options)
        context.set_default_timeout(20_000)
        cookie = {"name": COOKIE, "value": self.token(subject, role), "url": self.board}
        await context.add_cookies([cookie])  # type: ignore[list-item]  # as Playwright takes it
        return await context.new_page()

    def token(self, subject: str, role: str) -> str:
        """Return what signs somebody in."""
        who = Principal(tenant=TENANT, subject=subject, name=subject, roles=frozenset({role}))
        return issue_token(who, self.settings.secret, lifetime=timedelta(hours=1))

    def promise(self, number: int) -> str:
        """Return the address of a customer's page."""
        link = Link(followup_id=followup_id(number))
        return f"{self.inbox}/p/{token_of(link, self.settings.secret)}"

    async def told(self) -> int:
        """Do what routing does with what was sent, mails included; return to how many."""
        rows = await self.outer.rows(
            "SELECT value FROM outer_loop.outbox WHERE topic = 'loop.communication.v1' ORDER BY id"
        )
        events = [parser(LoopCommunicationSent)(row["value"]) for row in rows]
        async with self.routing.acquire() as connection, connection.transaction():
            await take_communications(
                PostgresCommunications(connection),
                events,
                programs={TENANT: program()},
                wordings=load_wordings(),
                clock=FixedClock(datetime.now(UTC)),
            )
        tellings = PostgresTellings(self.routing)
        for row in await self.routing.fetch("SELECT telling_id FROM routing.loop_communication"):
            await settle(tellings.open, row["telling_id"], "sent", now=datetime.now(UTC))
        news = await self.routing.fetch(
            "SELECT value FROM routing.outbox WHERE topic = 'loop.communication.told.v1'"
        )
        await self.outer.told([parser(LoopCommunicationTold)(row["value"]) for row in news])
        return len(events)


def program() -> Program:
    return Program.model_validate({**PROGRAM, "version": 1})


@pytest.fixture
async def company(settings: Settings, database_url: str, serve: Serve) -> AsyncIterator[Company]:
    """Give a company with one issue of late parcels, from 42 customers in seven languages."""
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        text = yaml.safe_dump(PROGRAM, allow_unicode=True)
        await programs.activate(text, who="tests", why="a first program")
    known = {TENANT: program()}
    clock = FixedClock(datetime.now(UTC))
    async with (
        await create_pool(database_url, role="closedloop_routing") as routing,
        await create_pool(database_url, role=BOARD_WORKER) as outer,
    ):
        company = Company(
            serve(create_board(settings)),
            serve(create_inbox(settings)),
            settings,
            Worker(outer, known, clock),
            routing,
        )
        await said(company)
        yield company


async def said(company: Company) -> None:
    begins = datetime.now(UTC) - timedelta(days=20)
    said = [
        suggesting(
            scored(
                n,
                language=SPOKEN[n % len(SPOKEN)],
                text=dict(WORDS)[SPOKEN[n % len(SPOKEN)]],
                received_at=begins + timedelta(hours=8 * n),
                contact=None if n % 10 == 9 else {"name": "Som", "email": f"c{n}@example.com"},
            ),
            "late",
            SPOKEN[n % len(SPOKEN)],
        )
        for n in range(CUSTOMERS)
    ]
    async with company.routing.acquire() as connection, connection.transaction():
        outcomes = await open_followups(
            PostgresOpenings(connection),
            said,
            programs={TENANT: program()},
            clock=FixedClock(begins + timedelta(days=15)),
        )
    opened = [parser(FollowUpChanged)(one.value or b"") for o in outcomes for one in o.outgoing]
    await company.outer.feedback(said)
    await company.outer.followups(opened)
    await company.outer.followups([resolved(one) for one in opened[:CONFIRMED]])


def resolved(event: FollowUpChanged) -> FollowUpChanged:
    cause = RootCause(what="late", why="carrier")
    at = event.data.opened_at + timedelta(hours=5)
    done = Resolution(root_cause=cause, action_taken="Brought it.", resolved_at=at)
    given = {"version": 9, "state": FollowUpState.RESOLVED, "resolution": done, "changed_at": at}
    return event.model_copy(update={"data": event.data.model_copy(update=given)})


async def carried_out(company: Company) -> tuple[str, str]:
    """Have a plan made and carried out; return the ids of the issue and the plan."""
    item = {
        "department": "logistics",
        "owner": "mali",
        "due_on": (datetime.now(UTC) + timedelta(days=9)).date().isoformat(),
        "description": "Scan every parcel on arrival",
    }
    bearer = {"Authorization": f"Bearer {company.token('vilay', 'department_head')}"}
    address = f"{company.board}/outer-loop/v1"
    async with AsyncClient(base_url=address, headers=bearer) as head:
        [issue] = (await head.get("/issues")).json()["issues"]
        proposal = {"summary": "Scan parcels on arrival and tell customers", "items": [item]}
        plan = (await head.post(f"/issues/{issue['issue_id']}/plans", json=proposal)).json()
        for step in ("under_review", "decide", "in_progress", "done", "implemented"):
            plan = (await _step(head, plan, step)).raise_for_status().json()
    return issue["issue_id"], plan["plan_id"]


async def _step(head: AsyncClient, plan: dict[str, Any], step: str) -> Any:  # noqa: ANN401
    place, match = f"/plans/{plan['plan_id']}", {"If-Match": f'"{plan["version"]}"'}
    if step == "decide":
        decision = {"department": "logistics", "decision": "approved"}
        return await head.post(f"{place}/decisions", json=decision)
    done = {"done": [item["item_id"] for item in plan["items"]]}
    body = done if step == "done" else {"state": step}
    return await head.patch(place, json=body, headers=match)


async def looks_right(page: Page) -> None:
    assert await faults_of(page) == [], page.url
    assert await sideways_scroll(page) == 0, page.url


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_head_writes_looks_and_sends_and_customers_read_it_in_their_language(
    company: Company,
    browser: Browser,
    viewport: Any,  # noqa: ANN401
) -> None:
    _, plan_id = await carried_out(company)
    page = await company.window(
        browser, "vilay", "department_head", viewport=viewport, java_script_enabled=False
    )
    await page.goto(f"/board/plans/{plan_id}")
    await page.get_by_role("link", name="What customers are told about this change").click()
    await page.get_by_role("button", name="Keep and preview").click()
    await expect(page.get_by_role("alert")).to_contain_text("There are no English words.")
    await page.get_by_label("What changed, English").fill(ENGLISH)
    await page.locator("#text-th").fill(THAI)
    await page.get_by_role("button", name="Keep and preview").click()
    await expect(page.get_by_role("status")).to_contain_text("Look at it as customers will")
    preview = page.locator("section", has=page.get_by_role("heading", name="As customers"))
    await expect(preview.locator("blockquote[lang=th]")).to_have_text(THAI)
    await expect(preview.get_by_text("They get the English ones.")).to_be_visible()
    await page.get_by_role("button", name="Send to 32 customers").click()
    await expect(page.get_by_role("status")).to_contain_text("It is on its way")
    assert await company.told() == 32
    await page.reload()
    await expect(page.locator("dt", has_text="Told").locator("+ dd")).to_have_text("32")
    await expect(page.get_by_role("button", name="Send to")).to_have_count(0)
    customer = await browser.new_context(viewport=viewport, java_script_enabled=False)
    theirs = await customer.new_page()
    for number, heading, words in (
        (SPOKEN.index("th"), "สิ่งที่เปลี่ยนไปเพราะคุณ", THAI),
        (SPOKEN.index("lo"), "ສິ່ງທີ່ປ່ຽນໄປຍ້ອນທ່ານ", ENGLISH),
    ):
        await theirs.goto(company.promise(number))
        await expect(theirs.get_by_role("heading", name=heading)).to_be_visible()
        await expect(theirs.get_by_text(words)).to_be_visible()
        assert await clipped_marks(theirs) == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
async def test_the_pages_are_accessible_and_fit(
    company: Company,
    browser: Browser,
    viewport: Any,  # noqa: ANN401
) -> None:
    issue_id, plan_id = await carried_out(company)
    page = await company.window(browser, "vilay", "department_head", viewport=viewport)
    await page.goto(f"/board/issues/{issue_id}/thread?step=told&basis=suggested")
    await expect(page.get_by_text("Nobody.")).to_be_visible()
    await looks_right(page)
    await page.goto(f"/board/plans/{plan_id}/telling")
    await looks_right(page)
    await page.get_by_label("What changed, English").fill(ENGLISH)
    await page.get_by_label("Also to customers whose words suggest").check()
    await page.get_by_role("button", name="Keep and preview").click()
    await expect(page.get_by_role("button", name="Send to 38 customers")).to_be_visible()
    await looks_right(page)
    await page.get_by_role("button", name="Send to 38 customers").click()
    await company.told()
    await page.reload()
    await looks_right(page)
    for place in (f"/board/issues/{issue_id}/thread", f"/board/thread?followup={followup_id(1)}"):
        await page.goto(place)
        await looks_right(page)
    theirs = await page.context.new_page()
    await theirs.goto(company.promise(SPOKEN.index("th")))
    await looks_right(theirs)


async def test_the_chain_is_walked_by_keyboard_to_the_later_score_and_back(
    company: Company, browser: Browser
) -> None:
    issue_id, plan_id = await carried_out(company)
    page = await company.window(browser, "vilay", "department_head", viewport=DESK)
    await page.goto(f"/board/plans/{plan_id}/telling")
    await page.get_by_label("What changed, English").fill(ENGLISH)
    await page.get_by_role("button", name="Keep and preview").click()
    await page.get_by_role("button", name="Send to 32 customers").click()
    await company.told()
    at = datetime.now(UTC) + timedelta(hours=1)
    happy = scored(500, flagged=False, customer_id="C-00003", received_at=at + timedelta(hours=1))
    await company.outer.feedback([happy])

    async def press(page: Page, name: str) -> None:
        await page.get_by_role("link", name=name, exact=True).first.focus()
        await page.keyboard.press("Enter")

    await page.goto(f"/board/issues/{issue_id}")
    await press(page, "What became of it, from heard to told")
    told = page.locator("tr", has=page.get_by_role("rowheader", name="Said something since"))
    await told.get_by_role("link", name="1", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("rowheader", name="C-00003")).to_be_visible()
    await press(page, "C-00003")
    await expect(page.locator(".timeline")).to_contain_text("the customer was told what changed")
    await press(page, "happy")
    await expect(page.get_by_text("This feedback is the later score")).to_be_visible()
    await press(page, "customer C-00003")
    await expect(page.get_by_text("Later score:")).to_be_visible()
    await press(page, "It came late")
    await expect(page.get_by_role("heading", name="From heard to told")).to_be_visible()
    await expect(page.get_by_text("Of 32 customers told, 1 said something since")).to_be_visible()
