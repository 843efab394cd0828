"""Replies over a real mail server: each once as an idempotent receiver sees it, none lost."""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from services.routing.adapters.mail import SmtpSender, mail_server_of
from services.routing.adapters.replies import PostgresReplies
from services.routing.domain.deliveries import PAUSES
from services.routing.notifier.post import Postman
from shared.ids import derived_id
from shared.postgres.pool import Pool, create_pool
from shared.postgres.tenancy import tenant_transaction
from shared.settings import Settings
from tests.integration.routing.company import OTHER_TENANT, WORDS, event_id, scored
from tests.integration.routing.conftest import Caller, calling, opened
from tests.integration.routing.mailbox import CUT, HANG, OK, Mailbox, receiving_mails
from tests.integration.routing.promised import customer_of
from tests.integration.routing.test_followups_api import path_of
from tests.integration.routing.webhooks import HurriedClock
from tests.support.waiting import until

CONTACT = {"name": "Som Chai", "email": "som@example.com"}


@contextlib.asynccontextmanager
async def posting(
    pool: Pool, mailbox: Mailbox, timeout_s: float = 10
) -> AsyncIterator[HurriedClock]:
    """Run somebody who sends mails, by a clock that the test may let run ahead."""
    clock = HurriedClock()
    server = mail_server_of(mailbox.url, "local")
    assert server
    postman = Postman(
        replies=PostgresReplies(pool),
        sender=SmtpSender(server, timeout_s),
        clock=clock,
        chance=lambda: 0.5,
    )
    task = asyncio.create_task(postman.run())
    try:
        yield clock
    finally:
        postman.stop()
        await task


@pytest.fixture
async def mali(call: Caller, worker_pool: Pool) -> AsyncClient:
    """Give a client that calls as the owner of follow-up 1, whose customer can be written to."""
    await opened(worker_pool, [scored(1, contact=CONTACT)])
    return call("mali")


def page_of(number: int) -> str:
    return f"/inbox/{derived_id('followup', str(event_id(number)))}"


async def form(client: AsyncClient, do: str, number: int = 1, **fields: str) -> Response:
    version = (await client.get(path_of(number))).json()["version"]
    known = {"version": version, "do": do, "language": "en", "text": "We are sorry.", **fields}
    return await client.post(f"{page_of(number)}/reply", data=known)


def shown(page: Response) -> str:
    assert page.status_code == 200, page.text
    found = re.search(r'name="shown" value="([0-9a-f]+)"', page.text)
    assert found
    return found[1]


async def write(client: AsyncClient, number: int = 1, **fields: str) -> None:
    """Write a reply, look at it, and send it."""
    digest = shown(await form(client, "preview", number, **fields))
    sent = await form(client, "send", number, shown=digest, key=f"k{number}", **fields)
    assert sent.status_code == 303, sent.text


async def state(pool: Pool) -> tuple[str, int, str | None]:
    row = await pool.fetchrow("SELECT state, attempts, fault FROM routing.reply")
    assert row
    return row["state"], row["attempts"], row["fault"]


async def until_state(pool: Pool, wanted: str, attempts: int) -> str:
    async def came() -> bool:
        return (await state(pool))[:2] == (wanted, attempts)

    await until(came)
    return (await state(pool))[2] or ""


async def test_a_mail_carries_the_customers_link_and_goes_when_they_erase_their_data(
    app: FastAPI, mali: AsyncClient, worker_pool: Pool
) -> None:
    await write(mali)
    link = re.search(r"/p/[\w-]{40}", await worker_pool.fetchval("SELECT body FROM routing.reply"))
    assert link
    async with calling(app) as browser:
        assert (await browser.get(link[0])).status_code == 200
        erased = await customer_of(app, browser).press("erase")
    assert erased.headers["location"] == f"{link[0]}?done=erased"
    row = await worker_pool.fetchrow(
        "SELECT recipient, subject, body, written, state, fault FROM routing.reply"
    )
    assert row
    assert tuple(row) == (*[""] * 4, "failed", "The customer had their data erased.")


