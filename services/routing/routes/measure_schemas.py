"""What the measures say: shares with their intervals, times in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

from pydantic import BaseModel, ConfigDict

from services.routing.domain.effort import Effort
from services.routing.domain.measures import LaterScores, Measures, Part, StepTimes
from services.routing.domain.spreads import Spread
from services.routing.handlers.measuring import Report
from shared.program.document import Program
from shared.statistics import wilson_interval


class Told(BaseModel):
    """A part of the report; the text below a field stands in the API's description."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class ShareView(Told):
    """`n` of `of`; without any, there is no share."""

    n: int
    of: int
    share: float | None = None
    """n / of, 0 to 1."""
    low: float | None = None
    """The lower end of the 95 % interval (Wilson 1927)."""
    high: float | None = None
    """The upper end of the 95 % interval."""


class SpreadView(Told):
    """How long a step took, in seconds, the `n` times that it was done in the period."""

    n: int
    median_s: float | None
    p90_s: float | None


class StepView(Told):
    """A step's times by the clock on the wall, and counted in the team's working hours."""

    calendar: SpreadView
    business: SpreadView


class TallyView(Told):
    """How often something was done for each of `n` follow-ups."""

    n: int
    mean: float | None
    median: float | None
    most: int | None


class EffortView(Told):
    """What it took until a follow-up was first verified."""

    contacts: TallyView
    """Attempts to reach the customer; to say that one begins and then to log it is one."""
    hands: TallyView
    """How often it got another owner, the first one not counted."""
    reopenings: TallyView
    """How often it was opened again."""


class OwnEffortView(Told):
    """How easy customers found it, on average, on the scale ces: 1 to 7, easy is high."""

    n: int
    before: float | None
    """By the ratings that their follow-ups came from."""
    after: float | None
    """By their last answers to the re-survey: the same customers."""


class LaterView(Told):
    """How customers stood later, by feedback of their own: the first three are parts of those who
    said something, the silent ones of all. Silence is nobody's happiness."""

    recovered: ShareView
    """In a better category than before."""
    unchanged: ShareView
    """In the same category, and not lower on the same scale."""
    worse: ShareView
    """In a worse category, or lower on the same scale."""
    silent: ShareView
    """Nothing heard of them since; the 90 days may not be over."""


class MeasuresView(Told):
    """What was measured of some follow-ups."""

    opened: int
    """Follow-ups opened in the period."""
    acknowledge: StepView
    """From opening until somebody acknowledged it."""
    contact: StepView
    """From opening until the customer was first contacted."""
    resolve: StepView
    """From opening until it was first resolved."""
    closed: ShareView
    """Of those opened in the period: resolved since."""
    kept: ShareView
    """Of the deadlines that were kept or ran out in the period: kept. Late ones count when their
    time was up, whether they have been resolved since or not."""
    acknowledged_in_time: ShareView
    """Of the deadlines to acknowledge that were kept or ran out in the period: kept."""
    contacted_in_time: ShareView
    """Of the deadlines for the first contact that were kept or ran out in the period: kept. What
    was resolved without a contact by then counts as kept."""
    loop_closed: ShareView
    """The close-the-loop rate. Of the customers with a follow-up whose deadline to resolve was kept
    or ran out in the period, or who were given up as unreachable: those who were answered in time,
    that is reached and then their case resolved by the deadline, each of their cases if several."""
    reopened: ShareView
    """Of those first resolved in the period: reopened since."""
    first_contact: ShareView
    """Of those first resolved in the period more than seven days ago: solved with one contact at
    most, not reopened within the seven days and no new follow-up of the same customer at the
    same touchpoint."""
    hasty: ShareView
    """Of those first resolved in the period: within a minute of their opening."""
    mass: ShareView
    """Of those first resolved in the period: five or more by one person within ten minutes, each
    in the last hour before its deadline."""
    recovered: ShareView
    """Of those whose customers answered the re-survey in the period: happy by their last answer.
    Who did not answer is not counted."""
    effort: EffortView
    """Of those first verified in the period."""
    own_effort: OwnEffortView
    """Of those whose feedback was a rating on the scale ces and who answered the re-survey in the
    period."""
    later: LaterView
    """Of the follow-ups whose resolution in the period stands, and whose customers had a score
    before: their last feedback at any touchpoint within 90 days after it."""


class GroupView(MeasuresView):
    """What was measured of a team or an owner."""

    id: str
    name: str


class ReportView(Told):
    """The measures of a period, of all and of each team and owner."""

    since: date
    until: date
    """The last day, which is included."""
    time_zone: str
    """Whose days they are."""
    all: MeasuresView
    teams: list[GroupView]
    owners: list[GroupView]


def report_view_of(report: Report, program: Program, since: date, until: date) -> ReportView:
    """Return the report as it is sent."""
    teams = {team.id: team.name for team in program.teams}
    owners = {owner.id: owner.name for owner in program.owners}
    return ReportView(
        since=since,
        until=until,
        time_zone=program.time_zone,
        all=MeasuresView(**_measures(report.all)),
        teams=_groups(report.teams, teams),
        owners=_groups(report.owners, owners),
    )


def _groups(measures: Mapping[str, Measures], names: Mapping[str, str]) -> list[GroupView]:
    views = [
        GroupView(id=key, name=names.get(key, key), **_measures(one))
        for key, one in measures.items()
    ]
    return sorted(views, key=lambda view: (view.name, view.id))


def _measures(measures: Measures) -> dict[str, int | Told]:
    return {
        "opened": measures.opened,
        "acknowledge": _step(measures.acknowledge),
        "contact": _step(measures.contact),
        "resolve": _step(measures.resolve),
        "closed": _share(measures.closed),
        "kept": _share(measures.kept),
        "acknowledged_in_time": _share(measures.acknowledged_in_time),
        "contacted_in_time": _share(measures.contacted_in_time),
        "loop_closed": _share(measures.loop_closed),
        "reopened": _share(measures.reopened),
        "first_contact": _share(measures.first_contact),
        "hasty": _share(measures.hasty),
        "mass": _share(measures.mass),
        "recovered": _share(measures.recovered),
        "effort": _effort(measures.effort),
        "own_effort": OwnEffortView(**asdict(measures.own_effort)),
        "later": _later(measures.later),
    }


def _later(later: LaterScores) -> LaterView:
    return LaterView(
        recovered=_share(later.recovered),
        unchanged=_share(later.unchanged),
        worse=_share(later.worse),
        silent=_share(later.silent),
    )


def _effort(effort: Effort) -> EffortView:
    return EffortView(
        contacts=TallyView(**asdict(effort.contacts)),
        hands=TallyView(**asdict(effort.hands)),
        reopenings=TallyView(**asdict(effort.reopenings)),
    )


def _step(times: StepTimes) -> StepView:
    return StepView(calendar=_spread(times.calendar), business=_spread(times.business))


def _spread(times: Spread) -> SpreadView:
    return SpreadView(n=times.n, median_s=times.median_s, p90_s=times.p90_s)


def _share(part: Part) -> ShareView:
    if not part.of:
        return ShareView(n=part.n, of=part.of)
    low, high = wilson_interval(part.n, part.of)
    return ShareView(n=part.n, of=part.of, share=part.n / part.of, low=low, high=high)
