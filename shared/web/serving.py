"""Serves an app over HTTP, in the same way wherever it runs."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp


def serve_app(app: ASGIApp, *, host: str, port: int, goodbye_s: int) -> None:
    """Serve `app` until a signal says stop; requests under way then have `goodbye_s` seconds."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=goodbye_s,
    )