async def test_what_arrives_is_what_the_owner_was_shown(call: Caller, worker_pool: Pool) -> None:
    spoken = [(language, words) for language, words in WORDS if language and words]
    await opened(
        worker_pool,
        [
            scored(n, contact=CONTACT, language=language, text=f"{words}\n.\nX: <b>{n}</b>")
            for n, (language, words) in enumerate(spoken, 1)
        ],
    )
    admin = call("root", "cx_admin")
    async with receiving_mails() as mailbox, posting(worker_pool, mailbox):
        for n, (language, words) in enumerate(spoken, 1):
            page = await form(admin, "preview", n, language=language, text=words)
            quoted = re.search(
                r"As the customer will see it</h3>.*?<blockquote[^>]*>(.*?)</blockquote>",
                page.text,
                re.DOTALL,
            )
            assert quoted
            await write(admin, n, language=language, text=words)
            await until(lambda n=n: len(mailbox.mails) == n)  # type: ignore[misc]  # bound now
            arrived = mailbox.mails[-1]
            content = arrived.get_content().replace("\r\n", "\n")
            assert content == html.unescape(quoted[1])
            assert html.escape(str(arrived["Subject"]), quote=False) in page.text
            assert words in content
            assert f"> X: <b>{n}</b>" in content
            assert arrived["To"] == "som@example.com"
            assert arrived["Content-Language"] == language


async def test_a_reply_is_a_contact_and_stands_in_the_case(
    mali: AsyncClient, worker_pool: Pool
) -> None:
    await write(mali)
    contacts = (await mali.get(f"{path_of(1)}/contacts")).json()["items"]
    assert [(one["channel"], one["outcome"], one["version"]) for one in contacts] == [
        ("mail", "sent", 3)
    ]
    page = (await mali.get(page_of(1))).text
    assert "Mali wrote the customer a mail" in page
    assert "We are sorry." in page
    assert "no mail server is set up" in page
    message = await worker_pool.fetchval(
        "SELECT message FROM routing.followup_change WHERE version = 3"
    )
    assert '"channel":"mail"' in message
    assert "sorry" not in message


async def test_pressing_twice_sends_once(mali: AsyncClient, worker_pool: Pool) -> None:
    digest = shown(await form(mali, "preview"))
    fields = {"language": "en", "text": "We are sorry.", "shown": digest, "key": "k"}
    press = {"version": "1", "do": "send", **fields}
    answers = await asyncio.gather(*(mali.post(f"{page_of(1)}/reply", data=press) for _ in "123"))
    assert {one.status_code for one in answers} == {303}
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.reply") == 1
    other = await mali.post(f"{page_of(1)}/reply", data={**press, "key": "another"})
    assert other.status_code == 412


async def test_what_was_not_shown_is_not_sent(mali: AsyncClient, worker_pool: Pool) -> None:
    digest = shown(await form(mali, "preview"))
    changed = await form(mali, "send", text="Pay now.", shown=digest, key="k")
    assert "As the customer will see it" in changed.text
    assert "Pay now." in changed.text
    assert await worker_pool.fetchval("SELECT count(*) FROM routing.reply") == 0


@pytest.mark.parametrize(("text", "status"), [("", 422), (" ", 422)])
async def test_an_empty_reply_is_refused_and_says_where(
    mali: AsyncClient, text: str, status: int
) -> None:
    page = await form(mali, "preview", text=text)
    assert page.status_code == status
    assert "Write what the customer is to read." in page.text


async def test_who_has_no_part_in_it_writes_no_reply(mali: AsyncClient, call: Caller) -> None:
    digest = shown(await form(mali, "preview"))
    noy = await form(call("noy"), "send", text="Hi.", key="k", shown="")
    assert "Send it" not in noy.text
    assert digest
    other = call("mali", tenant=OTHER_TENANT)
    assert (await other.post(f"{page_of(1)}/reply", data={"version": 1, "do": "send"})).is_error


