"""From the counts to what a backtest tells. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from deploy.backtest.deadlines import deadlines_of
from deploy.backtest.job import Job
from deploy.backtest.limits import judged_by
from deploy.backtest.loads import loads_of
from deploy.backtest.pace import Pace
from deploy.backtest.result import (
    Backtest,
    ChangeLine,
    Changes,
    Differing,
    ExampleTold,
    ProgramTold,
    Regraded,
    SideTold,
)
from deploy.backtest.statistics import Share, share_of
from deploy.backtest.tally import Changed, Example, Side, Tally
from shared.contracts.events import Severity
from shared.program.document import Program

_WORST_FIRST = [severity.value for severity in reversed(Severity) if severity != Severity.NONE]


def conclude(
    job: Job, tally: Tally, paces: Sequence[Pace], *, at: datetime, seconds: float
) -> Backtest:
    """Return what `tally` says of the job; `paces` is how fast owners really resolved."""
    result = Backtest(
        tenant=job.candidate.tenant,
        counting=ProgramTold(name=job.counting.name, version=job.counting.version),
        candidate=ProgramTold(name=job.candidate.name, version=None),
        since=job.since,
        until=job.until,
        time_zone=job.candidate.time_zone,
        at=at,
        seconds=seconds,
        events=tally.events,
        unreadable=tally.unreadable,
        differing=Differing(n=tally.differing, of_other_versions=tally.differing_of_others),
        under_counting=_side(tally.counting, tally.events),
        under_candidate=_side(tally.candidate, tally.events),
        opened=_changes(tally.opened, share_of(tally.opened.n, tally.events), job.candidate),
        dropped=_changes(
            tally.dropped, share_of(tally.dropped.n, tally.counting.flagged), job.counting
        ),
        regraded=_regraded(tally.regraded),
        rules=_by_rule(job, tally),
        severities=[_severity(one, tally) for one in _WORST_FIRST],
        teams=loads_of(job, tally),
        deadlines=deadlines_of(job, tally, paces),
    )
    limits = job.counting.backtest
    return result.model_copy(update={"limits": judged_by(limits, result)}) if limits else result


def _side(side: Side, events: int) -> SideTold:
    return SideTold(
        flagged=share_of(side.flagged, events),
        precision=share_of(side.ours, side.known),
        without_outcome=side.flagged - side.known,
    )


def _changes(changed: Changed, share: Share, program: Program) -> Changes:
    """Tell what changed; `program` is the one that flags it."""
    shown = [
        _example(example, severity, program)
        for severity in _WORST_FIRST
        for example in changed.examples.get(severity, ())
    ]
    return Changes(share=share, examples=shown)


def _example(example: Example, severity: str, program: Program) -> ExampleTold:
    return ExampleTold(
        feedback_id=example.feedback_id,
        occurred_at=example.occurred_at,
        touchpoint=program.touchpoint_name(example.touchpoint),
        severity=severity,
        rule=example.rule,
        language=example.language,
        text=example.text,
    )


def _regraded(changes: Mapping[tuple[str, str], int]) -> list[Regraded]:
    return [
        Regraded(counting=old, candidate=new, n=changes[old, new])
        for old in _WORST_FIRST
        for new in _WORST_FIRST
        if changes.get((old, new))
    ]


def _by_rule(job: Job, tally: Tally) -> list[ChangeLine]:
    """Return a line for each rule that flags something, or could."""
    named = [rule.id for program in (job.candidate, job.counting) for rule in program.rules]
    flagging = tally.candidate.rules.keys() | tally.counting.rules.keys()
    ordered = [*named, *sorted(flagging - set(named))]
    return [_line(rule, "rules", tally) for rule in dict.fromkeys(ordered) if rule in flagging]


def _severity(severity: str, tally: Tally) -> ChangeLine:
    return _line(severity, "severities", tally)


def _line(name: str, counter: str, tally: Tally) -> ChangeLine:
    def n(of: Side | Changed) -> int:
        counts: Counter[str] = getattr(of, counter)
        return counts[name]

    return ChangeLine(
        id=name,
        counting=n(tally.counting),
        candidate=n(tally.candidate),
        opened=n(tally.opened),
        dropped=n(tally.dropped),
    )
