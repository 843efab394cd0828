"""What becomes of replies by channels: receivers report, and what waits finds its webhook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.routing.domain.channel_messages import ChannelReply, Report
from services.routing.domain.channel_ports import ChannelTransactions, WaitingTransactions
from services.routing.domain.channel_replies import UnknownReplyError, reported
from shared.program.document import Program


async def report(
    transactions: ChannelTransactions,
    tenant: str,
    reply_id: UUID,
    *,
    outcome: Report,
    words: str,
    now: datetime,
) -> ChannelReply:
    """Keep what a receiver reports of a reply, and return it as it is then.

    Raises UnknownReplyError or DeliveredAlreadyError.
    """
    async with transactions.of(tenant) as replies:
        reply = await replies.find_for_update(reply_id)
        if reply is None:
            raise UnknownReplyError(f"There is no reply {reply_id}.")
        after = reported(reply, outcome, words, now)
        if after != reply:
            await replies.settle(after)
        return after


async def give_waiting(
    transactions: WaitingTransactions, programs: Mapping[str, Program], now: datetime
) -> int:
    """Give some replies that no webhook has to those that programs name now; return how many."""
    carriers = [
        (tenant, channel.id, channel.webhook)
        for tenant, program in sorted(programs.items())
        for channel in program.contact.channels
    ]
    if not carriers:
        return 0
    async with transactions.of_waiting() as waiting:
        return await waiting.give(carriers, now)
