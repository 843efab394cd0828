"""Before a start: what an earlier one left is ended, what is wished away is deleted."""

from __future__ import annotations

import asyncio
import os

from deploy.local import ports, postgres, processes
from deploy.local.announce import Announcer
from deploy.local.errors import LocalError, from_os_error
from deploy.local.place import Place
from deploy.local.state import PartState, Ports, State, Supervisor
from deploy.local.wishes import Wishes

DEFAULT_WEB_PORT = 8080

_LEFTOVERS_WITHIN_S = 20.0


async def claim(place: Place, wishes: Wishes, announcer: Announcer) -> State:
    """Make the place ready for a start and return the state to begin with.

    What a killed supervisor left running is ended; the ports of last time are kept where they
    are free. Raises LocalError when the place cannot be emptied or written.
    """
    last = place.state()
    if last:
        await asyncio.gather(*map(_end, last.parts.values()))
    try:
        if wishes.fresh:
            _empty(place, wishes)
        place.rotate_logs()
    except OSError as error:
        raise from_os_error(error, "clear away") from error
    me = processes.identity_of(os.getpid())
    return State(
        supervisor=Supervisor(pid=me.pid, started_at=me.started_at),
        ports=choose_ports(last.ports if last else Ports(), wishes, announcer),
    )


def choose_ports(last: Ports, wishes: Wishes, announcer: Announcer) -> Ports:
    """Return the wished ports or those of last time where they are free, others where not."""
    wished = wishes.port or last.web or DEFAULT_WEB_PORT
    web = ports.choose(wished)
    if web != wished:
        announcer.say(f"Port {wished} is in use; the pages are on port {web} instead.")
    broker = ports.choose(last.kafka, taken=[web])
    controller = ports.choose(last.kafka_controller, taken=[web, broker])
    database = ports.choose(last.postgres, taken=[web, broker, controller])
    return Ports(web=web, kafka=broker, kafka_controller=controller, postgres=database)


async def _end(part: PartState) -> None:
    await processes.end(part.identity, stop_signal=part.stop_signal, within_s=_LEFTOVERS_WITHIN_S)


def _empty(place: Place, wishes: Wishes) -> None:
    if wishes.database_url or wishes.kafka_bootstrap_servers:
        raise LocalError(
            "--fresh empties only servers that closedloop starts itself.",
            remedy="Unset DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS, or empty those servers.",
        )
    postgres.find_lodging(place.postgres).remove()
    place.empty()
