"""Programs, jobs and results for the tests of offline scoring."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.importing.mapping import FileSettings, RatingSource
from deploy.offline.engine import score_file
from deploy.offline.job import Job
from deploy.offline.report import Scored
from shared.clock import FixedClock
from shared.program.document import Program
from shared.program.loading import read_program

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NPS = RatingSource(column="score", scale="nps")

PROGRAM = """\
tenant: acme
version: 7
name: Acme
departments: [{id: service, name: Service, head: ann}]
owners: [{id: ann, name: Ann}]
teams: [{id: desk, name: Desk, department: service, lead: ann, owners: [ann]}]
default_team: desk
rules:
  - {id: fire, when: "text_lower.contains('fire')", severity: critical, reason: It burns}
  - {id: spanish, when: "language == 'es' && !has_rating", severity: low, reason: In Spanish}
  - {id: fan, when: "category == 'promoter'", severity: none, flag: false, reason: A fan}
taxonomy:
  what:
    - {id: late, name: It came <late>, words: {en: [late, delayed]}}
    - {id: staff, name: Staff did not help, words: {en: [rude, unfriendly]}}
  why: [{id: unknown, name: Not known}]
sla:
  - {severity: critical, resolve_hours: 4}
  - {severity: high, resolve_hours: 24}
  - {severity: medium, resolve_hours: 72}
  - {severity: low, resolve_hours: 120}
"""


def program() -> Program:
    """Return a small program of version 7."""
    return read_program(PROGRAM)


def job(file: Path, **changes: Any) -> Job:  # noqa: ANN401  (any part of a job)
    """Return a job that scores the column `words` of `file` into out.csv beside it."""
    parts: dict[str, Any] = {
        "file": file,
        "settings": FileSettings(),
        "text_column": "words",
        "rating": None,
        "program": program(),
        "built_in": False,
        "out": file.with_name("out.csv"),
        "report": None,
        "force": False,
        "processes": 1,
        **changes,
    }
    return Job(**parts)


def written(folder: Path, content: str | bytes, name: str = "feedback.csv") -> Path:
    """Write `content` to a file in `folder`."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def scored(file: Path, **changes: Any) -> Scored:  # noqa: ANN401
    """Score `file`."""
    return score_file(job(file, **changes), FixedClock(NOW), lambda *_: None)


def table(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
