"""One act on many follow-ups, for programs and for the inbox's form, and undoing it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Header
from pydantic import BaseModel, Field, model_validator
from starlette.responses import RedirectResponse, Response

from services.routing.bootstrap import Desk
from services.routing.domain.bulk import MOST_IN_A_BULK, Chosen, Order, Outcome, Report
from services.routing.domain.commands import ChangeFollowUp
from services.routing.domain.issues import Link
from services.routing.domain.ports import Filter
from services.routing.handlers.bulk import BulkRequest, change_many, report_of, undo_bulk
from services.routing.routes.asked import Wanted, filter_of, view_for, wanted
from services.routing.routes.deps import DeskOfRequest, Staff, actor_of, problems
from services.routing.routes.followups import PREFIX
from services.routing.routes.schemas import Taken
from shared.contracts.events import FollowUpState, Name, Severity, Text
from shared.web.auth import Principal
from shared.web.problems import InvalidProblem
from shared.web.programs import program_of
from shared.web.signin import safe_next

Act = Literal["take", "assign", "note", "link"]

api = APIRouter(prefix=PREFIX, tags=["follow-ups"])
pages = APIRouter(include_in_schema=False)


class SeenFollowUp(Taken):
    """A follow-up at the version that was seen."""

    followup_id: UUID
    version: Annotated[int, Field(ge=1)]


class BulkFilter(Taken):
    """All open follow-ups that match, as the list finds them."""

    state: list[FollowUpState] | None = None
    owner: Name | None = None
    team: Name | None = None
    severity: list[Severity] | None = None
    touchpoint: Name | None = None
    language: Name | None = None
    segment: Name | None = None
    rule: Name | None = None
    issue_id: UUID | None = None
    q: Name | None = None

    def filter(self) -> Filter:
        """Return the filter that is meant."""
        return Filter(
            open_only=True,
            states=self.state,
            owner=self.owner,
            teams=[self.team] if self.team else None,
            severities=self.severity,
            touchpoint=self.touchpoint,
            language=self.language,
            segment=self.segment,
            rule=self.rule,
            issue_id=self.issue_id,
            words=(self.q or "").split(),
        )


class BulkChange(Taken):
    """What is to be done to follow-ups that are named, or to all that match a filter."""

    act: Act
    owner: Name | None = None
    note: Text | None = None
    issue_id: UUID | None = None
    items: Annotated[list[SeenFollowUp], Field(max_length=MOST_IN_A_BULK)] | None = None
    matching: BulkFilter | None = None

    @model_validator(mode="after")
    def _names_or_filters(self) -> BulkChange:
        if (self.items is None) == (self.matching is None):
            raise ValueError("give either items or matching")
        return self

    @property
    def chosen(self) -> Chosen:
        """Return which follow-ups are meant."""
        return Chosen(
            items=[(one.followup_id, one.version) for one in self.items or ()],
            matching=self.matching.filter() if self.matching else None,
        )


class BulkItemView(BaseModel):
    """A follow-up that was left alone, and why."""

    followup_id: UUID
    customer: str
    reason: str


class BulkView(BaseModel):
    """What became of a bulk. `undone` and `kept` are what undoing did and left alone."""

    bulk_id: UUID
    act: str
    done: int
    refused: list[BulkItemView]
    undone: int
    kept: list[BulkItemView]
    can_be_undone: bool


@api.post("/bulk")
async def change_followups(
    asked: BulkChange,
    desk: DeskOfRequest,
    who: Staff,
    *,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> BulkView:
    """Take, assign, link or annotate many follow-ups; each is judged by its own rules and version.

    Needs an Idempotency-Key: a repeat under the same key goes on where the first one ended.
    """
    if not idempotency_key:
        raise InvalidProblem(
            "Idempotency-Key is missing.",
            field="Idempotency-Key",
            remedy="Send a header that is unique to this request: repeats are then safe.",
        )
    order = Order(
        act=asked.act,
        command=_command(asked.act, asked, who),
        chosen=asked.chosen,
        key=idempotency_key,
        asked=asked.model_dump_json(),
    )
    return _view_of(await _changed(desk, who, order))


@api.get("/bulk/{bulk_id}")
async def show_bulk(bulk_id: UUID, desk: DeskOfRequest, who: Staff) -> BulkView:
    """Return what became of a bulk of one's own."""
    return _view_of(await read_report(desk, who, bulk_id))


