"""Replies by channels over real sockets: each once to its own webhook, none lost, reported on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from services.routing.adapters.channel_replies import PostgresChannelTransactions
from services.routing.domain.deliveries import PAUSES
from services.routing.handlers.channel_replying import give_waiting
from shared.clock import SystemClock
from shared.ids import derived_id
from shared.postgres.pool import Pool, create_pool
from shared.postgres.tenancy import tenant_transaction
from shared.settings import Settings
from tests.integration.routing.channels import (
    CONTACT,
    WEBHOOK_NOBODY_HAS,
    carry,
    programs,
    running,
    somebody,
)
from tests.integration.routing.company import OTHER_TENANT, event_id, scored
from tests.integration.routing.conftest import calling, opened
from tests.integration.routing.promised import customer_of
from tests.integration.routing.receiver import Receiver, answer, receiving
from tests.integration.routing.test_followups_api import path_of, problem
from tests.integration.routing.webhooks import HOOKS, created, deliveries, do, notifying
from tests.support.waiting import until

REPLIES = "/followups/v1/replies"
PAGE = f"/inbox/{derived_id('followup', str(event_id(1)))}"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give settings under which this machine may be told."""
    return settings.model_copy(update={"webhook_allow": "127.0.0.0/8"})


@dataclass(frozen=True, slots=True)
class Office:
    """Mali at her case, the CX admin, and the receiver that carries her messages."""

    app: FastAPI
    settings: Settings
    pool: Pool
    mali: AsyncClient
    admin: AsyncClient
    receiver: Receiver
    webhook: dict[str, Any] = field(default_factory=dict)

    async def page(self) -> str:
        return (await self.mali.get(PAGE)).text

    async def press(self, do: str, **fields: str) -> Response:
        version = (await self.mali.get(path_of(1))).json()["version"]
        known = {"version": version, "via": "whatsapp", "message": "We are sorry.", **fields}
        return await self.mali.post(f"{PAGE}/channel-reply", data={"do": do, **known})

    async def write(self, **fields: str) -> str:
        """Write a message, look at it, send it; return its id."""
        digest = shown(await self.press("preview", **fields))
        sent = await self.press("send", shown=digest, key="k", **fields)
        assert sent.status_code == 303, sent.text
        return str(await self.pool.fetchval("SELECT reply_id FROM routing.channel_reply"))

    async def state(self) -> tuple[str, str | None]:
        row = await self.pool.fetchrow("SELECT state, fault FROM routing.channel_reply")
        assert row
        return row["state"], row["fault"]

    async def until_state(self, wanted: str) -> str | None:
        async def came() -> bool:
            return (await self.state())[0] == wanted

        await until(came)
        return (await self.state())[1]

    async def until_tried(self, times: int) -> None:
        """Wait until the message was tried so often."""

        async def tried() -> bool:
            (one,) = await deliveries(self.admin, self.webhook)
            return bool(one["attempts"] == times)

        await until(tried)

    async def report(self, reply_id: str, outcome: str, **more: str) -> Response:
        body = {"outcome": outcome, **more}
        return await self.admin.post(f"{REPLIES}/{reply_id}/outcome", json=body)


@pytest.fixture
async def office(settings: Settings, worker_pool: Pool) -> AsyncIterator[Office]:
    """Give Mali's case, whose customer can be written to by WhatsApp."""
    async with (
        running(settings) as app,
        receiving() as receiver,
        somebody(app, "mali") as mali,
        somebody(app, "ada", "cx_admin") as admin,
    ):
        webhook = await carry(settings, admin, receiver.url)
        await opened(worker_pool, [scored(1, contact=CONTACT)])
        yield Office(app, settings, worker_pool, mali, admin, receiver, webhook)


def shown(page: Response) -> str:
    assert page.status_code == 200, page.text
    part = page.text.split('id="channels"')[1]
    found = re.search(r'name="shown" value="([0-9a-f]+)"', part)
    assert found
    return found[1]


