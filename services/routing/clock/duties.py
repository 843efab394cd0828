"""What the clock process does: a duty each. A further one is one more entry in `duties_of`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from services.routing.adapters.alarms import PostgresAlarmTransactions
from services.routing.adapters.alerts import PostgresAlertTransactions
from services.routing.adapters.channel_replies import PostgresChannelTransactions
from services.routing.adapters.drafts import forget_old_drafts
from services.routing.adapters.promises import PostgresPromiseTransactions
from services.routing.domain.drafts import KEPT_FOR
from services.routing.handlers.alarms import tell_in_time, time_anew
from services.routing.handlers.alerting import Mailing, write_letters
from services.routing.handlers.channel_replying import give_waiting
from services.routing.handlers.resurveying import expire
from shared.postgres.pool import Pool
from shared.program.store import ProgramStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Something that comes due as time goes by.

    `do_some` takes the present moment, does a bounded part of what is due in one transaction
    that skips what other clocks have locked, and returns how much it did: 0 when nothing is due.
    What it did must not be due again. `next_at` returns when the next part is due, None when that
    is not known: then it is asked again within seconds.
    """

    name: str
    do_some: Callable[[datetime], Awaitable[int]]
    next_at: Callable[[], Awaitable[datetime | None]]


def duties_of(
    pool: Pool, programs: ProgramStore, mailing: Mailing | None = None
) -> tuple[Duty, ...]:
    """Return the duties in the order in which they are done; the pool runs as the worker.

    Without `mailing` nobody is told by mail.
    """
    by_mail = mailing is not None
    alarms, promises = PostgresAlarmTransactions(pool), PostgresPromiseTransactions(pool)
    replies = PostgresChannelTransactions(pool)

    async def retime(now: datetime) -> int:
        return await time_anew(alarms, await programs.active(), now, by_mail=by_mail)

    async def tell(now: datetime) -> int:
        return await tell_in_time(alarms, await programs.active(), now, by_mail=by_mail)

    async def end_rounds(now: datetime) -> int:
        return await expire(promises, await programs.active(), now)

    async def give(now: datetime) -> int:
        return await give_waiting(replies, await programs.active(), now)

    async def forget_drafts(now: datetime) -> int:
        return await forget_old_drafts(pool, now - KEPT_FOR)

    async def next_alarm_at() -> datetime | None:
        return await alarms.next_alarm_at(sorted(await programs.active()))

    return (
        Duty(name="retime", do_some=retime, next_at=_unknown),
        Duty(name="tell", do_some=tell, next_at=next_alarm_at),
        Duty(name="end re-surveys", do_some=end_rounds, next_at=_unknown),
        Duty(name="give replies to webhooks", do_some=give, next_at=_unknown),
        Duty(name="forget old drafts", do_some=forget_drafts, next_at=_unknown),
        *([_mail_duty(pool, programs, mailing)] if mailing else []),
    )


def _mail_duty(pool: Pool, programs: ProgramStore, mailing: Mailing) -> Duty:
    alerts = PostgresAlertTransactions(pool)

    async def write(now: datetime) -> int:
        return await write_letters(alerts, await programs.active(), mailing, now)

    return Duty(name="write mails", do_some=write, next_at=_unknown)


async def _unknown() -> datetime | None:
    return None
