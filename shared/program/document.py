"""What a program says: touchpoints, scales, detection rules, taxonomy, teams, SLA, thresholds.

A program is a YAML document, checked here as a whole: whatever it refers to must be in it. The
text below a field is what an author's editor shows (schema.py).
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, FiniteFloat, StringConstraints, model_validator

from shared.contracts.events import Name, Severity, Tenant
from shared.program.assignment import Absence, by_owner
from shared.program.calendars import BusinessCalendar
from shared.program.causes import Cause, Driver, Taxonomy
from shared.program.contact import ContactPolicy
from shared.program.escalation import DEFAULT_ESCALATIONS, Escalation, refuse_disorder
from shared.program.parts import Id, Part, TimeZone, ids, known
from shared.program.people import Department, Owner, Team
from shared.program.places import ListeningPost, Touchpoint
from shared.program.promise import PromisePage
from shared.program.recovery import Recovery
from shared.program.resurvey import ReSurvey
from shared.program.rules import DEFAULT_RULE, CoCreation, DetectionRule
from shared.program.scales import DEFAULT_SCALES, Scale, ScaleName
from shared.program.sla import Pause, SlaPolicy

__all__ = [
    "DEFAULT_RULE",
    "DEFAULT_SCALES",
    "Absence",
    "BacktestLimits",
    "BusinessCalendar",
    "Cause",
    "CoCreation",
    "ContactPolicy",
    "Department",
    "DetectionRule",
    "Driver",
    "Escalation",
    "ListeningPost",
    "Models",
    "Owner",
    "Pause",
    "Program",
    "PromisePage",
    "ReSurvey",
    "Recovery",
    "Scale",
    "ScaleName",
    "SlaPolicy",
    "SystemicIssuePolicy",
    "Taxonomy",
    "Team",
    "Touchpoint",
]


ModelVersion = Annotated[str, StringConstraints(pattern="^[0-9a-f]{16}$")]


class Models(Part):
    """The tenant's own models that judge texts, by the versions that `models list` shows.

    Without one the words and models judge that ship with the product.
    """

    sentiment: ModelVersion | None = None
    """Says how the customer feels."""
    theme: ModelVersion | None = None
    """Says what went wrong: an entry of taxonomy.what."""


class SystemicIssuePolicy(Part):
    """When a root cause becomes a systemic issue: so many customers within so many days."""

    customers: Annotated[int, Field(ge=1)] = 5
    """Customers, not events."""
    days: Annotated[int, Field(ge=1, le=366)] = 30
    """The days looked back on."""
    times: Annotated[float, Field(ge=1, le=100)] = 2.0
    """The detector asks for so many times as many customers as usual."""
    false_discoveries: Annotated[float, Field(gt=0, le=0.5)] = 0.01
    """The share of false alarms that the detector may raise among all of a day's."""
    safety: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    """What went wrong (of taxonomy.what) that is a matter of safety: one customer is enough."""


PartOfAll = Annotated[float, Field(ge=0, le=1)]


class BacktestLimits(Part):
    """What a candidate has to keep, tried on the tenant's history, before it may be activated.

    The program that counts sets them for the one that comes after it.
    """

    since_days: Annotated[int, Field(ge=1, le=366)] = 90
    """So many days have to be looked back on at least."""
    max_opened_share: PartOfAll | None = None
    """Events that only the candidate flags, at most, as a share of all events: 0.02 is 2 %."""
    max_dropped_share: PartOfAll | None = None
    """Follow-ups that the candidate does not open, at most, as a share of those that there are."""
    max_workload_increase: Annotated[FiniteFloat, Field(ge=0)] | None = None
    """How many more follow-ups there may be, as a share of those that there are: 0.1 is 10 %."""
    min_precision: PartOfAll | None = None
    """The share of flagged events, of those with a confirmed cause, that were our own doing."""


_LONGEST_WEEKS = 260