async def test_what_the_owner_was_shown_arrives_signed_at_the_channels_webhook_alone(
    office: Office,
) -> None:
    other = await created(office.admin, office.receiver.url, events=["followup.*"])
    page = await office.press("preview")
    assert "“Late again.”\n\nWe are sorry." in page.text
    assert "+856 20 5555 1234" in page.text
    reply_id = await office.write()
    assert "On its way" in await office.page()
    async with notifying(office.settings, office.pool) as notifier:
        await office.until_state("sent")
        await notifier.until_settled()
    (told,) = [one for one in office.receiver.requests if one.message_id == reply_id]
    assert told.is_signed_with(office.webhook["secret"])
    assert not told.is_signed_with(other["secret"])
    assert told.event["type"] == "reply.requested.v1"
    assert told.event["data"]["text"] == "You told us:\n“Late again.”\n\nWe are sorry."
    assert told.event["data"]["to"] == "+856 20 5555 1234"
    assert {one["event"] for one in await deliveries(office.admin, office.webhook)} == {
        "reply.requested"
    }
    assert "Sent" in await office.page()


async def test_it_is_a_contact_and_no_event_holds_its_words(office: Office) -> None:
    await office.write()
    contacts = (await office.mali.get(f"{path_of(1)}/contacts")).json()["items"]
    assert [(one["channel"], one["outcome"]) for one in contacts] == [("message", "sent")]
    page = await office.page()
    assert "Mali sent the customer a message" in page
    assert "By WhatsApp to +856 20 5555 1234" in page
    rows = await office.pool.fetch("SELECT message FROM routing.followup_change")
    assert not any("sorry" in row["message"] for row in rows)


async def test_pressed_twice_it_goes_once(office: Office) -> None:
    digest = shown(await office.press("preview"))
    press = {"version": "1", "do": "send", "via": "whatsapp", "message": "We are sorry."}
    answers = await asyncio.gather(
        *(
            office.mali.post(
                f"{PAGE}/channel-reply", data={**press, "shown": digest, "key": "same"}
            )
            for _ in range(3)
        )
    )
    assert {one.status_code for one in answers} == {303}
    assert await office.pool.fetchval("SELECT count(*) FROM routing.channel_reply") == 1
    assert len(await deliveries(office.admin, office.webhook)) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"message": " "}, "Write what the customer is to read."),
        ({"via": "line"}, "Choose a way by which this customer can be reached."),
        ({"via": ""}, "Choose a way by which this customer can be reached."),
        ({"message": "x" * 1007}, "WhatsApp takes 1,000 characters: leave out 7."),
    ],
)
async def test_what_cannot_go_is_refused_with_what_to_do(
    office: Office, fields: dict[str, str], words: str
) -> None:
    refused = await office.press("send", key="k", **fields)
    assert refused.status_code == 422
    assert words in refused.text.replace("&#39;", "'")
    assert await office.pool.fetchval("SELECT count(*) FROM routing.channel_reply") == 0


async def test_what_was_not_shown_is_not_sent(office: Office) -> None:
    digest = shown(await office.press("preview"))
    changed = await office.press("send", message="Pay now.", shown=digest, key="k")
    assert "What the customer will get" in changed.text
    assert await office.pool.fetchval("SELECT count(*) FROM routing.channel_reply") == 0


async def test_a_receiver_that_is_down_and_then_broken_gets_it_once_when_it_is_well(
    office: Office,
) -> None:
    office.receiver.manners = lambda _, tried: answer(204 if tried else 500)
    await office.receiver.close()
    reply_id = await office.write()
    async with notifying(office.settings, office.pool) as notifier:
        await office.until_tried(1)
        assert "On its way. ConnectError" in await office.page()
        await office.receiver.open()
        notifier.pass_time(1.3 * PAUSES[0])
        await office.until_tried(2)
        notifier.pass_time(1.3 * PAUSES[1])
        assert await office.until_state("sent") is None
    assert [one.message_id for one in office.receiver.requests] == [reply_id] * 2
    assert list(office.receiver.taken) == [reply_id]


