"""The measures as a table: a row for all, each team and each owner, a column for each number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.routing.routes.measure_schemas import GroupView, MeasuresView, ReportView
from shared.web.tables import Cell

Row = Mapping[str, Cell]


def table_of(report: ReportView) -> tuple[list[str], list[list[Cell]]]:
    """Return the columns, named as in the JSON with dots between, and the rows."""
    rows = list(_rows(report))
    columns = list(rows[0])
    return columns, [[row[column] for column in columns] for row in rows]


def _rows(report: ReportView) -> Iterator[Row]:
    yield {"kind": "all", "id": "", "name": ""} | _numbers(report.all)
    for kind, groups in (("team", report.teams), ("owner", report.owners)):
        for group in groups:
            yield {"kind": kind, "id": group.id, "name": group.name} | _numbers(group)


def _numbers(view: MeasuresView) -> dict[str, Cell]:
    excluded = {"id", "name"} if isinstance(view, GroupView) else None
    return dict(_flat(view.model_dump(exclude=excluded)))


def _flat(part: Mapping[str, object], above: str = "") -> Iterator[tuple[str, Cell]]:
    for name, value in part.items():
        path = f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        elif value is None or isinstance(value, str | int | float):
            yield path, value
