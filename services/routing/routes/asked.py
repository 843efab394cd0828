"""What the address of the inbox asks for, and the filter that it means for one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import AwareDatetime

from services.routing.domain.ports import Filter
from shared.contracts.events import FollowUpState, Name, Severity
from shared.program.document import Program
from shared.web.auth import Principal

View = Literal["mine", "team", "unowned", "all"]
#: Parts of a view: by deadline or by what it waits for.
Due = Literal["any", "overdue", "hour", "today", "waiting", "reopened"]
Days = Annotated[int, Query(ge=1, le=3650)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the address of the list asks for; `view` None is the one that suits the role."""

    view: View | None
    due: Due
    severity: Severity | None
    touchpoint: str | None
    state: FollowUpState | None
    team: str | None
    owner: str | None
    language: str | None
    segment: str | None
    rule: str | None
    older_than_days: int | None
    younger_than_days: int | None
    breach_from: datetime | None
    breach_until: datetime | None
    last_resort: bool
    escalated: bool
    issue: UUID | None
    words: str
    cursor: str | None

    @property
    def narrowing(self) -> Mapping[str, str | int | None]:
        """Return what is asked for besides a view and its part, as the address names it."""
        return {
            "severity": self.severity,
            "touchpoint": self.touchpoint,
            "state": self.state,
            "team": self.team,
            "owner": self.owner,
            "language": self.language,
            "segment": self.segment,
            "rule": self.rule,
            "older": self.older_than_days,
            "younger": self.younger_than_days,
            "breach_from": _written(self.breach_from),
            "breach_until": _written(self.breach_until),
            "resort": "true" if self.last_resort else None,
            "escalated": "true" if self.escalated else None,
            "issue": str(self.issue) if self.issue else None,
            "q": self.words or None,
        }

    def address(self, **changes: str | None) -> str:
        """Return the address of the list with some of it changed, on its first page."""
        asked = {
            "view": self.view,
            "due": None if self.due == "any" else self.due,
            **self.narrowing,
            **changes,
        }
        query = urlencode({name: str(text) for name, text in asked.items() if text})
        return f"/inbox?{query}" if query else "/inbox"

    @property
    def narrows(self) -> bool:
        """Whether more than a view and a due date is asked for."""
        return any(self.narrowing.values())

    @property
    def cleared(self) -> str:
        """Return the address without a filter."""
        return self.address(**dict.fromkeys(self.narrowing))


def wanted(  # noqa: PLR0913  (each is a part of the address)
    *,
    view: View | None = None,
    due: Due = "any",
    severity: Severity | Literal[""] = "",
    touchpoint: Annotated[Name | Literal[""], Query()] = "",
    state: FollowUpState | Literal[""] = "",
    team: Annotated[Name | Literal[""], Query()] = "",
    owner: Annotated[Name | Literal[""], Query()] = "",
    language: Annotated[Name | Literal[""], Query()] = "",
    segment: Annotated[Name | Literal[""], Query()] = "",
    rule: Annotated[Name | Literal[""], Query()] = "",
    older: Days | Literal[""] = "",
    younger: Days | Literal[""] = "",
    breach_from: AwareDatetime | Literal[""] = "",
    breach_until: AwareDatetime | Literal[""] = "",
    resort: bool | Literal[""] = "",
    escalated: bool | Literal[""] = "",
    issue: UUID | Literal[""] = "",
    q: Annotated[Name | Literal[""], Query()] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Wanted:
    """Read the address of the list; a select that was left alone sends nothing."""
    return Wanted(
        view=view,
        due=due,
        severity=severity or None,
        touchpoint=touchpoint or None,
        state=state or None,
        team=team or None,
        owner=owner or None,
        language=language or None,
        segment=segment or None,
        rule=rule or None,
        older_than_days=older or None,
        younger_than_days=younger or None,
        breach_from=breach_from or None,
        breach_until=breach_until or None,
        last_resort=bool(resort),
        escalated=bool(escalated),
        issue=issue or None,
        words=q.strip(),
        cursor=cursor,
    )


def filter_of(asked: Wanted, view: View, who: Principal, program: Program, now: datetime) -> Filter:
    """Return the filter that the address means for one person at one moment."""
    states = [asked.state] if asked.state else None
    due = Filter(open_only=True, states=states)
    match asked.due:
        case "overdue":
            due = replace(due, due_before=now)
        case "hour":
            due = replace(due, due_from=now, due_before=now + timedelta(hours=1))
        case "today":
            due = replace(due, due_from=now, due_before=end_of_day(now, program.time_zone))
        case "waiting":
            due = replace(due, states=_both(states, FollowUpState.WAITING_CUSTOMER))
        case "reopened":
            due = replace(due, states=_both(states, FollowUpState.REOPENED))
        case _:
            pass
    due = replace(
        due,
        due_from=max(filter(None, (due.due_from, asked.breach_from)), default=None),
        due_before=min(filter(None, (due.due_before, asked.breach_until)), default=None),
    )
    return replace(
        _in_view(due, asked, view, who, program),
        severities=[asked.severity] if asked.severity else None,
        touchpoint=asked.touchpoint,
        language=asked.language,
        segment=asked.segment,
        rule=asked.rule,
        opened_from=_days_before(now, asked.younger_than_days),
        opened_before=_days_before(now, asked.older_than_days),
        last_resort=True if asked.last_resort else None,
        escalated=True if asked.escalated else None,
        issue_id=asked.issue,
        words=asked.words.split(),
    )


def view_for(who: Principal, program: Program) -> View:
    """Return where somebody begins: with their own, their team's, or all where they have none."""
    if any(who.subject in team.owners for team in program.teams):
        return "mine"
    return "team" if any(who.subject == team.lead for team in program.teams) else "all"


def _in_view(wanted: Filter, asked: Wanted, view: View, who: Principal, program: Program) -> Filter:
    """Narrow to a view; a team or an owner that is asked for besides must be in it, too."""
    teams = [asked.team] if asked.team else None
    owner = asked.owner
    if view == "team":
        mine = teams_of(who, program)
        teams = mine if teams is None else [team for team in teams if team in mine]
    if view == "mine":
        teams = [] if owner not in {None, who.subject} else teams
        owner = who.subject
    return replace(wanted, teams=teams, owner=owner, unowned=view == "unowned")


def _both(states: Sequence[str] | None, wanted: FollowUpState) -> list[str]:
    return [wanted] if states is None or wanted in states else []


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _days_before(now: datetime, days: int | None) -> datetime | None:
    return now - timedelta(days=days) if days else None


def teams_of(who: Principal, program: Program) -> list[str]:
    """Return the teams that the person owns follow-ups in or leads."""
    return [
        team.id for team in program.teams if who.subject in team.owners or who.subject == team.lead
    ]


def end_of_day(now: datetime, zone: str) -> datetime:
    """Return the next midnight in `zone`."""
    there = now.astimezone(ZoneInfo(zone))
    return datetime.combine(there.date() + timedelta(days=1), time(), tzinfo=there.tzinfo)
