"""The part of the inbox that shows saved views, and keeps the list at hand as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.routing.bootstrap import Desk
from services.routing.domain.saved_views import LONGEST_NAME
from services.routing.routes.asked import View, Wanted
from services.routing.routes.saved_filters import query_of
from services.routing.routes.saved_views import ViewView, viewer_of, views_seen
from shared.program.document import Program
from shared.web.auth import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPart:
    """What the page shows: the views, the query at hand, and with whom one may share, by id.

    `addressed` is the query as the address has it, which may leave out what suits the role.
    """

    views: Sequence[ViewView]
    query: str
    addressed: str
    teams: Mapping[str, str]
    longest_name: int = field(default=LONGEST_NAME)

    @property
    def is_kept(self) -> bool:
        """Whether the list at hand is one of the views."""
        return any(self.is_current(one) for one in self.views)

    def is_current(self, view: ViewView) -> bool:
        """Whether the view is the list at hand."""
        return view.fault is None and view.query in {self.query, self.addressed}


async def saved_part(
    desk: Desk, who: Principal, program: Program, asked: Wanted, view: View
) -> SavedPart:
    """Return the part for the list that is `asked` for, in the `view` that this means."""
    return SavedPart(
        views=await views_seen(desk, who, program),
        query=query_of(replace(asked, view=view)),
        addressed=query_of(asked),
        teams=teams_to_share_with(who, program),
    )


def teams_to_share_with(who: Principal, program: Program) -> Mapping[str, str]:
    """Return the teams that somebody may share a view with: names by id."""
    leads = viewer_of(who, program).leads
    return {team.id: team.name for team in program.teams if team.id in leads}
