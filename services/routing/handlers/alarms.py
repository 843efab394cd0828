"""The clock's duties: each call does a bounded part of one, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.routing.domain.alarms import (
    Alarms,
    AlarmTransactions,
    ClockChange,
    Late,
    catch_up,
)
from services.routing.domain.alerts import alert_of
from services.routing.domain.changes import event_of
from services.routing.domain.ports import RecordedChange
from services.routing.handlers.opening import TOPIC
from shared.contracts.codec import encode, key_of
from shared.contracts.records import Outgoing
from shared.program.document import Program

#: So many follow-ups are locked at a time: nobody waits long for one of them.
AT_A_TIME = 100
#: Who makes these changes: the clock, not a person.
CLOCK = "clock"
CLOCK_NAME = "The clock"


async def tell_in_time(
    transactions: AlarmTransactions,
    programs: Mapping[str, Program],
    now: datetime,
    *,
    by_mail: bool = False,
) -> int:
    """Tell those who were to be told until `now`, of some follow-ups; return of how many.

    `by_mail`: by mail, too, where a program has their address.
    """
    async with transactions.of_alarms() as alarms:
        late = await alarms.due(sorted(programs), now, AT_A_TIME)
        await _catch_up(alarms, late, programs, now, by_mail=by_mail)
        return len(late)


async def time_anew(
    transactions: AlarmTransactions,
    programs: Mapping[str, Program],
    now: datetime,
    *,
    by_mail: bool = False,
) -> int:
    """Bring some open follow-ups under their tenant's present program; return how many."""
    versions = {tenant: programs[tenant].version for tenant in sorted(programs)}
    async with transactions.of_alarms() as alarms:
        late = await alarms.timed_otherwise(versions, AT_A_TIME)
        await _catch_up(alarms, late, programs, now, by_mail=by_mail)
        return len(late)


async def _catch_up(
    alarms: Alarms,
    late: Sequence[Late],
    programs: Mapping[str, Program],
    now: datetime,
    *,
    by_mail: bool,
) -> None:
    caught = [catch_up(one, programs[one.followup.tenant], now) for one in late]
    changes = [change for one in caught for change in one.changes]
    rows = [_row(change) for change in changes]
    told = [(one.changed.followup, one.changed.told) for one in changes if one.changed.told]
    if caught:
        await alarms.write([one.followup for one in caught], rows, told)
    if by_mail and told:
        found = (alert_of(followup, one, programs[followup.tenant]) for followup, one in told)
        await alarms.alert([one for one in found if one])
    if rows:
        await alarms.publish([_message(row) for row in rows])


def _row(change: ClockChange) -> RecordedChange:
    return RecordedChange(
        followup=change.changed.followup,
        change=change.changed.change,
        actor=CLOCK,
        actor_name=CLOCK_NAME,
        note=change.words,
        message=encode(event_of(change.changed, CLOCK)).decode(),
    )


def _message(row: RecordedChange) -> Outgoing:
    key = key_of(row.followup.tenant, row.followup.voice.customer_id)
    return Outgoing(topic=TOPIC, key=key, value=row.message.encode())
