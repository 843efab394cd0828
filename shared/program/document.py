"""What a program says: touchpoints, scales, detection rules, taxonomy, teams, SLA, thresholds.

A program is a YAML document, checked here as a whole: whatever it refers to must be in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    model_validator,
)

from shared.contracts.events import Name, Severity, Tenant

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
ScaleName = Literal["nps", "csat", "ces", "stars", "thumbs", "custom"]


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is no time zone of the IANA database, such as Asia/Vientiane"
        ) from None
    return name


class Part(BaseModel):
    """A part of the document: no unknown keys, no changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Scale(Part):
    """Where a rating scale is cut: detractors up to one value, promoters from another.

    A custom scale is cut in shares of its range, 0 to 1, since each event brings its own ends.
    """

    detractor_max: FiniteFloat
    promoter_min: FiniteFloat

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.detractor_max < self.promoter_min:
            raise ValueError("promoter_min: it should be above detractor_max")
        return self


#: NPS after Reichheld (2003); CSAT and stars by top and bottom two boxes; CES 1-7 by top two
#: and bottom four; a custom range in the NPS's own proportions.
DEFAULT_SCALES: Mapping[ScaleName, Scale] = {
    "nps": Scale(detractor_max=6, promoter_min=9),
    "csat": Scale(detractor_max=2, promoter_min=4),
    "ces": Scale(detractor_max=4, promoter_min=6),
    "stars": Scale(detractor_max=2.5, promoter_min=4),
    "thumbs": Scale(detractor_max=0, promoter_min=1),
    "custom": Scale(detractor_max=0.6, promoter_min=0.9),
}


class Named(Part):
    """Anything with an id and the name that people see."""

    id: Id
    name: Name


class Department(Named):
    """A department; `head` is the person who decides for it."""

    head: Id


class Owner(Named):
    """A frontline owner and the languages (BCP 47) that they can answer in."""

    languages: tuple[str, ...] = ()


class Team(Named):
    """A team of owners, in rotation order, and the department it belongs to."""

    department: Id
    lead: Id
    owners: Annotated[tuple[Id, ...], Field(min_length=1)]


class Touchpoint(Named):
    """Where customers meet the company; `team` answers for it. `id` is what publishers send."""

    team: Id
    journey: Name | None = None


#: The rule that flags a detractor whom no rule of the program mentions.
DEFAULT_RULE = "detractor"


class DetectionRule(Part):
    """Flags an event, or sets its severity, when its condition holds.

    `when` is a CEL expression over the variables in docs/guides/program.md. The rules are read
    in order; the first that holds decides, and its id is cited.
    """

    id: Id
    when: Annotated[str, StringConstraints(min_length=1)]
    severity: Severity
    flag: bool = True
    reason: Name

    @model_validator(mode="after")
    def _says_how_bad(self) -> Self:
        if self.id == DEFAULT_RULE:
            raise ValueError(f"id: {DEFAULT_RULE!r} is the default rule's, take another")
        if self.flag and self.severity is Severity.NONE:
            raise ValueError("severity: a rule that flags should say how bad it is")
        return self


class Cause(Named):
    """One entry of the taxonomy."""


class Taxonomy(Part):
    """What can go wrong (what) and for which reason (why)."""

    what: Annotated[tuple[Cause, ...], Field(min_length=1)]
    why: Annotated[tuple[Cause, ...], Field(min_length=1)]


class SlaPolicy(Part):
    """How long a follow-up of one severity may take until it is resolved, in hours."""

    severity: Severity
    resolve_hours: Annotated[float, Field(gt=0, le=8760)]


class SystemicIssuePolicy(Part):
    """When a root cause becomes a systemic issue: so many customers within so many days."""

    customers: Annotated[int, Field(ge=1)] = 5
    days: Annotated[int, Field(ge=1, le=366)] = 30


class Program(Part):
    """A tenant's whole configuration, in one version."""

    tenant: Tenant
    version: Annotated[int, Field(ge=1)]
    name: Name
    time_zone: Annotated[Name, AfterValidator(_time_zone)] = "UTC"
    departments: Annotated[tuple[Department, ...], Field(min_length=1)]
    owners: Annotated[tuple[Owner, ...], Field(min_length=1)]
    teams: Annotated[tuple[Team, ...], Field(min_length=1)]
    touchpoints: tuple[Touchpoint, ...] = ()
    #: Answers for touchpoints that the program does not know.
    default_team: Id
    scales: dict[ScaleName, Scale] = {}
    rules: tuple[DetectionRule, ...] = ()
    taxonomy: Taxonomy
    sla: Annotated[tuple[SlaPolicy, ...], Field(min_length=1)]
    systemic_issues: SystemicIssuePolicy = SystemicIssuePolicy()

    @model_validator(mode="after")
    def _refers_only_to_what_it_holds(self) -> Self:
        owners, teams = _ids("owners", self.owners), _ids("teams", self.teams)
        departments = _ids("departments", self.departments)
        _ids("touchpoints", self.touchpoints)
        _ids("rules", self.rules)
        _ids("taxonomy.what", self.taxonomy.what)
        _ids("taxonomy.why", self.taxonomy.why)
        for team in self.teams:
            _known(f"teams.{team.id}.department", [team.department], departments)
            _known(f"teams.{team.id}.owners", [*team.owners, team.lead], owners)
        for department in self.departments:
            _known(f"departments.{department.id}.head", [department.head], owners)
        for touchpoint in self.touchpoints:
            _known(f"touchpoints.{touchpoint.id}.team", [touchpoint.team], teams)
        _known("default_team", [self.default_team], teams)
        missing = set(Severity) - {Severity.NONE} - {policy.severity for policy in self.sla}
        if missing:
            raise ValueError(f"sla: add a policy for severity {', '.join(sorted(missing))}")
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
    def _sla(self) -> dict[Severity, SlaPolicy]:
        return {policy.severity: policy for policy in self.sla}

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

    def resolve_hours(self, severity: Severity) -> float:
        """Return how many hours a follow-up of `severity` may take."""
        return self._sla[severity].resolve_hours


def _ids(place: str, parts: Iterable[Named | DetectionRule]) -> set[str]:
    seen: set[str] = set()
    for part in parts:
        if part.id in seen:
            raise ValueError(f"{place}: the id {part.id!r} stands twice")
        seen.add(part.id)
    return seen


def _known(place: str, wanted: Iterable[str], known: set[str]) -> None:
    for name in wanted:
        if name not in known:
            raise ValueError(f"{place}: {name!r} is not in this program")
