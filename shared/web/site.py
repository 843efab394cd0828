"""What every service's app is given: problems, headers, sign-in, the shared files, health."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from shared.settings import Settings
from shared.web import problems, signin
from shared.web.auth import check_secret
from shared.web.documented import document_problems
from shared.web.head import AnswersHead
from shared.web.headers import SecurityHeaders
from shared.web.limits import BodyLimit
from shared.web.oidc import routes as oidc
from shared.web.oidc.config import config_of
from shared.web.pages import STATIC, page_templates
from shared.web.scopes import name_scopes

_MAX_BODY_BYTES = 1024 * 1024


def install(app: FastAPI, settings: Settings, *, max_body_bytes: int = _MAX_BODY_BYTES) -> None:
    """Furnish `app`: call it once, in the app's factory.

    Adds /signin, /signout and /static, which every service answers alike behind one ingress.
    Raises SettingsError when the secret is too short to sign with, one-click sign-in would be
    open to others, or the settings of the sign-in provider can't be used.
    """
    check_secret(settings.secret)
    signin.check_one_click(settings)
    config_of(settings)
    app.state.settings = settings
    problems.install(app, page_templates())
    app.add_middleware(AnswersHead)
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes)
    app.add_middleware(SecurityHeaders)
    document_problems(app)
    name_scopes(app)
    app.include_router(signin.routes)
    app.include_router(oidc.routes)
    app.mount("/static", _VersionedFiles(directory=STATIC), name="static")


class _VersionedFiles(StaticFiles):
    """Files whose address changes with their content: a browser may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if scope["query_string"].startswith(b"v="):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
