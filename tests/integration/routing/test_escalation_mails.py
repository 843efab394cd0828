"""Escalations by mail over a real mail server: each once, also after downtime, never a flood."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import yaml
from httpx import AsyncClient

from services.routing.adapters.alarms import PostgresAlarmTransactions
from services.routing.adapters.alerts import (
    PostgresAlertTransactions,
    PostgresStaffLetters,
    load_wordings,
)
from services.routing.adapters.mail import SmtpSender, mail_server_of
from services.routing.clock.duties import duties_of
from services.routing.clock.engine import ClockWork
from services.routing.domain.deliveries import PAUSES
from services.routing.handlers.alerting import Mailing, write_letters
from services.routing.notifier.post import Postman
from shared.clock import FixedClock, SystemClock
from shared.postgres.pool import Pool
from shared.program.store import ProgramStore, open_programs
from shared.settings import Settings
from tests.integration.routing.channels import running, somebody
from tests.integration.routing.company import DOCUMENT, OTHER_TENANT, PROGRAMS, scored
from tests.integration.routing.conftest import opened
from tests.integration.routing.mailbox import CUT, OK, Mailbox, receiving_mails
from tests.integration.routing.test_followups_api import path_of
from tests.integration.routing.webhooks import HurriedClock
from tests.support.waiting import until

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MAILING = Mailing(wordings=load_wordings(), public_url="https://care.example")
ADDRESSES: dict[str, dict[str, object]] = {
    "mali": {"email": "mali@mekong-home.example", "languages": ["th"]},
    "vilay": {"email": "vilay@mekong-home.example"},
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A clock that a test moves by hand, and somebody who reads how it went."""

    pool: Pool
    begun: datetime
    reader: AsyncClient

    async def open(self, *numbers: int) -> None:
        events = [scored(n, severity="high", received_at=self.begun) for n in numbers]
        await opened(self.pool, events, FixedClock(self.begun))

    async def at(self, after: timedelta, mailing: Mailing | None = MAILING) -> int:
        clock = FixedClock(self.begun + after)
        return await ClockWork(
            duties=duties_of(self.pool, ProgramStore(self.pool, clock), mailing),
            clock=clock,
            woken=PostgresAlarmTransactions(self.pool).woken,
        ).do_all()

    async def told_of(self) -> list[int]:
        """Return the numbers of the customers of whom somebody is told by mail."""
        rows = await self.pool.fetch("SELECT customer_id FROM routing.alert ORDER BY customer_id")
        return [int(row["customer_id"].removeprefix("C-")) for row in rows]

    async def mails(self, number: int = 1) -> list[Any]:
        answer = await self.reader.get(f"{path_of(number)}/escalations")
        assert answer.status_code == 200, answer.text
        return [one["mail"] for one in answer.json()["items"]]


