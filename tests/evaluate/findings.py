"""What was measured, and the documents that say it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"


class Finding(NamedTuple):
    """A measure, its value, and what it must reach; `most` where less is better."""

    what: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def kept(self) -> bool:
        """Tell whether the value is within its bounds."""
        enough = self.least is None or self.value >= self.least
        return enough and (self.most is None or self.value <= self.most)

    @property
    def bound(self) -> str:
        """The bound in words; empty when the value is only reported."""
        if self.least is not None:
            return f"≥ {self.least:.3f}"
        return f"≤ {self.most:.3f}" if self.most is not None else ""


class Section(NamedTuple):
    """Findings on one body of texts, and what a reader should know of it."""

    title: str
    note: str
    findings: Sequence[Finding]


def write(sections: Sequence[Section]) -> None:
    """Write docs/accuracy.md."""
    write_document("accuracy.md", _HEAD, sections)


def write_document(name: str, head: str, sections: Sequence[Section]) -> None:
    """Write a document of docs/ with a table for each section."""
    (DOCS / name).write_text("\n".join([head, *map(_section, sections), _machine()]), "utf-8")


def _section(section: Section) -> str:
    rows = [
        f"| {one.what} | {one.value:.3f} | {one.bound}{'' if one.kept else ' **not kept**'} |"
        for one in section.findings
    ]
    table = "\n".join(["| | figure | bound |", "|---|---:|---|", *rows])
    return f"## {section.title}\n\n{section.note}\n\n{table}\n"


def _machine() -> str:
    return (
        f"Measured on {platform.machine()} with {os.cpu_count()} cores, "
        f"Python {platform.python_version()}.\n"
    )


_HEAD = """# How well texts are understood

Written by `make evaluate`, which trains, judges, and runs what others would use on the same texts
in the same run. Macro-F1 is the mean of the labels' F1, so that a rare label counts as much as a
frequent one. A figure without a bound is reported only.

A judge abstains when it is unsure. Its labels are compared here with abstaining switched off,
except where the share that it keeps is named.
"""
