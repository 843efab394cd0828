"""Server-rendered pages: templates that find the shared ones, and what every page is given."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.templating import Jinja2Templates

from shared.web.auth import csrf_token, present_principal

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

_MINUTES_IN_AN_HOUR = 60
_HOURS_SHOWN_UP_TO = 48
_HASH_CHARACTERS = 10


def page_templates(*directories: Path) -> Jinja2Templates:
    """Return the templates in `directories`, with the shared ones beneath them.

    Pages extend `base.html` (blocks title, head, main). They are given `principal` (who is
    signed in, or None), `csrf_token` for their forms, `static(name)` for the address of a
    shared file, and the filters `moment` (a datetime in a zone) and `span` (a timedelta).
    """
    environment = Environment(
        loader=FileSystemLoader([*directories, TEMPLATES]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals["static"] = static_address
    environment.filters["moment"] = moment
    environment.filters["span"] = span
    return Jinja2Templates(env=environment, context_processors=[_everywhere])


@cache
def static_address(name: str) -> str:
    """Return the address of a shared file, which changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:_HASH_CHARACTERS]}"


def moment(when: datetime, zone: str) -> str:
    """Say a moment in `zone` and name the zone: 'Sun 22 Nov 2026, 14:30 (Asia/Vientiane)'."""
    there = when.astimezone(ZoneInfo(zone))
    return f"{there:%a} {there.day} {there:%b %Y, %H:%M} ({zone})"


def span(length: timedelta) -> str:
    """Say a length of time, of either sign, in its two largest units: '3 h 20 min', '2 d 4 h'."""
    minutes = int(abs(length).total_seconds()) // _MINUTES_IN_AN_HOUR
    hours, minutes_left = divmod(minutes, _MINUTES_IN_AN_HOUR)
    if hours >= _HOURS_SHOWN_UP_TO:
        days, hours_left = divmod(hours, 24)
        return f"{days} d {hours_left} h" if hours_left else f"{days} d"
    if hours:
        return f"{hours} h {minutes_left} min" if minutes_left else f"{hours} h"
    return f"{minutes} min"


def _everywhere(request: Request) -> dict[str, Any]:
    return {
        "principal": present_principal(request),
        "csrf_token": csrf_token(request),
        "path": request.url.path,
    }
