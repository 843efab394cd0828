"""Which methods an address takes, whatever route takes them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import Match

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def allowed_methods(request: Request) -> str:
    """Return what `Allow` says of the request's address (RFC 9110, section 10.2.1).

    Starlette names the methods of the first route that has the address, and another one may take
    another method.
    """
    return ", ".join(method for method in _METHODS if _is_taken(request, method))


def _is_taken(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)
