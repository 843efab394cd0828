"""/followups/v1/views: filters of the inbox that somebody keeps, for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import BaseModel, StringConstraints
from starlette.responses import Response

from services.routing.bootstrap import Desk
from services.routing.domain.saved_views import (
    SavedView,
    StaleViewError,
    Viewer,
    ViewWishes,
    may_change,
)
from services.routing.errors import IncompleteError
from services.routing.handlers import viewing
from services.routing.routes.asked import Wanted, teams_of
from services.routing.routes.deps import DeskOfRequest, Staff, problems
from services.routing.routes.followups import PREFIX
from services.routing.routes.saved_filters import LONGEST_QUERY, checked, query_of
from services.routing.routes.schemas import Taken
from shared.contracts.events import Moment, Name
from shared.program.document import Program
from shared.web.auth import Principal
from shared.web.preconditions import etag, expected_version
from shared.web.problems import StaleVersionProblem
from shared.web.programs import program_of

routes = APIRouter(prefix=f"{PREFIX}/views", tags=["views"])

IfMatch = Annotated[str | None, Header()]
Query = Annotated[str, StringConstraints(max_length=LONGEST_QUERY, pattern=r"^[^\x00]*$")]

_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_INVALID: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in", **_PROBLEM},
    422: {"description": "Something is missing or wrong; `errors` lists it", **_PROBLEM},
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: _INVALID[401],
    404: {"description": "No such view, somebody else's own, or another tenant's", **_PROBLEM},
}
_CHANGE_PROBLEMS: dict[int | str, dict[str, Any]] = {
    **_INVALID,
    **_PROBLEMS,
    400: {"description": "If-Match is no entity tag", **_PROBLEM},
    403: {"description": "Its maker and the team's lead change it", **_PROBLEM},
    412: {"description": "Changed meanwhile; the ETag is the present one", **_PROBLEM},
    428: {"description": "If-Match is missing", **_PROBLEM},
}


class NewView(Taken):
    """A view to keep. `query` is what stands behind the list's question mark."""

    name: Name
    query: Query = ""
    team: Name | None = None


class ViewPatch(Taken):
    """What is to be different: what is absent stays; `team` null ends the sharing."""

    name: Name | None = None
    query: Query | None = None
    team: Name | None = None


class ViewView(BaseModel):
    """A view as it stands. `version` is its ETag; `address` opens it.

    `address` is null when its filter does not work any more, and `fault` then says why.
    """

    view_id: UUID
    version: int
    name: str
    query: str
    address: str | None
    fault: str | None
    team: str | None
    maker: str
    maker_name: str
    can_change: bool
    created_at: Moment
    changed_at: Moment


class ViewList(BaseModel):
    """All views that somebody sees: their own first, then their teams', by name."""

    items: list[ViewView]


@routes.get("", responses={401: _INVALID[401]})
async def list_views(desk: DeskOfRequest, who: Staff) -> ViewList:
    """Return one's own views and those that are shared with one's teams."""
    program = await program_of(desk.programs, who)
    return ViewList(items=await views_seen(desk, who, program))


@routes.post("", status_code=201, responses=_INVALID)
async def create_view(
    new: NewView, response: Response, desk: DeskOfRequest, who: Staff
) -> ViewView:
    """Keep a filter under a name. Only a team's lead shares one with the team."""
    program = await program_of(desk.programs, who)
    wishes = ViewWishes(name=new.name, query=new.query, team=new.team, shares=True)
    with view_problems():
        view = await keep(desk, who, program, wishes)
    response.headers["ETag"] = etag(view.version)
    response.headers["Location"] = f"{routes.prefix}/{view.view_id}"
    return view_of(view, viewer_of(who, program), program)


@routes.get("/{view_id}", responses=_PROBLEMS)
async def show_view(view_id: UUID, response: Response, desk: DeskOfRequest, who: Staff) -> ViewView:
    """Return one view; its ETag is what a change names in If-Match."""
    program = await program_of(desk.programs, who)
    viewer = viewer_of(who, program)
    with view_problems():
        view = await viewing.read_view(desk.views, who.tenant, viewer, view_id)
    response.headers["ETag"] = etag(view.version)
    return view_of(view, viewer, program)


