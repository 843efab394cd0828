"""What the lead's desk says: each number with the list that holds its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from uuid import UUID

from services.routing.domain.desk import HOUR, Band, Hour, Lesson, Member, Standing
from services.routing.routes.measure_schemas import Told
from shared.program.document import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """What a desk shows at the moment `at`, of `team` or of all."""

    at: datetime
    team: str | None
    standing: Standing
    members: Sequence[Member]
    lessons: Sequence[Lesson]


class NumberView(Told):
    """A number, and the address of the list that holds its rows."""

    n: int
    rows: str


class StripView(Told):
    """What a lead looks at first."""

    unowned: NumberView
    within_an_hour: NumberView
    """Their next deadline runs out within an hour."""
    breached: NumberView
    """A deadline has run out."""
    reopened: NumberView
    last_resort: NumberView
    """Given to the lead, because nobody of the team could be given it."""
    escalated: NumberView
    """The lead, or the department's head, was told."""
    away_with_load: NumberView
    """People of the team who are absent and have open follow-ups."""


class HourView(NumberView):
    """The follow-ups whose next deadline runs out within one hour from `start`."""

    start: datetime
    paused: NumberView
    """Those of them that wait for the customer: the time of one who does not answer."""
    is_closed: bool
    """None of the teams works in that hour."""


class BandView(NumberView):
    """The follow-ups that have been open for at least `older` and less than `younger` days."""

    older: int | None
    younger: int | None


class MemberView(Told):
    """Somebody of the team, with what they have open in all their teams."""

    id: str
    name: str
    teams: Sequence[str]
    open: NumberView
    is_exact: bool
    """Whether `open` is the whole number: counting stops at 1,000."""
    late: NumberView
    capacity: int | None
    """How many they can have at once; without, there is no limit."""
    is_full: bool
    works_at: datetime | None
    """Now, or when they next begin to work; null while they are absent."""
    away_until: date | None
    stands_in_for: Sequence[str]
    deputy: str | None


class LessonView(Told):
    """A follow-up worth talking about with its owner."""

    followup_id: UUID
    rows: str
    owner: str | None
    customer: str
    touchpoint: str
    is_unhappy: bool
    """The customer said so when asked again; otherwise it was reopened."""
    since: datetime


class DeskView(Told):
    """How the open follow-ups stand. `breached`, the hours and `later` are all that is open, and
    so are the ages."""

    at: datetime
    team: str | None
    open: NumberView
    is_exact: bool
    """False where more is open than is read: then all numbers but those of people count the
    20,000 whose time runs out first."""
    paused: NumberView
    strip: StripView
    hours: Sequence[HourView]
    later: NumberView
    ages: Sequence[BandView]
    people: Sequence[MemberView]
    lessons: Sequence[LessonView]


def desk_view_of(desk: Desktop, program: Program) -> DeskView:
    """Return the desk as it is sent and drawn."""
    now, what = desk.standing, _Lists(desk.team)
    return DeskView(
        at=desk.at,
        team=desk.team,
        open=what.number(now.open),
        is_exact=now.is_exact,
        paused=what.number(now.paused, due="waiting"),
        strip=_strip(desk, what),
        hours=[_hour(hour, what) for hour in now.hours],
        later=what.number(now.later, breach_from=_end(now).isoformat()),
        ages=[_band(band, what) for band in now.ages],
        people=[_member(one) for one in desk.members],
        lessons=[_lesson(one, program) for one in desk.lessons],
    )


@dataclass(frozen=True, slots=True)
class _Lists:
    """Makes addresses of the inbox, of one team or of all."""

    team: str | None

    def number(self, n: int, **asked: str | int | None) -> NumberView:
        return NumberView(n=n, rows=self.rows(**asked))

    def rows(self, **asked: str | int | None) -> str:
        return _address({"view": "all", "team": self.team, **asked})


def _address(asked: Mapping[str, str | int | None]) -> str:
    return f"/inbox?{urlencode({name: one for name, one in asked.items() if one is not None})}"


def _strip(desk: Desktop, what: _Lists) -> StripView:
    now = desk.standing
    away = sum(one.is_away_with_load for one in desk.members)
    return StripView(
        unowned=what.number(now.unowned, view="unowned"),
        within_an_hour=what.number(now.within_an_hour, due="hour"),
        breached=what.number(now.breached, due="overdue"),
        reopened=what.number(now.reopened, due="reopened"),
        last_resort=what.number(now.last_resort, resort="true"),
        escalated=what.number(now.escalated, escalated="true"),
        away_with_load=NumberView(n=away, rows="#people"),
    )


def _end(now: Standing) -> datetime:
    return now.hours[-1].start + HOUR


def _hour(hour: Hour, what: _Lists) -> HourView:
    within = {
        "breach_from": hour.start.isoformat(),
        "breach_until": (hour.start + HOUR).isoformat(),
    }
    return HourView(
        n=hour.n,
        rows=what.rows(**within),
        start=hour.start,
        paused=what.number(hour.paused, due="waiting", **within),
        is_closed=hour.is_closed,
    )


def _band(band: Band, what: _Lists) -> BandView:
    return BandView(
        n=band.n,
        rows=what.rows(older=band.older, younger=band.younger),
        older=band.older,
        younger=band.younger,
    )


def _member(one: Member) -> MemberView:
    theirs = {"view": "all", "owner": one.owner.id}
    return MemberView(
        id=one.owner.id,
        name=one.owner.name,
        teams=one.teams,
        open=NumberView(n=one.load.open.number, rows=_address(theirs)),
        is_exact=one.load.open.is_exact,
        late=NumberView(n=one.load.late.number, rows=_address({**theirs, "due": "overdue"})),
        capacity=one.owner.capacity,
        is_full=one.is_full,
        works_at=one.works_at,
        away_until=one.away_until,
        stands_in_for=one.stands_in_for,
        deputy=one.deputy,
    )


def _lesson(one: Lesson, program: Program) -> LessonView:
    return LessonView(
        followup_id=one.followup_id,
        rows=f"/inbox/{one.followup_id}",
        owner=program.owner_name(one.owner) if one.owner else None,
        customer=one.customer,
        touchpoint=program.touchpoint_name(one.touchpoint),
        is_unhappy=one.is_unhappy,
        since=one.since,
    )
