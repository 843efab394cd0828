"""`python -m deploy.image.serve SERVICE`: the API of one service, as production runs it."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from fastapi import FastAPI

from deploy.cli.servers import find_settings
from shared.errors import ClosedLoopError
from shared.settings import Settings
from shared.telemetry.log import configure
from shared.web.serving import serve_app

SERVICES = ("ingest", "scoring", "routing", "outer_loop")

_EVERYWHERE = "0.0.0.0"  # noqa: S104  (a container's own network; what is published is its host's)
_GOODBYE_S = 10


def main() -> None:
    """Serve until a signal says stop; a setting that cannot be used is one line and exit code 1."""
    wanted = _parser().parse_args()
    try:
        serve(wanted.service, find_settings(), host=wanted.host, port=wanted.port)
    except ClosedLoopError as error:
        sys.exit(f"closedloop: {error}")


def serve(service: str, settings: Settings, *, host: str, port: int) -> None:
    """Serve the API of `service` until a signal says stop."""
    configure(settings.log_format, process=f"{service}-api")
    serve_app(app_of(service, settings), host=host, port=port, goodbye_s=_GOODBYE_S)


def app_of(service: str, settings: Settings) -> FastAPI:
    """Return the app of `service`; the code of the other services is not loaded."""
    app: FastAPI = import_module(f"services.{service}.app").create_app(settings)
    return app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The API of one service.")
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--host", default=_EVERYWHERE)
    parser.add_argument("--port", type=int, default=8000)
    return parser


if __name__ == "__main__":
    main()
