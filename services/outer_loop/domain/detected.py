"""What the detector finds out about one company on one day, and what it is kept as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from services.outer_loop.domain.detection.detect import detect
from services.outer_loop.domain.detection.rules import FLAGGED, Kind, Rule, Verdict
from services.outer_loop.domain.detection.sentences import sentence
from services.outer_loop.domain.detection.sightings import Cell, Sighting, observe
from services.outer_loop.domain.issue import IssueKey, SystemicIssue
from services.outer_loop.domain.ports import Change
from shared.contracts.records import Outgoing
from shared.program.document import Program

#: As far as the detector looks back: 52 weeks, the two by which a season shifts, and a month.
LOOKS_BACK = timedelta(days=420)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was sighted (touchpoint, cause, customer, day), and answers by touchpoint and day."""

    sightings: Sequence[tuple[str, str, str, date]]
    listened: Mapping[tuple[str, date], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Why an issue was opened: the verdict on its cell, in one sentence and in numbers.

    So many `customers` in `span` days, where `usual` were; `chance` alone would do it that often.
    """

    issue_id: UUID
    tenant: str
    kind: Kind
    sentence: str
    span: int
    customers: int
    usual: float
    chance: float
    as_of: date
    program_version: int


def rule_of(program: Program) -> Rule:
    """Return what a program asks of the detector."""
    policy = program.systemic_issues
    return Rule(
        customers=policy.customers,
        days=policy.days,
        times=policy.times,
        false_discoveries=policy.false_discoveries,
    )


def flagged(heard: Heard, program: Program, today: date) -> list[Verdict]:
    """Return the verdicts that call for an issue. What the program does not name is left out.

    All touchpoints and causes of the program are judged together, met or not: chance is counted
    over all of them.
    """
    safety = frozenset(program.systemic_issues.safety)
    cells = [
        Cell(place.id, cause.id) for place in program.touchpoints for cause in program.taxonomy.what
    ]
    known = frozenset(cells)
    sightings = (
        Sighting(Cell(at, what), customer, day, what in safety)
        for at, what, customer, day in heard.sightings
        if Cell(at, what) in known
    )
    seen = observe(cells, sightings, heard.listened, today=today)
    return [one for one in detect(seen, rule_of(program)) if one.kind in FLAGGED]


def evidence(verdict: Verdict, program: Program, today: date) -> Detection:
    """Return what is kept of a verdict."""
    return Detection(
        issue_id=key_of(verdict, program).issue_id,
        tenant=program.tenant,
        kind=verdict.kind,
        sentence=sentence(verdict, rule_of(program)),
        span=verdict.span,
        customers=verdict.customers,
        usual=verdict.usual,
        chance=verdict.chance,
        as_of=today,
        program_version=program.version,
    )


def key_of(verdict: Verdict, program: Program) -> IssueKey:
    """Return which issue a verdict is about."""
    return IssueKey(program.tenant, verdict.cell.touchpoint, verdict.cell.what)


class Detections(Protocol):
    """Opens issues, in a transaction of the detector's."""

    async def hold_unopened(self, keys: Sequence[IssueKey]) -> set[IssueKey]:
        """Wait for whoever opens the same issues; return the keys that have none."""
        ...

    async def open(
        self,
        issues: Sequence[SystemicIssue],
        changes: Sequence[Change],
        detections: Iterable[Detection],
        departments: Sequence[tuple[IssueKey, str]],
        messages: Sequence[Outgoing],
    ) -> None:
        """Open the issues, with why and by whom they are to be solved, and tell of them."""
        ...


class DetectionTransactions(Protocol):
    """What the detector reads, and its transactions."""

    async def heard(self, tenant: str, since: date) -> Heard:
        """Return what a tenant's customers met and said since a day."""
        ...

    def opening(self) -> AbstractAsyncContextManager[Detections]:
        """Open a transaction."""
        ...