@contextlib.asynccontextmanager
async def posting(pool: Pool, mailbox: Mailbox) -> AsyncIterator[HurriedClock]:
    """Run somebody who sends mails to staff; what was written is due by their clock."""
    clock = HurriedClock(ahead=timedelta(days=3))
    server = mail_server_of(mailbox.url, "local")
    assert server
    postman = Postman(
        replies=PostgresStaffLetters(pool),
        sender=SmtpSender(server, 10),
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
async def desk(settings: Settings, worker_pool: Pool) -> AsyncIterator[Desk]:
    """Give a company in which Mali and Vilay have an address."""
    owners = [{**one, **ADDRESSES.get(one["id"], {})} for one in DOCUMENT["owners"]]
    document = {**{k: v for k, v in DOCUMENT.items() if k != "version"}, "owners": owners}
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        text = yaml.safe_dump(document, allow_unicode=True)
        await programs.activate(text, who="tests", why="a first program")
    async with running(settings) as app, somebody(app, "eye", "auditor") as reader:
        yield Desk(worker_pool, SystemClock().now(), reader)


def to(mails: list[EmailMessage]) -> list[str]:
    return sorted(str(mail["To"]).split("@", 1)[0] for mail in mails)


async def test_after_downtime_everybody_is_told_once_in_their_language(desk: Desk) -> None:
    await desk.open(1)
    await desk.at(37 * HOUR)
    await desk.at(38 * HOUR)
    assert [one["state"] for one in await desk.mails()] == ["queued"] * 3
    async with receiving_mails() as mailbox, posting(desk.pool, mailbox):
        await until(lambda: len(mailbox.mails) == 3)
        await desk.at(39 * HOUR)

        async def sent() -> bool:
            return {one["state"] for one in await desk.mails()} == {"sent"}

        await until(sent)
    assert to(mailbox.mails) == ["mali", "vilay", "vilay"]
    reminder = next(mail for mail in mailbox.mails if str(mail["To"]).startswith("mali"))
    assert reminder["Content-Language"] == "th"
    assert "C-00001" in str(reminder["Subject"])
    assert reminder["Auto-Submitted"] == "auto-generated"
    assert "Late again" not in str(reminder.get_content())
    assert "https://care.example/inbox/" in str(reminder.get_content())
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 3


async def test_without_an_address_or_a_mail_server_it_is_as_it_was(desk: Desk) -> None:
    await desk.open(1)
    await desk.at(13 * HOUR, mailing=None)
    await desk.open(2)  # noy's, who has no address
    await desk.at(13 * HOUR)
    assert await desk.mails(1) == await desk.mails(2) == [None]
    assert await desk.pool.fetchval("SELECT count(*) FROM routing.staff_letter") == 0


async def test_many_at_once_come_in_one_mail_and_more_within_ten_minutes_wait(desk: Desk) -> None:
    await desk.open(*range(1, 31))  # ten of them are mali's
    await desk.at(13 * HOUR)
    first, *_ = await desk.told_of()
    async with receiving_mails() as mailbox, posting(desk.pool, mailbox):
        await until(lambda: len(mailbox.mails) == 1)
        assert str(mailbox.mails[0].get_content()).count("/inbox/") == 10
        assert (await desk.mails(first))[0]["with_others"] is True
        await desk.open(*range(101, 104))
        await desk.at(13 * HOUR + 2 * MINUTE)
        late = (await desk.told_of())[-1]
        assert late > 100
        await desk.at(13 * HOUR + 9 * MINUTE)
        assert [one["state"] for one in await desk.mails(late)] == ["waiting"]
        await desk.at(13 * HOUR + 10 * MINUTE)
        await until(lambda: len(mailbox.mails) == 2)
    assert to(mailbox.mails) == ["mali"] * 2
    assert f"C-00{late}" in str(mailbox.mails[1]["Subject"])
    assert (await desk.mails(late))[0]["with_others"] is False


@pytest.mark.parametrize("answer", ["451 try later", CUT])
async def test_a_mail_that_is_not_taken_comes_again_under_the_same_id(
    desk: Desk, answer: str
) -> None:
    await desk.open(1)
    await desk.at(13 * HOUR)
    async with (
        receiving_mails(lambda _, tried: answer if tried == 0 else OK) as mailbox,
        posting(desk.pool, mailbox) as clock,
    ):

        async def tried() -> bool:
            return bool((await desk.mails())[0]["fault"])

        await until(tried)
        clock.ahead += 2 * PAUSES[0]
        await until(lambda: len(mailbox.mails) == 2)
    assert len(mailbox.taken) == 1


async def test_a_refusal_for_good_stands_in_the_api(desk: Desk) -> None:
    await desk.open(1)
    await desk.at(13 * HOUR)
    async with receiving_mails() as mailbox, posting(desk.pool, mailbox):
        mailbox.recipient_answer = "550 5.1.1 no such person here"

        async def failed() -> bool:
            return bool((await desk.mails())[0]["state"] == "failed")

        await until(failed)
    assert "550" in (await desk.mails())[0]["fault"]


async def test_who_write_and_send_side_by_side_tell_nobody_twice(desk: Desk) -> None:
    await desk.open(*range(1, 13))
    await desk.at(13 * HOUR, mailing=None)
    await desk.open(*range(13, 25))
    await asyncio.gather(*(desk.at(13 * HOUR) for _ in range(3)))
    transactions = PostgresAlertTransactions(desk.pool)
    now = desk.begun + 14 * HOUR
    written = await asyncio.gather(
        *(write_letters(transactions, PROGRAMS, MAILING, now) for _ in range(3))
    )
    assert sum(written) == 0
    async with (
        receiving_mails() as mailbox,
        posting(desk.pool, mailbox),
        posting(desk.pool, mailbox),
    ):
        letters = await desk.pool.fetchval("SELECT count(*) FROM routing.staff_letter")
        await until(lambda: len(mailbox.mails) == letters)
    told = "\n".join(str(mail.get_content()) for mail in mailbox.mails)
    alerts = await desk.pool.fetch("SELECT followup_id FROM routing.alert")
    assert alerts
    assert all(told.count(str(row["followup_id"])) == 1 for row in alerts)


async def test_while_somebody_else_writes_nothing_is_written(desk: Desk) -> None:
    await desk.open(1)
    transactions = PostgresAlertTransactions(desk.pool)
    async with transactions.of_alerts() as one:
        await one.take_turn()
        await desk.at(13 * HOUR)
        assert await desk.pool.fetchval("SELECT count(*) FROM routing.staff_letter") == 0
    await desk.at(13 * HOUR)
    assert await desk.pool.fetchval("SELECT count(*) FROM routing.staff_letter") == 1


async def test_the_processes_mail_what_came_due_while_they_were_down(
    desk: Desk, settings: Settings
) -> None:
    past = desk.begun - 13 * HOUR
    await opened(desk.pool, [scored(1, received_at=past)], FixedClock(past))
    async with receiving_mails() as mailbox:
        env = {
            **os.environ,
            "DATABASE_URL": settings.database_url,
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "CLOSEDLOOP_SECRET": settings.secret,
            "CLOSEDLOOP_MODE": "local",
            "CLOSEDLOOP_SMTP_URL": mailbox.url,
            "CLOSEDLOOP_PUBLIC_URL": "https://care.example",
        }
        processes = [
            await asyncio.create_subprocess_exec(sys.executable, "-m", module, env=env)
            for module in ("services.routing.clock", "services.routing.notifier")
        ]
        try:
            await until(lambda: mailbox.mails, within_s=60)
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            ended = [await asyncio.wait_for(one.wait(), 20) for one in processes]
    assert ended == [0, 0]
    (mail,) = mailbox.mails
    (alert,) = await desk.pool.fetch("SELECT alert_id FROM routing.alert")
    assert mail["Message-ID"] == f"<{alert['alert_id']}@mekong-home.example>"
    assert "https://care.example/inbox/" in str(mail.get_content())


async def test_another_tenant_sees_no_mails(desk: Desk, settings: Settings) -> None:
    await desk.open(1)
    await desk.at(13 * HOUR)
    async with running(settings) as app, somebody(app, "eye", "auditor", OTHER_TENANT) as stranger:
        assert (await stranger.get(f"{path_of(1)}/escalations")).status_code == 404
