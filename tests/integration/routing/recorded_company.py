"""The company that a recorded week of complaints goes to: twelve owners in three time zones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.program.document import Program
from tests.integration.routing.company import DOCUMENT, TENANT

_TEAMS = {
    "vientiane": (["Kham", "Lar", "Mok", "Nid"], "late", "Asia/Vientiane"),
    "berlin": (["Anke", "Bernd", "Clara", "Dirk"], "rude", "Europe/Berlin"),
    "newyork": (["Walt", "Xena", "Yuri", "Zoe"], "lost", "America/New_York"),
}
TOUCHPOINTS = [touchpoint for _, touchpoint, _ in _TEAMS.values()]
_WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def _on(days: Iterable[str], *shifts: str) -> dict[str, list[str]]:
    return {day: list(shifts) for day in days}


_HOURS: dict[str, dict[str, Any]] = {
    "vientiane": {"hours": _on([*_WORKDAYS, "saturday"], "08:00-12:00", "13:00-17:00")},
    "berlin": {
        "hours": _on(_WORKDAYS, "09:00-17:30"),
        "closures": [{"first_day": "2026-10-29", "reason": "The house moves"}],
        "openings": [{"day": "2026-10-25", "hours": ["01:00-05:00"], "reason": "Night watch"}],
    },
    "newyork": {"hours": _on([*_WORKDAYS, "saturday", "sunday"], "20:00-04:00")},
}
COMPANY: dict[str, Any] = {
    "tenant": TENANT,
    "name": "Mekong Air",
    "time_zone": "Asia/Vientiane",
    "departments": [{"id": "service", "name": "Service", "head": "kham"}],
    "owners": [{"id": one.lower(), "name": one} for names, *_ in _TEAMS.values() for one in names],
    "calendars": [
        {"id": team, "name": team.title(), "time_zone": zone, **_HOURS[team]}
        for team, (_, _, zone) in _TEAMS.items()
    ],
    "teams": [
        {
            "id": team,
            "name": team.title(),
            "department": "service",
            "lead": names[0].lower(),
            "owners": [name.lower() for name in names],
            "calendar": team,
        }
        for team, (names, _, _) in _TEAMS.items()
    ],
    "touchpoints": [
        {"id": touchpoint, "name": touchpoint.title(), "team": team}
        for team, (_, touchpoint, _) in _TEAMS.items()
    ],
    "default_team": "vientiane",
    "taxonomy": DOCUMENT["taxonomy"],
    "contact": {"unreachable_after": {"attempts": 1, "days": 1}},
    "sla": [
        {"severity": "critical", "resolve_hours": 6},
        {"severity": "high", "clock": "business", "acknowledge_hours": 2, "resolve_hours": 10},
        {"severity": "high", "segment": "Gold", "clock": "business", "resolve_hours": 5},
        {
            "severity": "medium",
            "clock": "business",
            "first_contact_hours": 4,
            "next_contact_hours": 8,
            "resolve_hours": 16,
            "pause": {"max_hours": 6},
        },
        {"severity": "low", "clock": "business", "resolve_hours": 3},
    ],
    "resurvey": {"after_hours": 12, "wait_days": 4},
}
PROGRAM = Program.model_validate({**COMPANY, "version": 1})
