"""What the board's pages share: templates, the stylesheet, notices."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from services.outer_loop.routes import causes_picture, names, pictures
from shared.web.pages import page_templates

_HERE = Path(__file__).parents[1]
_STYLE = _HERE / "static" / "board.css"
_TEMPLATES = page_templates(_HERE / "templates")

#: What the redirect after a change tells the next page to say.
NOTICES = {
    "proposed": "The plan is proposed. Send it to review when the items are right.",
    "moved": "The plan was moved.",
    "done": "The items are marked as done.",
    "designed": "What will be measured is set.",
    "approved": "Your approval is recorded.",
    "telling_kept": "Kept. Look at it as customers will read it, and send it when it is right.",
    "telling_sent": "It is on its way; below stands what becomes of it.",
    "rejected": "Your rejection is recorded, with its reason. The plan is rejected.",
}

routes = APIRouter(include_in_schema=False)


@routes.get("/board/board.css")
async def stylesheet() -> Response:
    """Give the board's own rules, beside the shared look."""
    keep = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(_STYLE, media_type="text/css", headers=keep)


def render(
    request: Request, template: str, context: dict[str, Any], *, status: int = HTTPStatus.OK
) -> Response:
    """Return a page; `?notice=` names one of the notices above."""
    notice = NOTICES.get(request.query_params.get("notice", ""), "")
    return _TEMPLATES.TemplateResponse(
        request, template, {"notice": notice} | context, status_code=status
    )


def _furnish() -> None:
    version = hashlib.sha256(_STYLE.read_bytes()).hexdigest()[:10]
    words = _TEMPLATES.env
    words.globals["board_css"] = f"/board/board.css?v={version}"
    words.globals["spark"] = pictures.spark
    words.globals["weekly_bars"] = pictures.weekly_bars
    words.globals["share_bar"] = pictures.share_bar
    words.globals["pareto"] = causes_picture.pareto
    words.globals["count"] = names.count
    words.filters["day"] = names.day
    words.filters["local_day"] = names.local_day
    words.filters["state"] = names.state


_furnish()
