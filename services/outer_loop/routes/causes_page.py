"""/board/causes: what goes wrong most, and where, from what owners confirm and scoring reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.outer_loop.bootstrap import Board
from services.outer_loop.domain.seeing import FEWEST, RankedCause, heat, reached
from services.outer_loop.routes.deps import BoardAtHand, Reader, today
from services.outer_loop.routes.issues import check_period
from services.outer_loop.routes.names import Names
from services.outer_loop.routes.pages import render
from shared.program.document import Program
from shared.web.auth import Principal
from shared.web.days import Day
from shared.web.programs import program_of
from shared.web.tables import csv_response

routes = APIRouter(include_in_schema=False)

By = Literal["what", "why"]

_DAYS_BY_DEFAULT = 90
_COLUMNS = ("cause", "confirmed_customers", "share_up_to_here", "suggested_customers", "weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which days, both inside, and by what."""

    first: date
    last: date
    by: By

    @property
    def table(self) -> str:
        """Return the address of the same as a table to take away."""
        parts = {"from": self.first.isoformat(), "to": self.last.isoformat(), "by": self.by}
        return f"/board/causes.csv?{urlencode(parts)}"


async def asked_of(
    board: BoardAtHand,
    reader: Reader,
    start: Annotated[Day | Literal[""], Query(alias="from")] = "",
    to: Day | Literal[""] = "",
    by: By = "what",
) -> Asked:
    """Read the address; without days it is about the last 90. Raises a problem for no period."""
    program = await program_of(board.programs, reader)
    last = to or today(board, program)
    first = start or last - timedelta(days=_DAYS_BY_DEFAULT - 1)
    check_period(first, last)
    return Asked(first=first, last=last, by=by)


AskedFor = Annotated[Asked, Depends(asked_of)]


@routes.get("/board/causes")
async def show_causes(
    request: Request, board: BoardAtHand, reader: Reader, asked: AskedFor
) -> Response:
    """Show causes by how many customers met them, and causes by touchpoint."""
    program = await program_of(board.programs, reader)
    names = Names(program)
    async with board.reads.of(reader.tenant) as reads:
        until = await reads.data_until(board.clock.now())
    async with board.causes.of(reader.tenant) as causes:
        heard = await causes.heard(asked.first, asked.last)
        cells = await causes.causes("what_at", asked.first, asked.last)
    met = {(one.name, one.at): one.confirmed for one in cells if one.confirmed}
    lines = await _lines(board, reader, asked, program)
    return render(
        request,
        "causes.html",
        {
            "asked": asked,
            "lines": lines,
            "heat": heat(met, {place: said.feedback for place, said in heard.items()}),
            "whats": _in_order(lines, [what for what, _ in met]) if asked.by == "what" else [],
            "places": sorted({at for _, at in met}, key=names.touchpoint),
            "heard": heard,
            "n": sum(said.feedback for said in heard.values()),
            "names": names,
            "program": program,
            "until": until,
            "fewest": FEWEST,
        },
    )


@routes.get("/board/causes.csv")
async def give_causes(board: BoardAtHand, reader: Reader, asked: AskedFor) -> Response:
    """Give the causes as a table for spreadsheets."""
    program = await program_of(board.programs, reader)
    lines = await _lines(board, reader, asked, program)
    return csv_response(
        f"causes-{asked.first}-{asked.last}",
        _COLUMNS,
        [
            (
                one.name,
                one.confirmed,
                round(one.reached, 4),
                one.suggested,
                round(one.weight, 3),
            )
            for one in lines
        ],
    )


async def _lines(
    board: Board, reader: Principal, asked: Asked, program: Program
) -> Sequence[RankedCause]:
    names = Names(program)
    say = names.what if asked.by == "what" else names.why
    async with board.causes.of(reader.tenant) as causes:
        counts = await causes.causes(asked.by, asked.first, asked.last)
    shares = reached([one.confirmed for one in counts])
    return [
        RankedCause(
            id=one.name,
            name=say(one.name),
            confirmed=one.confirmed,
            suggested=one.suggested,
            weight=one.weight,
            reached=share,
        )
        for one, share in zip(counts, shares, strict=True)
    ]


def _in_order(lines: Sequence[RankedCause], wanted: Sequence[str]) -> Sequence[str]:
    known = frozenset(wanted)
    return [one.id for one in lines if one.id in known]
