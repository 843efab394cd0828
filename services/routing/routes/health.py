"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

from fastapi import APIRouter

from services.routing.routes.deps import DeskOfRequest

routes = APIRouter(include_in_schema=False)


@routes.get("/healthz")
async def is_alive() -> dict[str, str]:
    """Answer while the process lives."""
    return {"status": "ok"}


@routes.get("/readyz")
async def is_ready(desk: DeskOfRequest) -> dict[str, str]:
    """Answer while PostgreSQL does; 503 problem details otherwise."""
    await desk.ping()
    return {"status": "ok"}
