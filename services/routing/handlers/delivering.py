"""One delivery: sign it, send it, and keep what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from services.routing.domain.deliveries import Attempt, setback
from services.routing.domain.signing import secrets_of, signed
from services.routing.domain.webhook_ports import Claim, Deliveries, Sender
from shared.clock import Clock

_OTHER_SECRET = "CLOSEDLOOP_SECRET has changed since this webhook's secret was shown: rotate it."  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What came of one attempt, and whether it was the endpoint's last."""

    attempt: Attempt
    endpoint_disabled: bool = False


async def try_once(claim: Claim, sender: Sender, master: str, clock: Clock) -> Attempt:
    """Send the message that `claim` names once, signed with the endpoint's secrets of now."""
    now = clock.now()
    secrets = secrets_of(master, claim.webhook_id, claim.keys, now)
    if not secrets:
        return Attempt(status=None, fault=_OTHER_SECRET)
    headers = signed(claim.message_id, claim.body, now, secrets)
    return await sender.send(claim.url, claim.body, headers)


async def settle(
    claim: Claim, attempt: Attempt, deliveries: Deliveries, clock: Clock, chance: float
) -> Delivered:
    """Keep what came of an attempt; `chance`, from 0 to 1, spreads the next one."""
    now = clock.now()
    if not attempt.fault:
        await deliveries.settle_delivered(claim, attempt, now)
        return Delivered(attempt=attempt)
    follows = setback(attempt, claim.attempts + 1, now, chance)
    disabled = await deliveries.settle_failed(claim, attempt, follows, now)
    return Delivered(attempt=attempt, endpoint_disabled=disabled)