@api.post("/bulk/{bulk_id}/undo")
async def undo(bulk_id: UUID, desk: DeskOfRequest, who: Staff) -> BulkView:
    """Put back owners and states, but for what was changed since; a repeat does no more."""
    return _view_of(await _undone(desk, who, bulk_id))


class BulkForm(BaseModel):
    """What the list's form sends: `item` is id:version, `all` means all that match."""

    do: Act
    owner: str = ""
    note: Text = ""
    issue_id: UUID | Literal[""] = ""
    item: Annotated[list[str], Field(max_length=MOST_IN_A_BULK)] = []
    all: bool = False
    key: Name
    back: str = ""


@pages.post("/inbox/bulk")
async def change_rows(
    desk: DeskOfRequest,
    who: Staff,
    asked: Annotated[Wanted, Depends(wanted)],
    form: Annotated[BulkForm, Form()],
) -> Response:
    """Do what the form asks to the chosen rows, or to all that its address matches."""
    matching = None
    if form.all:
        program, now = await program_of(desk.programs, who), desk.clock.now()
        matching = filter_of(asked, asked.view or view_for(who, program), who, program, now)
    chosen = Chosen(items=[] if form.all else _items(form.item), matching=matching)
    order = Order(
        act=form.do,
        command=_command(form.do, form, who),
        chosen=chosen,
        key=form.key,
        asked=f"{asked.address()} {form.model_dump_json()}",
    )
    return _back_to(form.back, await _changed(desk, who, order))


@pages.post("/inbox/bulk/{bulk_id}/undo")
async def undo_rows(
    bulk_id: UUID, desk: DeskOfRequest, who: Staff, back: Annotated[str, Form()] = ""
) -> Response:
    """Put back what the bulk has changed."""
    return _back_to(back, await _undone(desk, who, bulk_id))


async def read_report(desk: Desk, who: Principal, bulk_id: UUID) -> Report:
    """Return what became of a bulk of the person's own."""
    with problems():
        return await report_of(desk.bulks, who.tenant, bulk_id, actor_of(who))


async def _changed(desk: Desk, who: Principal, order: Order) -> Report:
    request = BulkRequest(tenant=who.tenant, order=order, actor=actor_of(who), actor_name=who.name)
    program = await program_of(desk.programs, who)
    with problems():
        return await change_many(desk.bulks, request, program=program, clock=desk.clock)


async def _undone(desk: Desk, who: Principal, bulk_id: UUID) -> Report:
    with problems():
        return await undo_bulk(
            desk.bulks,
            who.tenant,
            bulk_id,
            actor=actor_of(who),
            actor_name=who.name,
            clock=desk.clock,
        )


def _command(act: Act, given: BulkChange | BulkForm, who: Principal) -> ChangeFollowUp:
    note = (given.note or "").strip() or None
    match act:
        case "take":
            return ChangeFollowUp(owner=who.subject, note=note)
        case "assign":
            if not given.owner:
                raise InvalidProblem("Say who gets them.", field="owner")
            return ChangeFollowUp(owner=given.owner, note=note)
        case "link":
            if not given.issue_id:
                raise InvalidProblem("Say what they belong to.", field="issue_id")
            return ChangeFollowUp(link=Link(issue_id=given.issue_id), note=note)
        case "note":
            if not note:
                raise InvalidProblem("Write the note.", field="note")
            return ChangeFollowUp(note=note)


def _items(given: list[str]) -> list[tuple[UUID, int]]:
    try:
        return [(UUID(one), int(version)) for one, _, version in (i.partition(":") for i in given)]
    except ValueError as error:
        raise InvalidProblem("An item is an id, a colon and a version.", field="item") from error


def _back_to(back: str, report: Report) -> Response:
    place = safe_next(back) if back else "/inbox"
    mark = "&" if "?" in place else "?"
    return RedirectResponse(
        f"{place}{mark}bulk={report.bulk.bulk_id}", status_code=HTTPStatus.SEE_OTHER
    )


def _view_of(report: Report) -> BulkView:
    return BulkView(
        bulk_id=report.bulk.bulk_id,
        act=report.bulk.act,
        done=len(report.those(Outcome.DONE)),
        refused=_left(report, Outcome.REFUSED),
        undone=len(report.those(Outcome.UNDONE)),
        kept=_left(report, Outcome.KEPT),
        can_be_undone=report.can_be_undone,
    )


def _left(report: Report, outcome: Outcome) -> list[BulkItemView]:
    return [
        BulkItemView(followup_id=one.followup_id, customer=one.customer, reason=one.reason or "")
        for one in report.those(outcome)
    ]
