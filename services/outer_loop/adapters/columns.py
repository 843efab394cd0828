"""Rows as the columns that unnest takes."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any


def columns(rows: Sequence[object], names: Sequence[str]) -> list[list[Any]]:
    """Return one list for each name, with that attribute of every row."""
    return [[get(row) for row in rows] for get in map(attrgetter, names)]
