"""Random teams: who can do what, who is away, who stands in, who has how much to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.routing.domain.assignment import Chosen, Known, Need, assign
from services.routing.domain.roster import roster_of
from shared.program.document import Owner, Program, Team
from tests.integration.routing.company import DOCUMENT

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)
NAMES = ("ann", "bo", "cy", "dee", "eve", "fay")
WAYS = ("account", "continuity", "language", "skill", "place", "segment", "hours")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A program whose first team gets a follow-up, and what is known of the owners."""

    program: Program
    need: Need
    known: Known

    @property
    def team(self) -> Team:
        return self.program.teams[0]

    @property
    def chosen(self) -> Chosen:
        return assign(roster_of(self.program, self.team, NOW), self.need, self.known)

    def owner(self, name: str) -> Owner:
        found = self.program.owner(name)
        assert found is not None
        return found

    def is_away(self, name: str) -> bool:
        return any(
            one.owner == name and one.first_day <= TODAY <= (one.last_day or one.first_day)
            for one in self.program.absences
        )

    def deputy(self, name: str) -> str | None:
        """Return who is there for an absent one, following the deputies by hand."""
        seen = [name]
        while self.is_away(seen[-1]):
            (absence,) = (one for one in self.program.absences if one.owner == seen[-1])
            if absence.deputy is None or absence.deputy in seen:
                return None
            seen.append(absence.deputy)
        return seen[-1]

    @property
    def there(self) -> set[str]:
        """Those of the team who can be given something, deputies among them."""
        return {one for name in self.team.owners if (one := self.deputy(name))}


def program_of(
    owners: list[dict[str, Any]],
    *,
    team: dict[str, Any] | None = None,
    absences: list[dict[str, Any]] | None = None,
    **more: Any,  # noqa: ANN401  (any section of a program)
) -> Program:
    """Return a program with one team of all `owners`, led by the first; `team` replaces parts."""
    named = [{"name": one["id"].title(), **one} for one in owners]
    ids = [one["id"] for one in owners]
    whole = {
        "id": "desk",
        "name": "Desk",
        "department": "care",
        "lead": ids[0],
        "owners": ids,
        **(team or {}),
    }
    return Program.model_validate(
        {
            **DOCUMENT,
            "time_zone": "UTC",
            "departments": [{"id": "care", "name": "Care", "head": ids[-1]}],
            "owners": named,
            "teams": [whole],
            "touchpoints": [{"id": "delivery", "name": "Delivery", "team": "desk"}],
            "default_team": "desk",
            "absences": absences or [],
            **more,
        }
    )


def _few(*words: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), unique=True, max_size=2)


_OWNERS = st.fixed_dictionaries(
    {
        "languages": _few("en", "th-TH", "zh"),
        "skills": _few("refunds", "legal"),
        "places": _few("Lisbon", "Almaty"),
        "segments": _few("gold", "basic"),
        "accounts": _few("A-1", "A-2"),
        "capacity": st.none() | st.integers(1, 4),
    }
)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw a team and a follow-up; absences may make circles, as a stored program's can."""
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    owners = [{"id": name, **draw(_OWNERS)} for name in names]
    ways = draw(st.lists(st.sampled_from(WAYS), unique=True))
    assignment = [{"by": by, "must": by != "hours" and draw(st.booleans())} for by in ways]
    members = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    team = {
        "owners": members,
        "lead": draw(st.sampled_from(names)),
        "assignment": assignment,
    }
    absences = [
        {
            "owner": name,
            "first_day": TODAY - timedelta(days=1),
            "last_day": TODAY + timedelta(days=draw(st.integers(-1, 3))),
            "deputy": draw(st.none() | st.sampled_from([one for one in names if one != name]))
            if len(names) > 1
            else None,
        }
        for name in draw(st.lists(st.sampled_from(names), unique=True))
    ]
    need = Need(
        customer_id="C-1",
        account=draw(st.sampled_from([None, "A-1", "A-9"])),
        language=draw(st.sampled_from([None, "th", "zh-Hant", "lo"])),
        place=draw(st.sampled_from([None, "Lisbon"])),
        segment=draw(st.sampled_from([None, "gold"])),
        skills=draw(st.sampled_from([(), ("refunds",), ("refunds", "legal")])),
    )
    counts = st.dictionaries(st.sampled_from(names), st.integers(0, 5))
    known = Known(
        position=draw(st.integers(0, 50)),
        loads=draw(counts),
        last_owner=draw(st.none() | st.sampled_from(names)),
    )
    return Scene(program=program_of(owners, team=team, absences=absences), need=need, known=known)
