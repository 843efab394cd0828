"""Customers told what changed because of them: by mail, on their page, and each only once."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from services.routing.adapters.communications import (
    PostgresCommunications,
    PostgresTellings,
    load_wordings,
)
from services.routing.adapters.mail import SmtpSender, mail_server_of
from services.routing.handlers.communications import settle, take_communications
from services.routing.notifier.changes import ChangeLetters
from services.routing.notifier.post import Postman
from services.routing.routes.languages import LANGUAGES, catalogue
from shared.clock import FixedClock
from shared.contracts.communications import LoopCommunication, LoopCommunicationSent
from shared.contracts.events import FeedbackScored
from shared.contracts.records import Outcome
from shared.ids import derived_id
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.contract.schemas import validate
from tests.integration.routing.company import DOCUMENT, NOW, PROGRAMS, TENANT, WORDS, scored
from tests.integration.routing.conftest import Caller, calling, opened
from tests.integration.routing.mailbox import CUT, OK, Mailbox, receiving_mails
from tests.integration.routing.promised import customer_of, followup_id, text_of
from tests.integration.routing.webhooks import HurriedClock
from tests.support.waiting import until

TEXTS = {language: f"{words} ✓" for language, words in WORDS if language and words}
MAIL = {"name": "Som {owner} Chai", "email": "som@example.com"}
ISSUE = derived_id("issue", "one")


def reachable(number: int, **given: Any) -> FeedbackScored:  # noqa: ANN401
    return scored(number, **{"contact": MAIL, **given})


def told(
    number: int, *, issue: UUID = ISSUE, customer: str | None = None, text: str | None = None
) -> LoopCommunicationSent:
    """Return that the customer of an event is to be told what changed."""
    communication = derived_id("communication", str(issue))
    who = customer or f"C-{number:05}"
    return LoopCommunicationSent(
        specversion="1.0",
        id=str(derived_id(str(communication), who)),
        source="urn:closedloop:outer_loop",
        type="loop.communication.v1",
        tenant=TENANT,
        data=LoopCommunication(
            communication_id=communication,
            issue_id=issue,
            plan_id=derived_id("plan", str(issue)),
            followup_id=followup_id(number),
            customer_id=who,
            touchpoint="delivery",
            what="late",
            basis="confirmed",
            texts={"en": text} if text else TEXTS,
            approved_by="vilay",
            approved_at=NOW,
        ),
    )


async def take(
    pool: Pool, *events: LoopCommunicationSent, at: timedelta = timedelta(0)
) -> Sequence[Outcome]:
    async with pool.acquire() as connection, connection.transaction():
        return await take_communications(
            PostgresCommunications(connection),
            events,
            programs=PROGRAMS,
            wordings=load_wordings(),
            clock=FixedClock(NOW + at),
        )


@contextlib.asynccontextmanager
async def posting(pool: Pool, mailbox: Mailbox, settings: Settings) -> AsyncIterator[HurriedClock]:
    clock, server = HurriedClock(), mail_server_of(mailbox.url, "local")
    assert server
    letters = ChangeLetters(
        tellings=PostgresTellings(pool), secret=settings.secret, public_url="http://closedloop.test"
    )
    postman = Postman(replies=letters, sender=SmtpSender(server), clock=clock, chance=lambda: 0.5)
    task = asyncio.create_task(postman.run())
    try:
        yield clock
    finally:
        postman.stop()
        await task


async def published(pool: Pool, topic: str = "loop.communication.told.v1") -> list[dict[str, Any]]:
    rows = await pool.fetch("SELECT value FROM routing.outbox WHERE topic = $1 ORDER BY id", topic)
    return [validate(topic, row["value"]) for row in rows]


def reported(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Return who could not be told and why, as the worker publishes it."""
    values = [one.value for outcome in outcomes for one in outcome.outgoing]
    found = [validate("loop.communication.told.v1", value or b"") for value in values]
    return [(one["data"]["customer_id"], one["data"]["why_not"]) for one in found]


