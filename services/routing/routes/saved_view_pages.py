"""/inbox/views: one's saved views on a page; kept, renamed, shared and deleted by its forms."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.routing.bootstrap import Desk
from services.routing.domain.saved_views import LONGEST_NAME, UnknownViewError, ViewWishes
from services.routing.errors import IncompleteError, RoutingError
from services.routing.handlers import viewing
from services.routing.routes import wording
from services.routing.routes.deps import DeskOfRequest, Staff
from services.routing.routes.inbox import PAGES
from services.routing.routes.inbox_views import teams_to_share_with
from services.routing.routes.saved_views import (
    Query,
    change,
    keep,
    view_problems,
    viewer_of,
    views_seen,
)
from shared.contracts.events import Text
from shared.program.document import Program
from shared.web.auth import Principal
from shared.web.programs import program_of

routes = APIRouter(include_in_schema=False)

PAGE = "/inbox/views"


class NewViewForm(BaseModel):
    """What the inbox's form sends; without a team the view is not shared."""

    name: Text
    query: Query = ""
    team: str = ""


class ViewForm(BaseModel):
    """What a view's form sends."""

    do: Literal["change", "delete"]
    version: int
    name: Text = ""
    team: str = ""


@routes.get(PAGE)
async def show_views(request: Request, desk: DeskOfRequest, who: Staff, done: str = "") -> Response:
    """Show all views that one sees, and what can be done about them."""
    program = await program_of(desk.programs, who)
    notice = wording.DONE.get(done, "")
    return PAGES.TemplateResponse(
        request, "views.html", {**await _context(desk, who, program), "notice": notice}
    )


@routes.post(PAGE)
async def keep_here(
    request: Request, desk: DeskOfRequest, who: Staff, form: Annotated[NewViewForm, Form()]
) -> Response:
    """Keep the inbox's list as a view; refused, show the form again with what was typed."""
    program = await program_of(desk.programs, who)
    wishes = ViewWishes(name=form.name, query=form.query, team=form.team or None, shares=True)
    try:
        view = await keep(desk, who, program, wishes)
    except IncompleteError as error:
        context = await _context(desk, who, program) | {"refused": error, "new": form}
        return PAGES.TemplateResponse(
            request, "views.html", context, status_code=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    return _see_other(f"/inbox?{view.query}&done=view_kept")


@routes.post(f"{PAGE}/{{view_id}}")
async def change_here(
    request: Request,
    view_id: UUID,
    desk: DeskOfRequest,
    who: Staff,
    form: Annotated[ViewForm, Form()],
) -> Response:
    """Rename, share or delete a view; refused, show the page again with what was typed."""
    program = await program_of(desk.programs, who)
    try:
        await _done(desk, who, program, view_id, form)
    except RoutingError as error:
        return await _refused(request, desk, who, program, view_id, form, error)
    return _see_other(f"{PAGE}?done=view_{'deleted' if form.do == 'delete' else 'changed'}")


async def _done(
    desk: Desk, who: Principal, program: Program, view_id: UUID, form: ViewForm
) -> None:
    if form.do == "delete":
        viewer = viewer_of(who, program)
        await viewing.delete_view(desk.views, who.tenant, viewer, view_id, version=form.version)
        return
    wishes = ViewWishes(name=form.name, team=form.team or None, shares=True)
    await change(desk, who, program, view_id, form.version, wishes)


async def _refused(
    request: Request,
    desk: Desk,
    who: Principal,
    program: Program,
    view_id: UUID,
    form: ViewForm,
    error: RoutingError,
) -> Response:
    if isinstance(error, UnknownViewError):
        with view_problems():
            raise error
    context = await _context(desk, who, program)
    status = (
        HTTPStatus.UNPROCESSABLE_ENTITY
        if isinstance(error, IncompleteError)
        else HTTPStatus.CONFLICT
    )
    return PAGES.TemplateResponse(
        request,
        "views.html",
        {**context, "refused": error, "about": view_id, "typed": form},
        status_code=status,
    )


async def _context(desk: Desk, who: Principal, program: Program) -> dict[str, Any]:
    return {
        "views": await views_seen(desk, who, program),
        "who": who.subject,
        "teams": teams_to_share_with(who, program),
        "team_names": {team.id: team.name for team in program.teams},
        "longest_name": LONGEST_NAME,
        "refused": None,
        "about": None,
        "typed": None,
        "new": None,
    }


def _see_other(place: str) -> Response:
    return RedirectResponse(place, status_code=HTTPStatus.SEE_OTHER)
