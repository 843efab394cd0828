"""Deliveries over real sockets: each message once as an idempotent receiver sees it, none lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.routing.adapters.deliveries import WINDOW, PostgresDeliveries
from services.routing.adapters.postgres import PostgresOpenings
from services.routing.domain.deliveries import PATIENCE, PAUSES, Attempt
from services.routing.handlers.opening import open_followups
from shared.clock import FixedClock, SystemClock
from shared.ids import derived_id
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing.company import NOW, OTHER_TENANT, PROGRAMS, event_id, scored
from tests.integration.routing.conftest import Caller, opened
from tests.integration.routing.receiver import HANG, Received, Receiver, answer, receiving
from tests.integration.routing.webhooks import (
    Notifying,
    created,
    deliveries,
    do,
    notifying,
    seen,
)
from tests.support.waiting import until


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Give settings under which this machine may be told."""
    return settings.model_copy(update={"webhook_allow": "127.0.0.0/8"})


@pytest.fixture
async def notifier(settings: Settings, worker_pool: Pool) -> AsyncIterator[Notifying]:
    """Give a notifier at work."""
    async with notifying(settings, worker_pool) as running:
        yield running


@pytest.fixture
def admin(call: Caller) -> AsyncClient:
    """Give a client that calls as the CX admin."""
    return call("ada", "cx_admin")


async def stored_messages(pool: Pool) -> set[str]:
    rows = await pool.fetch("SELECT message FROM routing.followup_change WHERE tenant = 'demo'")
    return {row["message"] for row in rows}


async def note(admin: AsyncClient, number: int, version: int) -> None:
    """Change a follow-up."""
    followup = derived_id("followup", str(event_id(number)))
    changed = await admin.patch(
        f"/followups/v1/followups/{followup}",
        json={"note": f"version {version}"},
        headers={"If-Match": f'"{version}"'},
    )
    assert changed.status_code == 200, changed.text


def bodies(receiver: Receiver) -> set[str]:
    return {request.body.decode() for request in receiver.taken.values()}