class Program(Part):
    """A tenant's whole configuration, in one version."""

    tenant: Tenant
    """Whose program it is: the name that events carry."""
    version: Annotated[int, Field(ge=1)] = 1
    """Not needed: activation gives the number."""
    name: Name
    """The company's name."""
    time_zone: TimeZone = "UTC"
    """A time zone of the IANA database, such as Europe/Madrid."""
    departments: Annotated[tuple[Department, ...], Field(min_length=1)]
    """The departments that plans are agreed between."""
    owners: Annotated[tuple[Owner, ...], Field(min_length=1)]
    """Everybody who answers customers, leads or decides."""
    teams: Annotated[tuple[Team, ...], Field(min_length=1)]
    """Who answers together."""
    calendars: tuple[BusinessCalendar, ...] = ()
    """When teams work."""
    absences: tuple[Absence, ...] = ()
    """Who is away when, and who stands in."""
    severity_skills: dict[Severity, Id] = Field(default_factory=dict)
    """Skills that whoever answers follow-ups of a severity needs."""
    touchpoints: tuple[Touchpoint, ...] = ()
    """Where customers meet the company. An unknown one goes to the default team."""
    listening_posts: tuple[ListeningPost, ...] = ()
    """Where the company listens. An unknown one is judged like any other."""
    default_team: Id
    """Answers for touchpoints that the program does not know."""
    scales: dict[ScaleName, Scale] = Field(default_factory=dict)
    """Where scales are cut, if elsewhere than usual."""
    rules: tuple[DetectionRule, ...] = ()
    """Read in order: the first whose condition holds decides."""
    taxonomy: Taxonomy
    """What can go wrong and why."""
    co_creation: CoCreation | None = None
    """Who may be asked to help make things better, such as promoters who say why."""
    models: Models = Models()
    """Models of one's own, trained by `closedloop train`."""
    drivers: tuple[Driver, ...] = ()
    """What makes customers satisfied or not."""
    sla: Annotated[tuple[SlaPolicy, ...], Field(min_length=1)]
    """Deadlines, for all segments one for each severity but none."""
    contact: ContactPolicy = ContactPolicy()
    """How often owners try to reach a customer, and who writes."""
    escalations: tuple[Escalation, ...] = DEFAULT_ESCALATIONS
    """Who is told when time runs out, if others than usual; an empty list tells nobody."""
    systemic_issues: SystemicIssuePolicy = SystemicIssuePolicy()
    """When a root cause becomes an issue that departments must plan for."""
    promise: PromisePage = PromisePage()
    """What customers see of their case."""
    resurvey: ReSurvey = ReSurvey()
    """When customers are asked whether it is solved, and for how long."""
    recovery: Recovery | None = None
    """What customers may be given, and who approves it; without it they are offered nothing."""
    backtest: BacktestLimits | None = None
    """Limits that the next version has to keep. Without them it needs no backtest."""

    @model_validator(mode="after")
    def _refers_only_to_what_it_holds(self) -> Self:
        owners, teams = ids("owners", self.owners), ids("teams", self.teams)
        departments = ids("departments", self.departments)
        for place, parts in (
            ("touchpoints", self.touchpoints),
            ("listening_posts", self.listening_posts),
            ("rules", self.rules),
            ("drivers", self.drivers),
            ("calendars", self.calendars),
        ):
            ids(place, parts)
        for team in self.teams:
            known(f"teams.{team.id}.department", [team.department], departments)
            known(f"teams.{team.id}.owners", [*team.owners, team.lead], owners)
        for department in self.departments:
            known(f"departments.{department.id}.head", [department.head], owners)
        for touchpoint in self.touchpoints:
            known(f"touchpoints.{touchpoint.id}.team", [touchpoint.team], teams)
        known("default_team", [self.default_team], teams)
        return self

    @model_validator(mode="after")
    def _has_a_deadline_for_each_severity(self) -> Self:
        missing = (
            set(Severity)
            - {Severity.NONE}
            - {severity for severity, segment in self._sla if not segment}
        )
        if missing:
            raise ValueError(f"sla: add a policy for severity {', '.join(sorted(missing))}")
        return self

    @model_validator(mode="after")
    def _has_calendars_to_count_by(self) -> Self:
        calendars = {calendar.id for calendar in self.calendars}
        longest = max((p.longest_hours for p in self.sla if p.clock == "business"), default=None)
        for team in self.teams:
            if team.calendar:
                known(f"teams.{team.id}.calendar", [team.calendar], calendars)
            elif longest is not None:
                raise ValueError(f"teams.{team.id}: sla counts business hours; give it a calendar")
        for calendar in self.calendars:
            weeks = 60 * (longest or 0) / calendar.hours.minutes
            if weeks > _LONGEST_WEEKS:
                raise ValueError(
                    f"calendars.{calendar.id}.hours: the {longest:g} business hours of a policy"
                    f" would take {weeks:.0f} weeks, {_LONGEST_WEEKS} are allowed"
                )
        return self

    @model_validator(mode="after")
    def _escalates_upwards(self) -> Self:
        refuse_disorder(self.escalations)
        return self

    @model_validator(mode="after")
    def _names_themes_of_its_own(self) -> Self:
        themes = {cause.id for cause in self.taxonomy.what}
        for driver in self.drivers:
            known(f"drivers.{driver.id}.themes", driver.themes, themes)
        known("systemic_issues.safety", self.systemic_issues.safety, themes)
        return self

    @cached_property
    def _touchpoints(self) -> dict[str, Touchpoint]:
        return {touchpoint.id: touchpoint for touchpoint in self.touchpoints}

    @cached_property
    def _teams(self) -> dict[str, Team]:
        return {team.id: team for team in self.teams}

    @cached_property
    def _owners(self) -> dict[str, Owner]:
        return {owner.id: owner for owner in self.owners}

    @cached_property
    def _sla(self) -> dict[tuple[Severity, str | None], SlaPolicy]:
        return {(policy.severity, policy.segment): policy for policy in self.sla}

    @cached_property
    def _calendars(self) -> dict[str, BusinessCalendar]:
        return {calendar.id: calendar for calendar in self.calendars}

    @cached_property
    def _absences(self) -> dict[str, list[Absence]]:
        return by_owner(self.absences)

    def scale(self, name: ScaleName) -> Scale:
        """Return where the scale `name` is cut."""
        return self.scales.get(name) or DEFAULT_SCALES[name]

    def team_for(self, touchpoint: str) -> Team:
        """Return the team that answers for `touchpoint`, the default team for an unknown one."""
        known = self._touchpoints.get(touchpoint)
        return self._teams[known.team if known else self.default_team]

    def touchpoint_name(self, touchpoint: str) -> str:
        """Return the name people see; an unknown touchpoint is shown as it was sent."""
        known = self._touchpoints.get(touchpoint)
        return known.name if known else touchpoint

    def owner_name(self, owner: str) -> str:
        """Return the owner's name, the id itself for one who has left the program."""
        known = self._owners.get(owner)
        return known.name if known else owner

    def owner(self, owner: str) -> Owner | None:
        """Return the owner with this id, None for one who is not in the program."""
        return self._owners.get(owner)

    def absence_of(self, owner: str, day: date) -> Absence | None:
        """Return why `owner` is given nothing on `day`, None when they are there."""
        found = self._absences.get(owner, ())
        return next((absence for absence in found if absence.covers(day)), None)

    def skills_for(self, touchpoint: str, severity: Severity) -> tuple[str, ...]:
        """Return the skills that whoever answers needs: none, one or two."""
        known = self._touchpoints.get(touchpoint)
        needed = (known.skill if known else None, self.severity_skills.get(severity))
        return tuple(dict.fromkeys(filter(None, needed)))

    def resolve_hours(self, severity: Severity) -> float:
        """Return how many hours a follow-up of `severity` may take."""
        return self._sla[severity, None].resolve_hours

    def sla_policy(self, severity: Severity, segment: str | None) -> SlaPolicy:
        """Return the policy for `segment`, or the one for all customers where it has none."""
        return self._sla.get((severity, segment)) or self._sla[severity, None]

    def calendar(self, calendar: str) -> BusinessCalendar | None:
        """Return the calendar with this id, None for one that is not in the program."""
        return self._calendars.get(calendar)

    def calendar_of(self, team: str) -> BusinessCalendar | None:
        """Return when `team` works; None where the program does not say, or has no such team."""
        known = self._teams.get(team)
        return self._calendars[known.calendar] if known and known.calendar else None

    def zone_of(self, team: str) -> TimeZone:
        """Return the time zone of `team`'s calendar, the one its deadlines are kept in.

        That of the program where the team has no calendar.
        """
        calendar = self.calendar_of(team)
        return calendar.time_zone if calendar else self.time_zone