async def test_a_mail_server_that_is_down_gets_the_reply_when_it_is_back(
    mali: AsyncClient, worker_pool: Pool
) -> None:
    async with receiving_mails() as mailbox:
        await mailbox.close()
        async with posting(worker_pool, mailbox) as clock:
            await write(mali)
            assert "could not be used" in await until_state(worker_pool, "queued", 1)
            assert mailbox.mails == []
            await mailbox.open()
            clock.ahead += 2 * PAUSES[0]
            await until_state(worker_pool, "sent", 2)
    assert len(mailbox.taken) == len(mailbox.mails) == 1


@pytest.mark.parametrize("answer", ["451 try later", CUT, HANG])
async def test_a_reply_that_is_not_taken_comes_again_under_the_same_id(
    mali: AsyncClient, worker_pool: Pool, answer: str
) -> None:
    async with (
        receiving_mails(lambda _, tried: answer if tried == 0 else OK) as mailbox,
        posting(worker_pool, mailbox, timeout_s=1 if answer == HANG else 10) as clock,
    ):
        await write(mali)
        fault = await until_state(worker_pool, "queued", 1)
        assert fault.startswith("The mail server")
        clock.ahead += 2 * PAUSES[0]
        await until_state(worker_pool, "sent", 2)
    assert len(mailbox.mails) == 2
    assert len(mailbox.taken) == 1


async def test_a_refusal_for_good_is_given_up_and_shown_to_the_owner(
    mali: AsyncClient, worker_pool: Pool
) -> None:
    async with receiving_mails() as mailbox, posting(worker_pool, mailbox):
        mailbox.recipient_answer = "550 5.1.1 no such person here"
        await write(mali)
        fault = await until_state(worker_pool, "failed", 1)
    assert fault == "The mail server answered 550 5.1.1 no such person here"
    page = (await mali.get(page_of(1))).text
    assert "Your reply could not be delivered." in page
    assert "550 5.1.1 no such person here" in page
    assert "som@example.com" in page


async def test_killed_in_mid_send_the_next_one_sends_the_same_reply(
    mali: AsyncClient, worker_pool: Pool, settings: Settings
) -> None:
    async with receiving_mails(lambda _, tried: HANG if tried == 0 else OK) as mailbox:
        await write(mali)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.routing.notifier",
            env={
                **os.environ,
                "DATABASE_URL": settings.database_url,
                "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
                "CLOSEDLOOP_SECRET": settings.secret,
                "CLOSEDLOOP_MODE": "local",
                "CLOSEDLOOP_SMTP_URL": mailbox.url,
            },
        )
        try:
            await until(lambda: len(mailbox.mails) == 1)
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
        assert mailbox.taken == {}
        async with posting(worker_pool, mailbox) as clock:
            clock.ahead += timedelta(minutes=3)
            await until_state(worker_pool, "sent", 1)
    assert len(mailbox.mails) == 2
    assert len(mailbox.taken) == 1


async def test_two_who_send_send_nothing_twice(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(n, contact=CONTACT) for n in range(1, 11)])
    admin = call("root", "cx_admin")
    async with (
        receiving_mails() as mailbox,
        posting(worker_pool, mailbox),
        posting(worker_pool, mailbox),
    ):
        for n in range(1, 11):
            await write(admin, n)
        await until(lambda: len(mailbox.taken) == 10)
    assert len(mailbox.mails) == 10


async def test_nobody_changes_what_was_written(mali: AsyncClient, settings: Settings) -> None:
    await write(mali)
    for role in ("closedloop_routing_api", "closedloop_routing"):
        async with await create_pool(settings.database_url, role=role) as pool:
            for statement in (
                "UPDATE routing.reply SET body = 'Pay now.'",
                "DELETE FROM routing.reply",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with tenant_transaction(pool, "demo") as connection:
                        await connection.execute(statement)