async def test_every_change_is_told_signed_and_as_it_was_published(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving() as receiver:
        webhook = await created(admin, receiver.url)
        await opened(worker_pool, [scored(n) for n in range(1, 6)])
        await note(admin, 1, 1)
        await until(lambda: len(receiver.taken) == 6)
        await notifier.until_settled()
    assert bodies(receiver) == await stored_messages(worker_pool)
    assert all(one.is_signed_with(webhook["secret"]) for one in receiver.requests)
    assert not receiver.requests[0].is_signed_with("whsec_" + "A" * 44)
    assert all(one.message_id == one.event["id"] for one in receiver.requests)
    assert {one.headers["content-type"] for one in receiver.requests} == {
        "application/cloudevents+json"
    }
    health = (await seen(admin, webhook))["health"]
    assert (health["pending"], health["failed"], health["alarm"]) == (0, 0, False)
    assert health["last_success_at"]


async def test_a_receiver_that_is_down_gets_everything_when_it_is_back(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving() as receiver:
        webhook = await created(admin, receiver.url)
        await receiver.close()
        await opened(worker_pool, [scored(n) for n in range(1, 8)])
        await until_failed(admin, webhook, 7)
        assert receiver.taken == {}
        await receiver.open()
        notifier.pass_time(2 * PAUSES[0])
        await until(lambda: len(receiver.taken) == 7)
    assert bodies(receiver) == await stored_messages(worker_pool)


async def until_failed(admin: AsyncClient, webhook: dict[str, object], attempts: int) -> None:
    async def failed() -> bool:
        found: int = (await seen(admin, webhook))["health"]["failures_in_a_row"]
        return found >= attempts

    await until(failed)


@pytest.mark.parametrize("status", [500, 503, 404, 302])
async def test_an_answer_that_is_no_yes_is_followed_by_another_attempt(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying, status: int
) -> None:
    async with receiving(lambda _, tried: answer(status if tried < 2 else 200)) as receiver:
        webhook = await created(admin, receiver.url)
        await opened(worker_pool, [scored(n) for n in range(1, 4)])
        await until_failed(admin, webhook, 3)
        (one, *_) = await deliveries(admin, webhook)
        assert (one["state"], one["attempts"], one["answer"]) == ("pending", 1, status)
        assert str(status) in one["fault"]
        assert (await seen(admin, webhook))["health"]["alarm"] is True
        notifier.pass_time(2 * PAUSES[0])
        await until_failed(admin, webhook, 6)
        notifier.pass_time(2 * PAUSES[1])
        await until(lambda: len(receiver.taken) == 3)
        await notifier.until_settled()
    assert len(receiver.requests) == 9
    assert len({(one.message_id, one.body) for one in receiver.requests}) == 3
    assert (await seen(admin, webhook))["health"]["alarm"] is False


async def test_a_later_version_never_overtakes_an_earlier_one_that_is_still_tried(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    first = {"fails": True}

    def manners(request: Received, _: int) -> bytes:
        event = request.event["data"]
        is_first = event["version"] == 1 and event["customer_id"] == "C-00001"
        return answer(500 if is_first and first["fails"] else 204)

    async with receiving(manners) as receiver:
        await created(admin, receiver.url)
        await opened(worker_pool, [scored(1), scored(2)])
        for version in (1, 2):
            await note(admin, 1, version)
            await note(admin, 2, version)
        await until(lambda: len(receiver.taken) == 3)  # the other follow-up does not wait
        await notifier.until_settled(pending=3)
        first["fails"] = False
        notifier.pass_time(2 * PAUSES[0])
        await until(lambda: len(receiver.taken) == 6)
    for customer in ("C-00001", "C-00002"):
        told = [receiver.taken[one].event["data"] for one in receiver.order]
        assert [one["version"] for one in told if one["customer_id"] == customer] == [1, 2, 3]


async def test_what_piles_up_behind_an_early_version_hides_nothing(
    admin: AsyncClient, worker_pool: Pool
) -> None:
    webhook = await created(admin, "http://127.0.0.1:9/hook")
    now = SystemClock().now()
    # One lane whose first version waits for an hour, more behind it than is looked at at a time,
    # and another lane that has come last.
    await worker_pool.execute(
        """
        INSERT INTO routing.delivery
            (tenant, webhook_id, message_id, event, lane, position, body, due_at)
        SELECT 'demo', $1::uuid, n::text, 'e', $2::uuid, n, '{}',
               CASE n WHEN 1 THEN $4::timestamptz + interval '1 hour'
                      ELSE $4::timestamptz - interval '1 hour' END
        FROM generate_series(1, $5::int + 10) AS n
        UNION ALL SELECT 'demo', $1::uuid, 'last', 'e', $3::uuid, 1, '{}', $4::timestamptz
        """,
        webhook["webhook_id"],
        UUID(int=1),
        UUID(int=2),
        now,
        WINDOW,
    )
    waiting = PostgresDeliveries(worker_pool)

    async def claimed(when: datetime) -> list[str]:
        lease = when + timedelta(minutes=1)
        found = await waiting.claim(when, lease, under_way={}, per_endpoint=4, room=4)
        for one in found:
            await waiting.settle_delivered(one, Attempt(status=200), when)
        return [one.message_id for one in found]

    later = now + timedelta(minutes=1)
    assert await waiting.postpone_blocked(now, later) == WINDOW
    assert await waiting.postpone_blocked(now, later) == 9
    assert await waiting.postpone_blocked(now, later) == 0
    assert await claimed(now) == ["last"]
    assert await claimed(now + timedelta(minutes=2)) == []
    hour = now + timedelta(hours=1)
    while await waiting.postpone_blocked(hour, hour + timedelta(minutes=1)):
        pass
    assert [await claimed(hour) for _ in range(3)] == [["1"], ["2"], ["3"]]


async def test_a_slow_endpoint_holds_up_no_other(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving(lambda *_: HANG) as slow, receiving() as quick:
        await created(admin, slow.url)
        await created(admin, quick.url)
        await opened(worker_pool, [scored(n) for n in range(1, 41)])
        await until(lambda: len(quick.taken) == 40, within_s=10)
        assert len(slow.requests) == 4  # as many as one endpoint may hold at a time
        await slow.close()


async def test_gone_disables_at_once_and_says_so(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving(lambda *_: answer(410)) as receiver:
        webhook = await created(admin, receiver.url)
        await opened(worker_pool, [scored(1)])

        async def disabled() -> bool:
            return bool((await seen(admin, webhook))["state"] == "disabled")

        await until(disabled)
        found = await seen(admin, webhook)
        assert "410" in found["disabled_why"]
        assert found["health"]["alarm"] is True
        assert found["version"] == webhook["version"] + 1
        await opened(worker_pool, [scored(2)])
        assert (await seen(admin, webhook))["health"]["pending"] == 0
    assert len(receiver.requests) == 1


async def test_a_redirect_is_not_followed(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving() as inside:
        to_inside = answer(307, f"Location: {inside.url}")
        async with receiving(lambda *_: to_inside) as receiver:
            webhook = await created(admin, receiver.url)
            await opened(worker_pool, [scored(1)])
            await until_failed(admin, webhook, 1)
    assert inside.requests == []


async def test_an_endpoint_that_fails_for_days_is_disabled_and_gets_all_it_missed_when_enabled(
    admin: AsyncClient, worker_pool: Pool, settings: Settings, notifier: Notifying
) -> None:
    down = {"is": True}
    async with receiving(lambda *_: answer(500 if down["is"] else 204)) as receiver:
        webhook = await created(admin, receiver.url)
        now = FixedClock(SystemClock().now())
        await opened(worker_pool, [scored(1)], now)
        await until_failed(admin, webhook, 1)
        notifier.pass_time(PATIENCE)
        await until_failed(admin, webhook, 2)
        found = await seen(admin, webhook)
        assert found["state"] == "disabled"
        assert "3 days" in found["disabled_why"]
        assert "500" in found["disabled_why"]
        assert found["health"]["alarm"] is True
        await opened(worker_pool, [scored(2)], FixedClock(notifier.clock.now()))
        down["is"] = False
        enabled = await do(admin, webhook, "enable")
        assert enabled.status_code == 200, enabled.text
        assert (enabled.json()["state"], enabled.json()["health"]["alarm"]) == ("enabled", False)
        await until(lambda: len(receiver.taken) == 2)
    assert bodies(receiver) == await stored_messages(worker_pool)


async def test_a_message_is_given_up_after_the_schedule_and_can_be_replayed(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    def manners(request: Received, tried: int) -> bytes:
        is_poison = request.event["data"]["customer_id"] == "C-00001"
        return answer(500 if is_poison and tried <= len(PAUSES) else 204)

    async with receiving(manners) as receiver:
        webhook = await created(admin, receiver.url)
        await opened(worker_pool, [scored(1)])
        for n, pause in enumerate(PAUSES, 1):
            await until_attempts(worker_pool, n)
            await opened(worker_pool, [scored(100 + n)])  # others get through
            await until(lambda n=n: len(receiver.taken) == n)  # type: ignore[misc]  # bound now
            notifier.pass_time(2 * pause)
        await notifier.until_settled()
        found = await seen(admin, webhook)
        assert (found["state"], found["health"]["failed"]) == ("enabled", 1)
        (given_up,) = await deliveries(admin, webhook, state="failed")
        assert given_up["attempts"] == len(PAUSES) + 1
        queued = await admin.post(
            f"/followups/v1/webhooks/{webhook['webhook_id']}/replays", json={"failed": True}
        )
        assert (queued.status_code, queued.json()) == (202, {"queued": 1})
        await until(lambda: len(receiver.taken) == len(PAUSES) + 1)
    assert bodies(receiver) == await stored_messages(worker_pool)


async def until_attempts(pool: Pool, attempts: int) -> None:
    async def tried() -> bool:
        most = await pool.fetchval(
            "SELECT max(attempts) FROM routing.delivery WHERE state = 'pending'"
        )
        return bool(most == attempts)

    await until(tried)


async def test_a_replay_brings_the_same_messages_under_the_same_ids(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving() as receiver:
        webhook = await created(admin, receiver.url)
        now = SystemClock().now()
        await opened(worker_pool, [scored(1)], FixedClock(now - timedelta(days=2)))
        await opened(worker_pool, [scored(2), scored(3)], FixedClock(now))
        await until(lambda: len(receiver.taken) == 3)
        await notifier.until_settled()
        path = f"/followups/v1/webhooks/{webhook['webhook_id']}"
        since = (now - timedelta(hours=1)).isoformat()
        assert (await admin.post(f"{path}/replays", json={"since": since})).json() == {"queued": 2}
        await until(lambda: len(receiver.requests) == 5)
        await notifier.until_settled()
        (one, *_) = await deliveries(admin, webhook)
        again = await admin.post(f"{path}/deliveries/{one['delivery_id']}/replays")
        assert again.status_code == 202, again.text
        await until(lambda: len(receiver.requests) == 6)
        await notifier.until_settled()
    assert len(receiver.taken) == 3
    assert len({(one.message_id, one.body) for one in receiver.requests}) == 3


async def test_both_secrets_verify_after_a_rotation(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving() as receiver:
        webhook = await created(admin, receiver.url)
        rotated = (await do(admin, webhook, "rotate")).json()
        assert rotated["secret"] != webhook["secret"]
        await opened(worker_pool, [scored(1)])
        await until(lambda: len(receiver.taken) == 1)
        notifier.pass_time(timedelta(hours=25))
        await opened(worker_pool, [scored(2)])
        await until(lambda: len(receiver.taken) == 2)
    during, after = receiver.requests
    assert during.is_signed_with(webhook["secret"])
    assert during.is_signed_with(rotated["secret"])
    assert after.is_signed_with(rotated["secret"])
    assert not after.is_signed_with(webhook["secret"])


async def test_a_test_event_arrives_whatever_is_asked_for(
    admin: AsyncClient, notifier: Notifying
) -> None:
    async with receiving() as receiver:
        webhook = await created(admin, receiver.url, events=["followup.closed"])
        sent = await admin.post(f"/followups/v1/webhooks/{webhook['webhook_id']}/test-events")
        assert sent.status_code == 202, sent.text
        await until(lambda: len(receiver.taken) == 1)
    assert receiver.requests[0].event["type"] == "webhook.test.v1"
    assert receiver.requests[0].is_signed_with(webhook["secret"])


async def test_killed_in_mid_delivery_the_next_one_delivers_the_same_message(
    admin: AsyncClient, worker_pool: Pool, settings: Settings
) -> None:
    async with receiving(lambda _, tried: HANG if tried == 0 else answer(200)) as receiver:
        await created(admin, receiver.url)
        await opened(worker_pool, [scored(n) for n in range(1, 4)])
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
                "CLOSEDLOOP_WEBHOOK_ALLOW": settings.webhook_allow,
            },
        )
        try:
            await until(lambda: len(receiver.requests) == 3)
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
        assert receiver.taken == {}
        async with notifying(settings, worker_pool) as running:
            running.pass_time(timedelta(minutes=2))
            await until(lambda: len(receiver.taken) == 3)
            await running.until_settled()
    assert bodies(receiver) == await stored_messages(worker_pool)
    assert len(receiver.requests) == 6


async def test_two_notifiers_send_nothing_twice(
    admin: AsyncClient, worker_pool: Pool, settings: Settings, notifier: Notifying
) -> None:
    async with (
        notifying(settings, worker_pool),
        receiving() as receiver,
    ):
        await created(admin, receiver.url)
        await opened(worker_pool, [scored(n) for n in range(1, 101)])
        await until(lambda: len(receiver.taken) == 100)
        await notifier.until_settled()
    assert len(receiver.requests) == 100


async def test_what_is_rolled_back_is_not_told(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving() as receiver:
        webhook = await created(admin, receiver.url)
        async with worker_pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await open_followups(
                PostgresOpenings(connection),
                [scored(1)],
                programs=PROGRAMS,
                clock=FixedClock(NOW),
            )
            await transaction.rollback()
        await opened(worker_pool, [scored(2)])
        await opened(worker_pool, [scored(2)])  # a batch that comes again adds nothing
        await until(lambda: len(receiver.taken) == 1)
        await notifier.until_settled()
        assert len(await deliveries(admin, webhook)) == 1


async def test_a_tenant_is_told_of_its_own_changes_alone(
    call: Caller, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving() as ours, receiving() as theirs:
        await created(call("ada", "cx_admin"), ours.url)
        await created(call("ada", "cx_admin", OTHER_TENANT), theirs.url)
        await opened(worker_pool, [scored(1), scored(2, tenant=OTHER_TENANT), scored(3)])
        await until(lambda: len(ours.taken) == 2 and len(theirs.taken) == 1)
        await notifier.until_settled()
    assert {one.event["tenant"] for one in ours.requests} == {"demo"}
    assert {one.event["tenant"] for one in theirs.requests} == {OTHER_TENANT}


async def test_an_answer_that_is_no_http_is_a_failure_that_can_be_read(
    admin: AsyncClient, worker_pool: Pool, notifier: Notifying
) -> None:
    async with receiving(lambda *_: b"\x00\xed\xa0\x80 nonsense\r\n\r\n") as receiver:
        webhook = await created(admin, receiver.url)
        await opened(worker_pool, [scored(1)])
        await until_failed(admin, webhook, 1)
        (one,) = await deliveries(admin, webhook)
    assert (one["state"], one["answer"]) == ("pending", None)
    assert "ProtocolError" in one["fault"]
