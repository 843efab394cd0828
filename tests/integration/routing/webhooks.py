"""Setting up webhooks in tests, and a notifier with a clock that the test moves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from httpx import AsyncClient, Response

from services.routing.adapters.deliveries import PostgresDeliveries
from services.routing.adapters.outbound import Destinations, open_sender
from services.routing.domain.destinations import allowed_by
from services.routing.notifier.engine import Notifier
from shared.clock import SystemClock
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.support.waiting import until

HOOKS = "/followups/v1/webhooks"


async def created(client: AsyncClient, url: str, **more: object) -> dict[str, Any]:
    """Return a new webhook, with its secret."""
    answer = await client.post(HOOKS, json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    webhook: dict[str, Any] = answer.json()
    return webhook


async def seen(client: AsyncClient, webhook: dict[str, Any]) -> dict[str, Any]:
    """Return a webhook as it stands."""
    answer = await client.get(f"{HOOKS}/{webhook['webhook_id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def do(
    client: AsyncClient, webhook: dict[str, Any], act: str, body: object = None, **headers: str
) -> Response:
    """Post an act on the present version of a webhook."""
    version = (await seen(client, webhook))["version"]
    return await client.post(
        f"{HOOKS}/{webhook['webhook_id']}/{act}",
        json=body,
        headers={"If-Match": f'"{version}"', **headers},
    )


async def deliveries(
    client: AsyncClient, webhook: dict[str, Any], **params: str
) -> list[dict[str, Any]]:
    """Return a webhook's deliveries, newest first."""
    answer = await client.get(f"{HOOKS}/{webhook['webhook_id']}/deliveries", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@dataclass(slots=True)
class HurriedClock:
    """The machine's clock, and how far a test has let it run ahead."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the hour by this clock."""
        return SystemClock().now() + self.ahead


@dataclass(frozen=True, slots=True)
class Notifying:
    """A notifier at work and its clock."""

    clock: HurriedClock
    pool: Pool

    def pass_time(self, length: timedelta) -> None:
        """Let time pass."""
        self.clock.ahead += length

    async def until_disabled(self) -> None:
        """Wait until a webhook has been disabled."""

        async def disabled() -> bool:
            count = await self.pool.fetchval(
                "SELECT count(*) FROM routing.webhook WHERE disabled_at IS NOT NULL"
            )
            return bool(count)

        await until(disabled)

    async def until_settled(self, pending: int = 0) -> None:
        """Wait until nothing is due and nothing is being tried; `pending` may wait for later."""

        async def settled() -> bool:
            row = await self.pool.fetchrow(
                """
                SELECT count(*) FILTER (WHERE state = 'pending') AS pending,
                       count(*) FILTER (WHERE claimed_until IS NOT NULL) AS claimed,
                       count(*) FILTER (WHERE state = 'pending' AND attempts = 0
                                        AND NOT EXISTS (
                                            SELECT FROM routing.delivery AS earlier
                                            WHERE earlier.webhook_id = d.webhook_id
                                              AND earlier.lane = d.lane
                                              AND earlier.position < d.position
                                              AND earlier.state = 'pending')) AS untried
                FROM routing.delivery AS d
                """
            )
            assert row
            return bool(
                row["pending"] == pending and not row["claimed"] and (pending or not row["untried"])
            )

        await until(settled)


@contextlib.asynccontextmanager
async def notifying(settings: Settings, pool: Pool) -> AsyncIterator[Notifying]:
    """Run a notifier, for which the test may let time pass."""
    clock = HurriedClock()
    destinations = Destinations(allowed_by(settings.webhook_allow), https_only=False)
    async with open_sender(destinations) as sender:
        notifier = Notifier(
            deliveries=PostgresDeliveries(pool),
            sender=sender,
            secret=settings.secret,
            clock=clock,
            chance=lambda: 0.5,
        )
        task = asyncio.create_task(notifier.run())
        try:
            yield Notifying(clock, pool)
        finally:
            notifier.stop()
            await task