@routes.patch("/{view_id}", responses=_CHANGE_PROBLEMS)
async def patch_view(
    view_id: UUID,
    patch: ViewPatch,
    response: Response,
    desk: DeskOfRequest,
    who: Staff,
    *,
    if_match: IfMatch = None,
) -> ViewView:
    """Rename a view, change its filter, share it or end the sharing."""
    version = expected_version(if_match)
    program = await program_of(desk.programs, who)
    wishes = ViewWishes(
        name=patch.name,
        query=patch.query,
        team=patch.team,
        shares="team" in patch.model_fields_set,
    )
    with view_problems():
        view = await change(desk, who, program, view_id, version, wishes)
    response.headers["ETag"] = etag(view.version)
    return view_of(view, viewer_of(who, program), program)


@routes.delete("/{view_id}", status_code=204, responses=_CHANGE_PROBLEMS)
async def delete_view(
    view_id: UUID, desk: DeskOfRequest, who: Staff, *, if_match: IfMatch = None
) -> Response:
    """Forget a view."""
    version = expected_version(if_match)
    viewer = viewer_of(who, await program_of(desk.programs, who))
    with view_problems():
        await viewing.delete_view(desk.views, who.tenant, viewer, view_id, version=version)
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def views_seen(desk: Desk, who: Principal, program: Program) -> list[ViewView]:
    """Return all views that somebody sees, as they stand under the program."""
    viewer = viewer_of(who, program)
    found: Sequence[SavedView] = await viewing.views_of(desk.views, who.tenant, viewer)
    return [view_of(one, viewer, program) for one in found]


async def keep(desk: Desk, who: Principal, program: Program, wishes: ViewWishes) -> SavedView:
    """Keep a new view; raises IncompleteError."""
    return await viewing.keep_view(
        desk.views, who.tenant, viewer_of(who, program), _checked(wishes, program), desk.clock
    )


async def change(
    desk: Desk, who: Principal, program: Program, view_id: UUID, version: int, wishes: ViewWishes
) -> SavedView:
    """Change a view; raises RoutingError for what is refused."""
    return await viewing.change_view(
        desk.views,
        who.tenant,
        viewer_of(who, program),
        view_id,
        version=version,
        wishes=_checked(wishes, program),
        clock=desk.clock,
    )


def viewer_of(who: Principal, program: Program) -> Viewer:
    """Return the principal as views know people; a CX admin stands for every team's lead."""
    is_admin = "cx_admin" in who.roles
    leads = frozenset(team.id for team in program.teams if is_admin or team.lead == who.subject)
    return Viewer(
        subject=who.subject,
        name=who.name,
        sees=leads.union(teams_of(who, program)),
        leads=leads,
    )


def view_of(view: SavedView, viewer: Viewer, program: Program) -> ViewView:
    """Return a view as the API and the pages show it."""
    asked, fault = _opened(view, program)
    return ViewView(
        view_id=view.view_id,
        version=view.version,
        name=view.name,
        query=view.query,
        address=asked.address() if asked else None,
        fault=fault,
        team=view.team,
        maker=view.maker,
        maker_name=view.maker_name,
        can_change=may_change(view, viewer),
        created_at=view.created_at,
        changed_at=view.changed_at,
    )


@contextmanager
def view_problems() -> Iterator[None]:
    """Turn what the service refuses about views into problem details."""
    with problems():
        try:
            yield
        except StaleViewError as error:
            raise StaleVersionProblem(
                error.detail,
                remedy=error.remedy,
                headers={"ETag": etag(error.current.version)},
            ) from error


def _checked(wishes: ViewWishes, program: Program) -> ViewWishes:
    if wishes.query is None:
        return wishes
    return replace(wishes, query=query_of(checked(wishes.query, program)))


def _opened(view: SavedView, program: Program) -> tuple[Wanted | None, str | None]:
    try:
        return checked(view.query, program), None
    except IncompleteError as error:
        return None, error.detail