async def test_given_up_it_says_so_and_a_replay_brings_it_back(office: Office) -> None:
    office.receiver.manners = lambda *_: answer(500)
    reply_id = await office.write()
    async with notifying(office.settings, office.pool) as notifier:
        for tried, pause in enumerate([timedelta(0), *PAUSES], 1):
            notifier.pass_time(1.3 * pause)
            await office.until_tried(tried)
        fault = await office.until_state("failed")
        assert "500" in (fault or "")
        page = await office.page()
        assert "Your reply by WhatsApp did not arrive." in page
        assert "Not delivered. " in page
        office.receiver.manners = lambda *_: answer(204)
        enabled = await do(office.admin, office.webhook, "enable")
        assert enabled.status_code == 200, enabled.text
        replayed = await do(office.admin, office.webhook, "replays", {"failed": True})
        assert replayed.json() == {"queued": 1}
        await office.until_state("sent")
    assert list(office.receiver.taken) == [reply_id]


async def test_while_its_webhook_is_disabled_it_is_kept_and_goes_when_enabled(
    office: Office,
) -> None:
    await do(office.admin, office.webhook, "disable")
    await office.write()
    async with notifying(office.settings, office.pool):
        assert "Kept, and not sent: the webhook that carries this channel is disabled" in (
            await office.page()
        )
        await do(office.admin, office.webhook, "enable")
        await office.until_state("sent")
    assert len(office.receiver.taken) == 1


async def test_without_a_webhook_it_is_kept_until_the_program_names_one(office: Office) -> None:
    await do_delete(office)
    await office.write()
    assert "Kept, and not sent: no webhook carries this channel" in await office.page()
    transactions, now = PostgresChannelTransactions(office.pool), SystemClock().now()
    assert await give_waiting(transactions, programs(WEBHOOK_NOBODY_HAS), now) == 0
    deaf = await created(office.admin, office.receiver.url, events=["followup.*"])
    assert await give_waiting(transactions, programs(deaf["webhook_id"]), now) == 0
    heir = await created(office.admin, office.receiver.url, events=["reply.requested"])
    carriers = programs(heir["webhook_id"])
    assert await give_waiting(transactions, carriers, now) == 1
    assert await give_waiting(transactions, carriers, now) == 0
    async with notifying(office.settings, office.pool):
        await office.until_state("sent")
    assert len(office.receiver.taken) == 1


async def test_a_webhook_that_does_not_ask_for_replies_gets_none(office: Office) -> None:
    changed = await office.admin.patch(
        f"{HOOKS}/{office.webhook['webhook_id']}",
        json={"events": ["followup.resolved"]},
        headers={"If-Match": '"1"'},
    )
    assert changed.status_code == 200, changed.text
    await office.write()
    assert "Kept, and not sent: no webhook carries this channel" in await office.page()
    assert await deliveries(office.admin, office.webhook) == []


async def test_a_webhook_that_is_deleted_leaves_what_waits_to_its_heir(office: Office) -> None:
    await do(office.admin, office.webhook, "disable")
    reply_id = await office.write()
    await do_delete(office)
    heir = await created(office.admin, office.receiver.url, events=["reply.requested"])
    transactions = PostgresChannelTransactions(office.pool)
    carriers = programs(heir["webhook_id"])
    given = await asyncio.gather(
        *(give_waiting(transactions, carriers, SystemClock().now()) for _ in range(3))
    )
    assert sum(given) == 1
    async with notifying(office.settings, office.pool):
        await office.until_state("sent")
    assert list(office.receiver.taken) == [reply_id]


async def do_delete(office: Office) -> None:
    path = f"{HOOKS}/{office.webhook['webhook_id']}"
    version = (await office.admin.get(path)).headers["etag"]
    gone = await office.admin.delete(path, headers={"If-Match": version})
    assert gone.status_code == 204, gone.text