async def states(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT state FROM routing.loop_communication ORDER BY customer_id")
    return [row["state"] for row in rows]


async def test_each_customer_is_written_to_in_their_language_with_a_link_that_opens_their_page(
    app: FastAPI, settings: Settings, worker_pool: Pool
) -> None:
    spoken = [(tag, words) for tag, words in WORDS if tag and words]
    await opened(worker_pool, [reachable(n, language=tag) for n, (tag, _) in enumerate(spoken, 1)])
    async with receiving_mails() as mailbox, posting(worker_pool, mailbox, settings):
        await take(worker_pool, *(told(n) for n in range(1, len(spoken) + 1)))
        await until(lambda: len(mailbox.taken) == len(spoken))
        await until_all(worker_pool, "sent")
    by_language = {mail["Content-Language"]: mail for mail in mailbox.taken.values()}
    assert by_language.keys() == {tag for tag, _ in spoken}
    async with calling(app) as browser:
        for tag, mail in by_language.items():
            body = mail.get_content()
            assert TEXTS[tag] in body
            assert "Som {owner} Chai" in body
            assert mail["Auto-Submitted"] == "auto-generated"
            link = re.search(r"http://closedloop.test(/p/[\w-]{40})", body)
            assert link
            page = await browser.get(link[1], headers={"Accept-Language": "fr"})
            assert html.escape(TEXTS[tag], quote=False) in html.unescape(page.text)
            assert catalogue(tag)("changed") in html.unescape(page.text)


async def until_all(pool: Pool, state: str) -> None:
    async def came() -> bool:
        return set(await states(pool)) == {state}

    await until(came)


async def test_the_page_says_it_in_the_language_that_it_is_read_in(
    app: FastAPI, worker_pool: Pool
) -> None:
    await opened(worker_pool, [reachable(1)])
    await take(worker_pool, told(1))
    async with calling(app) as browser:
        customer = customer_of(app, browser)
        for tag in LANGUAGES:
            answer = await browser.get(customer.path, params={"lang": tag})
            assert catalogue(tag)("changed") in text_of(answer)
            assert TEXTS[tag] in text_of(answer)


async def test_words_without_a_translation_are_read_in_english_and_marked_so(
    app: FastAPI, worker_pool: Pool
) -> None:
    await opened(worker_pool, [reachable(1, language="th")])
    await take(worker_pool, told(1, text="Parcels <b>are</b> scanned."))
    async with calling(app) as browser:
        answer = await browser.get(customer_of(app, browser).path)
    said = '<blockquote class="words big" lang="en" dir="auto">Parcels &lt;b&gt;are&lt;/b&gt;'
    assert said in answer.text


async def test_it_stands_in_the_case_and_the_outer_loop_hears_of_it_once(
    call: Caller, settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [reachable(1)])
    async with receiving_mails() as mailbox, posting(worker_pool, mailbox, settings):
        await take(worker_pool, told(1))
        await until_all(worker_pool, "sent")
    [event] = await published(worker_pool)
    assert event["data"]["outcome"] == "told"
    assert event["data"]["language"] == "en"
    [changed] = await published(worker_pool, "followup.changed.v1")
    assert changed["data"]["change"] == "told_of_change"
    assert changed["data"]["state"] == "assigned"
    page = (await call("mali").get(f"/inbox/{followup_id(1)}")).text
    assert "Vilay Sing told the customer what changed because of them" in page
    assert html.escape(TEXTS["en"]) in page


async def test_a_message_that_comes_again_sends_no_second_mail(
    settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [reachable(1), scored(2)])
    first = await take(worker_pool, told(1), told(1), told(2))
    again = await take(worker_pool, told(2), told(1), at=timedelta(hours=1))
    assert [one.fresh for one in first] == [True, False, True]
    assert [one.fresh for one in again] == [False, False]
    assert first[2].outgoing == again[0].outgoing != []
    async with receiving_mails() as mailbox, posting(worker_pool, mailbox, settings):
        await until(lambda: bool(mailbox.mails))
        await until_settled(worker_pool)
    assert len(mailbox.mails) == 1


async def until_settled(pool: Pool) -> None:
    async def came() -> bool:
        return "queued" not in await states(pool)

    await until(came)


async def test_a_mail_whose_taking_was_not_heard_of_comes_again_under_the_same_id(
    settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [reachable(1)])
    async with (
        receiving_mails(lambda _mail, n: OK if n else CUT) as mailbox,
        posting(worker_pool, mailbox, settings) as clock,
    ):
        await take(worker_pool, told(1))
        await until(lambda: len(mailbox.mails) == 1)
        clock.ahead += timedelta(hours=1)
        await until_all(worker_pool, "sent")
    assert len(mailbox.mails) == 2
    assert len(mailbox.taken) == 1
    assert len(await published(worker_pool)) == 1


async def test_settling_twice_tells_of_it_once(worker_pool: Pool) -> None:
    await opened(worker_pool, [reachable(1)])
    await take(worker_pool, told(1))
    telling_id = await worker_pool.fetchval("SELECT telling_id FROM routing.loop_communication")
    tellings = PostgresTellings(worker_pool)
    news = await asyncio.gather(
        *(settle(tellings.open, telling_id, "sent", now=NOW) for _ in range(4))
    )
    assert sorted(news) == [False, False, False, True]
    assert len(await published(worker_pool)) == 1
    assert len(await published(worker_pool, "followup.changed.v1")) == 1


async def test_a_refused_address_is_not_reachable_and_the_outer_loop_hears_why(
    settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [reachable(1)])
    async with (
        receiving_mails(lambda _mail, _n: "550 nobody here") as mailbox,
        posting(worker_pool, mailbox, settings),
    ):
        await take(worker_pool, told(1))
        await until_all(worker_pool, "not_reachable")
    [event] = await published(worker_pool)
    assert (event["data"]["outcome"], event["data"]["why_not"]) == ("not_reachable", "refused")
    again = told(1, issue=derived_id("issue", "another"))
    assert reported(await take(worker_pool, again)) == []


async def test_who_cannot_or_does_not_want_to_be_written_to_is_named_with_the_reason(
    app: FastAPI, call: Caller, worker_pool: Pool
) -> None:
    contacts: Sequence[dict[str, str] | None] = (
        None,
        {"email": "not an address"},
        MAIL,
        MAIL,
        MAIL,
    )
    await opened(worker_pool, [scored(n, contact=one) for n, one in enumerate(contacts, 1)])
    declined = call("vilay", "team_lead")
    for version, state in enumerate(("acknowledged", "contacting", "declined_contact"), 1):
        answer = await declined.patch(
            f"/followups/v1/followups/{followup_id(3)}",
            json={"state": state},
            headers={"If-Match": f'"{version}"', "Idempotency-Key": state},
        )
        answer.raise_for_status()
    async with calling(app) as browser:
        await customer_of(app, browser, 4).press("erase")
    outcomes = await take(worker_pool, *(told(n) for n in range(1, 5)), told(5, customer="C-9"))
    assert reported(outcomes) == [
        ("C-00001", "no_address"),
        ("C-00002", "no_address"),
        ("C-00003", "declined"),
        ("C-00004", "erased"),
        ("C-9", "no_address"),
    ]
    assert "C-00005" not in json.dumps([dict(row) for row in await _customers(worker_pool)])


async def _customers(pool: Pool) -> Sequence[Any]:
    rows: Sequence[Any] = await pool.fetch("SELECT customer_id FROM routing.loop_communication")
    return rows


async def test_nobody_is_told_twice_about_an_issue_nor_of_two_changes_in_a_week(
    worker_pool: Pool,
) -> None:
    await opened(worker_pool, [reachable(1), reachable(2, customer_id="C-00001")])
    other = derived_id("issue", "another")
    both = await take(worker_pool, told(1), told(2, issue=other, customer="C-00001"))
    assert sorted(reported(both)) == [("C-00001", "told_lately")]
    later = timedelta(days=8)
    kept = await worker_pool.fetchval(
        "SELECT issue_id FROM routing.loop_communication WHERE state = 'queued'"
    )
    third = derived_id("issue", "third")
    assert reported(await take(worker_pool, told(1, issue=third), at=later)) == []
    repeated = told(2, issue=kept, customer="C-00001")
    repeated = repeated.model_copy(
        update={
            "data": repeated.data.model_copy(update={"communication_id": derived_id("new", "one")})
        }
    )
    assert reported(await take(worker_pool, repeated, at=2 * later)) == [("C-00001", "told_lately")]


async def test_who_erases_their_data_before_the_mail_goes_gets_none(
    app: FastAPI, settings: Settings, worker_pool: Pool
) -> None:
    await opened(worker_pool, [reachable(1)])
    await take(worker_pool, told(1))
    async with calling(app) as browser:
        await customer_of(app, browser).press("erase")
    async with receiving_mails() as mailbox, posting(worker_pool, mailbox, settings):
        await until_all(worker_pool, "not_reachable")
    assert mailbox.mails == []
    [event] = await published(worker_pool)
    assert event["data"]["why_not"] == "erased"
    row = await worker_pool.fetchrow("SELECT recipient, opening FROM routing.loop_communication")
    assert row
    assert tuple(row) == ("", "")


async def test_a_follow_up_says_whether_its_customer_can_be_written_to(
    app: FastAPI, worker_pool: Pool
) -> None:
    outcomes = await opened(worker_pool, [reachable(1), scored(2)])
    said = [
        validate("followup.changed.v1", one.value or b"")["data"].get("can_be_written_to")
        for outcome in outcomes
        for one in outcome.outgoing
    ]
    assert said == [True, None]
    async with calling(app) as browser:
        await customer_of(app, browser).press("erase")
    [erased] = await published(worker_pool, "followup.changed.v1")
    assert "can_be_written_to" not in erased["data"]


def test_the_words_around_changes_are_there_in_every_language_of_the_page() -> None:
    wordings = load_wordings()
    assert wordings.changes.keys() == set(LANGUAGES)
    assert DOCUMENT["contact"]["mail"]["from"]
