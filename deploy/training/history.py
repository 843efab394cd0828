"""Labelled history from a file: texts, the label of each, and when it was said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deploy.importing.errors import RowRefusedError
from deploy.importing.mapping import FileSettings
from deploy.importing.rows import Row
from deploy.offline.opening import open_source
from deploy.training.errors import TrainError
from services.scoring.training.splitting import Labelled

#: A space before the zone, which ISO 8601 does not know and many tools write.
_SPACED_ZONE = re.compile(r" (?=[+-]\d{2}:?\d{2}$)| UTC$")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFile:
    """A file of labelled texts and the columns that have them."""

    file: Path
    settings: FileSettings
    text_column: str
    label_column: str
    time_column: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each named by the option that names it."""
        time = (self.time_column,) if self.time_column else ()
        return (self.text_column, self.label_column, *time)

    def option(self, column: str) -> str:
        """Return the option that names `column`."""
        if column == self.text_column:
            return "--text-column"
        return "--label-column" if column == self.label_column else "--time-column"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a file tells: labelled texts, in its order, and how many rows are of no use.

    `silent` rows have no words, `unlabelled` ones no label; `refused` ones can't be read, or
    their moment can't, for the reason that `refusal` gives of the first.
    """

    labelled: tuple[Labelled, ...]
    silent: int
    unlabelled: int
    refused: int
    refusal: str

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return len(self.labelled) + self.silent + self.unlabelled + self.refused


def read_history(wanted: HistoryFile) -> History:
    """Return what the file tells.

    Raises ClosedLoopError for a file that can't be read, lacks a column or has no labelled text.
    """
    labelled: list[Labelled] = []
    refusals: list[str] = []
    silent = unlabelled = 0
    for row in _rows(wanted):
        try:
            text, label, moment = _cells(wanted, row)
        except RowRefusedError as error:
            refusals.append(f"line {row.line}: {error.detail}")
            continue
        if text is None:
            silent += 1
        elif label is None:
            unlabelled += 1
        else:
            labelled.append(Labelled(text, label, moment))
    first = refusals[0] if refusals else ""
    if not labelled:
        raise TrainError(
            f"No row of {wanted.file.name} has a text and a label.", remedy=_why_not(wanted, first)
        )
    return History(
        labelled=tuple(labelled),
        silent=silent,
        unlabelled=unlabelled,
        refused=len(refusals),
        refusal=first,
    )


def moment_of(text: str) -> datetime:
    """Return the moment that a cell names, in UTC where it does not say its zone.

    Raises ValueError for what is no moment of ISO 8601.
    """
    moment = datetime.fromisoformat(_SPACED_ZONE.sub(_plain_zone, text))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _plain_zone(match: re.Match[str]) -> str:
    return "Z" if match[0] == " UTC" else ""


def _rows(wanted: HistoryFile) -> Iterator[Row]:
    with open_source(wanted) as source:
        for chunk in source.chunks:
            yield from chunk.rows


def _cells(wanted: HistoryFile, row: Row) -> tuple[str | None, str | None, datetime | None]:
    if row.fault:
        raise RowRefusedError("", row.fault)
    text = row.cell(wanted.text_column, "text")
    label = row.cell(wanted.label_column, "label")
    if text is None or label is None or wanted.time_column is None:
        return text, label, None
    return text, label, _moment(row, wanted.time_column)


def _moment(row: Row, column: str) -> datetime:
    cell = row.cell(column, "time") or ""
    try:
        return moment_of(cell)
    except (ValueError, OverflowError):
        raise RowRefusedError(
            "time", f"Column {column!r} says {cell[:40]!r}, which is no moment of ISO 8601."
        ) from None


def _why_not(wanted: HistoryFile, refusal: str) -> str:
    if refusal:
        return f"The first that can't be used is {refusal}"
    return f"Look at the columns {wanted.text_column!r} and {wanted.label_column!r}."
