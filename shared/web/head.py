"""HEAD: is anybody there?"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class AnswersHead:
    """Answers HEAD for every address but a file's, without looking at what stands there.

    A page that found nobody asks so before it sends a form (static/sending.js): what was typed then
    stays where it was. FastAPI would refuse HEAD, and running the page for it would cost as
    much as showing it.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 204, or hand the request on."""
        is_asked = scope["type"] == "http" and scope["method"] == "HEAD"
        if is_asked and not scope["path"].startswith("/static/"):
            await Response(status_code=HTTPStatus.NO_CONTENT)(scope, receive, send)
        else:
            await self.app(scope, receive, send)
