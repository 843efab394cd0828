"""What a backtest tells, in one value: the terminal, the page and `--json` show the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from deploy.backtest.statistics import Share, Told


class ProgramTold(Told):
    """One of the two programs."""

    name: str
    """The company's name in it."""
    version: int | None
    """Its version; a candidate has none yet."""


class SideTold(Told):
    """What one program flags."""

    flagged: Share
    """Follow-ups, of all events."""
    precision: Share
    """Those whose confirmed reason is the company's own doing, of those with a confirmed one."""
    without_outcome: int
    """Flagged events whose reason nobody has confirmed: not yet, or never flagged before."""


class Line(Told):
    """Follow-ups of one rule, severity, team or owner under both programs."""

    id: str
    """The rule, severity, team or owner."""
    counting: int
    """Under the program that counts."""
    candidate: int
    """Under the candidate."""


class ChangeLine(Line):
    """A line of follow-ups with what the candidate opens and drops of them."""

    opened: int
    """Flagged by the candidate only."""
    dropped: int
    """Flagged by the program that counts only."""


class Regraded(Told):
    """Events that both programs flag, with another severity."""

    counting: str
    """The severity under the program that counts."""
    candidate: str
    """The severity under the candidate."""
    n: int
    """How many."""


class Load(Line):
    """The follow-ups of a team or an owner, by the hour of the week."""

    name: str
    """The name that people see."""
    hours_counting: Sequence[int]
    """168 sums, from Monday 00:00 on in the tenant's time zone, under the program that counts."""
    hours_candidate: Sequence[int]
    """The same under the candidate."""


class TeamLoad(Load):
    """A team's follow-ups, and those of the people to whom the product would give them."""

    owners: Sequence[Load]
    """In the team's order; then others, such as deputies, and those of one program only."""


class TeamDeadlines(Told):
    """Deadlines of a team: really missed, and missed in the simulation."""

    id: str
    """The team."""
    name: str
    """The name that people see."""
    resolved: int
    """Follow-ups that the team really resolved in this time."""
    late: int
    """Those of them that were resolved after their deadline."""
    a_day: float | None
    """How many it resolved a day; absent where less than a week is known."""
    pace: float | None = None
    """How many a day the simulation lets it resolve: as many, or more (see the assumptions)."""
    due_counting: int | None = None
    """Deadlines that fall in this time under the program that counts."""
    missed_counting: int | None = None
    """Those that the simulation misses; absent where the pace is not known."""
    due_candidate: int | None = None
    """Deadlines under the candidate."""
    missed_candidate: int | None = None
    """Those that the simulation misses."""


class Deadlines(Told):
    """Deadlines by team, and what the simulation takes for granted."""

    teams: Sequence[TeamDeadlines]
    """Each team of either program."""
    missed_counting: int | None
    """Missed in the simulation, all teams whose pace is known; absent where none is."""
    missed_candidate: int | None
    """The same under the candidate."""
    assumptions: Sequence[str]
    """Sentences."""


class ExampleTold(Told):
    """An event that only one of the programs flags; personal data in its words is masked."""

    feedback_id: str
    """Which event."""
    occurred_at: datetime
    """When the customer said it."""
    touchpoint: str
    """The name of the touchpoint."""
    severity: str
    """How bad the program that flags it takes it to be."""
    rule: str
    """The rule that flags it."""
    language: str | None
    """The language of the words (BCP 47)."""
    text: str
    """The words, empty where there are none."""


class Changes(Told):
    """Follow-ups that only one of the programs opens."""

    share: Share
    """Opened: of all events. Dropped: of those that the program that counts flags."""
    examples: Sequence[ExampleTold]
    """Some of each severity, the worst first, chosen by their ids, which mean nothing."""


class Differing(Told):
    """Events that the program that counts, asked now, judges otherwise than was stored."""

    n: int
    """How many; none of the rest of the result looks at what was stored."""
    of_other_versions: int
    """Those of them that another version of the program had scored."""


class LimitTold(Told):
    """A limit that the candidate has to keep."""

    name: str
    """Its name in the program's section `backtest`."""
    limit: float
    """What it demands."""
    found: float | None
    """What was found; absent where nothing is known."""
    kept: bool
    """Whether it is kept. What nothing is known of is kept."""
    detail: str
    """A sentence."""


class Backtest(Told):
    """A candidate beside the program that counts, on the same events."""

    tenant: str
    """Whose programs they are."""
    counting: ProgramTold
    """The program that counts."""
    candidate: ProgramTold
    """The candidate."""
    since: datetime
    """What customers said from this moment on was looked at,"""
    until: datetime
    """up to this one, which is left out."""
    time_zone: str
    """The zone of the hours."""
    at: datetime
    """When it was done."""
    seconds: float
    """How long it took."""
    events: int
    """Events that both programs scored."""
    unreadable: int
    """Stored events that this version of the software cannot read."""
    differing: Differing
    """What the software now judges otherwise than it did."""
    under_counting: SideTold
    """What the program that counts flags."""
    under_candidate: SideTold
    """What the candidate flags."""
    opened: Changes
    """Follow-ups that the candidate opens and the program that counts does not."""
    dropped: Changes
    """Follow-ups that the program that counts opens and the candidate does not."""
    regraded: Sequence[Regraded]
    """Follow-ups of both, of another severity."""
    rules: Sequence[ChangeLine]
    """By rule, in the order of the candidate; rules that are gone come last."""
    severities: Sequence[ChangeLine]
    """By severity, the worst first."""
    teams: Sequence[TeamLoad]
    """Workload by team and owner."""
    deadlines: Deadlines
    """Deadlines that would have been missed."""
    limits: Sequence[LimitTold] = ()
    """The limits that the program that counts sets."""

    @property
    def passed(self) -> bool:
        """Whether every limit is kept."""
        return all(limit.kept for limit in self.limits)
