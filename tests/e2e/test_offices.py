"""Three offices over a change of the clock: each deadline is right, and said in the office's zone.

The hours were counted by hand. At 16:00 one of six business hours is left in the day; the other
five end on the next working day at 15:00, wherever the office is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from services.routing.adapters.postgres import PostgresOpenings
from services.routing.app import create_app
from services.routing.handlers.opening import open_followups
from shared.clock import FixedClock
from shared.postgres.pool import create_pool
from shared.program.document import Program
from shared.program.store import open_programs
from shared.settings import Settings
from shared.web.auth import COOKIE, Principal, issue_token
from tests.e2e.conftest import Serve
from tests.e2e.test_inbox import case_of
from tests.integration.routing.company import DOCUMENT, scored
from tests.integration.routing.promised import followup_id, link_of_case

_WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_HOURS = {day: ["09:00-12:00", "13:00-17:00"] for day in _WORKDAYS}
_ZONES = {"almaty": "Asia/Almaty", "vientiane": "Asia/Vientiane", "newyork": "America/New_York"}


def _team(place: str) -> dict[str, Any]:
    staff = {"department": "logistics", "lead": "vilay", "owners": ["mali", "noy"]}
    return {"id": place, "name": place.title(), "calendar": place, **staff}


PROGRAM: dict[str, Any] = {
    **{name: part for name, part in DOCUMENT.items() if name != "version"},
    "calendars": [
        {"id": place, "name": place.title(), "time_zone": zone, "hours": _HOURS}
        for place, zone in _ZONES.items()
    ],
    "teams": [_team(place) for place in _ZONES],
    "touchpoints": [{"id": place, "name": place.title(), "team": place} for place in _ZONES],
    "default_team": "vientiane",
    "sla": [
        {"severity": one, "clock": "business", "resolve_hours": 6}
        for one in ("critical", "high", "medium", "low")
    ],
}
LEAD = Principal(tenant="demo", subject="vilay", name="Vilay Sing", roles=frozenset({"team_lead"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """When its customer says something, when that is due, and how customer and owner read it."""

    said: str
    due: str
    words: str
    owner_reads: str


#: New York puts its clock back on 1 November 2026; the others keep theirs.
AUTUMN = {
    "almaty": Office(
        said="2026-10-30T16:00+05:00",
        due="2026-11-02T10:00Z",
        words="Monday 2 November, 15:00, Almaty time (UTC+5)",
        owner_reads="Mon 2 Nov 2026, 15:00 (Asia/Almaty)",
    ),
    "vientiane": Office(
        said="2026-10-30T16:00+07:00",
        due="2026-11-02T08:00Z",
        words="Monday 2 November, 15:00, Vientiane time (UTC+7)",
        owner_reads="Mon 2 Nov 2026, 15:00 (Asia/Vientiane)",
    ),
    "newyork": Office(
        said="2026-10-30T16:00-04:00",
        due="2026-11-02T20:00Z",
        words="Monday 2 November, 15:00, New York time (UTC-5)",
        owner_reads="Mon 2 Nov 2026, 15:00 (America/New_York)",
    ),
}
#: Almaty went from UTC+6 to UTC+5 in the night to Friday, 1 March 2024.
ALMATY_2024 = {
    "almaty": Office(
        said="2024-02-29T16:00+06:00",
        due="2024-03-01T10:00Z",
        words="Friday 1 March, 15:00, Almaty time (UTC+5)",
        owner_reads="Fri 1 Mar 2024, 15:00 (Asia/Almaty)",
    ),
}
#: New York puts its clock forward on 8 March 2026.
SPRING = {
    "almaty": Office(
        said="2026-03-06T16:00+05:00",
        due="2026-03-09T10:00Z",
        words="Monday 9 March, 15:00, Almaty time (UTC+5)",
        owner_reads="Mon 9 Mar 2026, 15:00 (Asia/Almaty)",
    ),
    "vientiane": Office(
        said="2026-03-06T16:00+07:00",
        due="2026-03-09T08:00Z",
        words="Monday 9 March, 15:00, Vientiane time (UTC+7)",
        owner_reads="Mon 9 Mar 2026, 15:00 (Asia/Vientiane)",
    ),
    "newyork": Office(
        said="2026-03-06T16:00-05:00",
        due="2026-03-09T19:00Z",
        words="Monday 9 March, 15:00, New York time (UTC-4)",
        owner_reads="Mon 9 Mar 2026, 15:00 (America/New_York)",
    ),
}


@pytest.fixture
async def reader(browser: Browser) -> Page:
    """Give a page in a browser whose own clock is in another zone than any office."""
    window = await browser.new_context(timezone_id="Pacific/Chatham", java_script_enabled=False)
    window.set_default_timeout(15_000)
    return await window.new_page()


@pytest.mark.parametrize("offices", [AUTUMN, ALMATY_2024, SPRING], ids=["autumn", "2024", "spring"])
async def test_a_deadline_over_a_change_of_the_clock_is_right_in_each_office(
    settings: Settings, serve: Serve, reader: Page, offices: dict[str, Office]
) -> None:
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        await programs.activate(json.dumps(PROGRAM), who="tests", why="a first program")
    events = [
        scored(number, touchpoint=place, received_at=datetime.fromisoformat(office.said))
        for number, (place, office) in enumerate(offices.items())
    ]
    clock = FixedClock(max(datetime.fromisoformat(office.said) for office in offices.values()))
    async with await create_pool(settings.database_url, role="closedloop_routing") as pool:
        known = {"demo": Program.model_validate(PROGRAM | {"version": 1})}
        async with pool.acquire() as connection, connection.transaction():
            openings = PostgresOpenings(connection)
            await open_followups(openings, events, programs=known, clock=clock)
        kept = await pool.fetch("SELECT followup_id, due_at FROM routing.followup")
    due = {row["followup_id"]: row["due_at"] for row in kept}
    app = create_app(settings)
    site = serve(app)
    app.state.desk = replace(app.state.desk, clock=clock)
    lead = issue_token(LEAD, settings.secret, lifetime=timedelta(hours=1))
    await reader.context.add_cookies([{"name": COOKIE, "value": lead, "url": site}])
    for number, office in enumerate(offices.values()):
        assert due[followup_id(number)] == datetime.fromisoformat(office.due)
        await reader.goto(f"{site}{link_of_case(settings, number)}")
        await expect(reader.locator("main")).to_contain_text(office.words)
        await reader.goto(case_of(site, number))
        clocks = reader.get_by_role("region", name="Clocks")
        await expect(clocks.locator("time")).to_have_text(office.owner_reads)
    first = min(offices.values(), key=lambda office: datetime.fromisoformat(office.due))
    await reader.goto(f"{site}/inbox?view=all&due=overdue")
    await expect(reader.locator(".empty")).to_contain_text(
        f"The next one falls due {first.owner_reads}."
    )