async def test_what_the_receiver_reports_stands_in_the_case_and_the_same_again_changes_nothing(
    office: Office,
) -> None:
    reply_id = await office.write()
    first = await office.report(reply_id, "failed", words="The number is\nnot on WhatsApp.")
    assert first.status_code == 200, first.text
    assert (first.json()["state"], first.json()["fault"]) == (
        "failed",
        "The number is not on WhatsApp.",
    )
    assert "Not delivered. The number is not on WhatsApp." in await office.page()
    again = await office.report(reply_id, "failed", words="Something else.")
    assert again.json() == first.json()
    async with notifying(office.settings, office.pool) as notifier:
        await notifier.until_settled()
    assert (await office.state())[0] == "failed", "its webhook's 204 is no arrival"
    (told,) = await deliveries(office.admin, office.webhook)
    replayed = await do(office.admin, office.webhook, f"deliveries/{told['delivery_id']}/replays")
    assert replayed.json() == {"queued": 1}
    assert (await office.state())[0] == "failed", "nor is it on its way again"
    late = await office.report(reply_id, "delivered")
    assert (late.json()["state"], late.json()["fault"]) == ("delivered", None)
    assert "Delivered" in await office.page()
    refused = problem(await office.report(reply_id, "failed"), 409, "conflict")
    assert "reported as delivered" in refused["detail"]


async def test_only_the_tenants_admins_report(office: Office) -> None:
    reply_id = await office.write()
    body = {"outcome": "delivered"}
    assert (await office.mali.post(f"{REPLIES}/{reply_id}/outcome", json=body)).status_code == 403
    async with somebody(office.app, "ada", "cx_admin", OTHER_TENANT) as stranger:
        missing = await stranger.post(f"{REPLIES}/{reply_id}/outcome", json=body)
    problem(missing, 404, "not-found")
    unknown = await office.report(reply_id, "maybe")
    assert unknown.json()["errors"][0]["field"] == "outcome"
    nul = await office.report(reply_id, "failed", words="a\0b")
    assert nul.status_code == 422
    assert (await office.state())[0] == "queued"


async def test_it_goes_with_the_customers_data_and_is_not_sent_any_more(office: Office) -> None:
    await office.write()
    async with calling(office.app) as browser:
        assert 'id="reply-via"' in await office.page()
        await customer_of(office.app, browser).press("erase")
    row = await office.pool.fetchrow(
        "SELECT recipient, body, written, state, fault FROM routing.channel_reply"
    )
    assert row
    assert tuple(row) == ("", "", "", "failed", "The customer had their data erased.")
    assert await office.pool.fetchval("SELECT count(*) FROM routing.delivery") == 0
    assert 'id="reply-via"' not in await office.page()
    refused = await office.press("preview", via="app")
    assert refused.status_code == 422, "the customer's number alone is no way to them any more"


async def test_who_has_no_part_in_it_writes_nothing(office: Office) -> None:
    async with somebody(office.app, "noy") as noy:
        page = await noy.get(PAGE)
        assert 'id="reply-via"' not in page.text
        preview = await noy.post(
            f"{PAGE}/channel-reply",
            data={"version": 1, "do": "preview", "via": "whatsapp", "message": "Hi."},
        )
        sent = await noy.post(
            f"{PAGE}/channel-reply",
            data={
                "version": 1,
                "do": "send",
                "via": "whatsapp",
                "message": "Hi.",
                "shown": "0",
                "key": "k",
            },
        )
    assert "Send the message" not in sent.text + preview.text
    assert await office.pool.fetchval("SELECT count(*) FROM routing.channel_reply") == 0


async def test_nobody_changes_what_was_written(office: Office) -> None:
    await office.write()
    for role in ("closedloop_routing_api", "closedloop_routing"):
        async with await create_pool(office.settings.database_url, role=role) as pool:
            for statement in (
                "UPDATE routing.channel_reply SET body = 'Pay now.'",
                "DELETE FROM routing.channel_reply",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with tenant_transaction(pool, "demo") as connection:
                        await connection.execute(statement)
