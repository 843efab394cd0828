"""Tables to take away: CSV that spreadsheets open as it is meant."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response

from shared.spreadsheets import harmless

Cell = str | int | float | None


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return a table as CSV (RFC 4180), to be saved as `name`.csv; a cell of None is empty.

    It begins with a byte order mark: without one, spreadsheets take UTF-8 for another encoding.
    No cell begins a formula.
    """
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(map(_cell, columns))
    table.writerows(map(_cell, row) for row in rows)
    return Response(
        written.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _cell(value: Cell) -> Cell:
    return harmless(value) if isinstance(value, str) else value
