"""How far back: the spans and moments that options name."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.errors import ClosedLoopError

_SPAN = re.compile(r"([1-9]\d{0,5})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
#: Whoever names more means everything.
_LONGEST = timedelta(days=36_500)


def span_of(option: str, text: str) -> timedelta:
    """Return the span that `text`, the value of `option`, names: 12h, 30d, 8w.

    A hundred years at most. Raises ClosedLoopError where it names none.
    """
    if (span := _span(text)) is None:
        raise ClosedLoopError(
            f"{option}: {text!r} is no span of time.", remedy="Write it as 12h, 30d or 8w."
        )
    return span


def moment_of(option: str, text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that `text`, the value of `option`, means: so far back, a day, a moment.

    A day begins at midnight in `zone`. Raises ClosedLoopError where it means none.
    """
    if (span := _span(text)) is not None:
        return now - span
    try:
        named = datetime.fromisoformat(text)
        return (named if named.tzinfo else named.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ClosedLoopError(
            f"{option}: {text!r} is no moment.",
            remedy="Write it as 90d, 2026-01-31 or 2026-01-31T09:00+01:00.",
        ) from None


def _span(text: str) -> timedelta | None:
    found = _SPAN.fullmatch(text)
    return min(int(found[1]) * _UNITS[found[2]], _LONGEST) if found else None
