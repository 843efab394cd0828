"""A day in a request, written in one way."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
#: Beyond them lies a slip of the hand, and days that no clock can add to.
_FIRST, _LAST = date(1990, 1, 1), date(2199, 12, 31)


def _as_written(value: Any) -> Any:  # noqa: ANN401  (whatever a request holds)
    """Refuse what pydantic alone would take for a day: a number, and a number in a text."""
    is_day = isinstance(value, date) or (isinstance(value, str) and _WRITTEN.fullmatch(value))
    if not is_day:
        raise ValueError("a day is written like 2026-11-23")
    return value


def _in_our_time(day: date) -> date:
    if not _FIRST <= day <= _LAST:
        raise ValueError(f"a day is from {_FIRST} to {_LAST}")
    return day


#: A day as ISO 8601 writes it (RFC 3339, full-date).
Day = Annotated[date, BeforeValidator(_as_written), AfterValidator(_in_our_time)]
