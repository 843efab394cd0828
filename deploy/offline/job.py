"""What is to be scored, by which program, and where the result goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from deploy.importing.mapping import FileSettings, RatingSource
from deploy.offline.errors import OfflineError
from services.scoring.adapters.models import Target
from services.scoring.domain.text.linear import Model
from shared.program.document import Program

TableFormat = Literal["csv", "tsv", "jsonl", "parquet"]

_SUFFIXES: dict[str, TableFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


class Wanted(Protocol):
    """A file that is to be read, and the columns of it that options name."""

    @property
    def file(self) -> Path: ...  # noqa: D102
    @property
    def settings(self) -> FileSettings: ...  # noqa: D102
    @property
    def columns(self) -> tuple[str, ...]: ...  # noqa: D102

    def option(self, column: str) -> str:
        """Return the option that names `column`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to score.

    `rating` says where its rows have their ratings, if they have any; `own` are models of one's
    own that judge beside the program.
    """

    file: Path
    settings: FileSettings
    text_column: str
    rating: RatingSource | None
    program: Program
    built_in: bool
    out: Path
    report: Path | None
    force: bool
    processes: int
    own: Mapping[Target, Model] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each named by the option that names it."""
        return (self.text_column, *(self.rating.columns if self.rating else ()))

    def option(self, column: str) -> str:
        """Return the option that names `column`."""
        return "--text-column" if column == self.text_column else "--rating-column"

    @property
    def errors(self) -> Path:
        """Where the refused rows are listed."""
        return self.out.with_name(self.out.name + ".errors.csv")


def format_of(path: Path) -> TableFormat:
    """Return the format that the name of `path` tells; raise OfflineError where it tells none."""
    known = _SUFFIXES.get(path.suffix.lower())
    if known is None:
        raise OfflineError(
            f"The name {path.name} does not tell the format.",
            remedy=f"Let it end in one of {', '.join(_SUFFIXES)}.",
        )
    return known
