"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

from fastapi import APIRouter

from services.scoring.routes.deps import Opened

routes = APIRouter(include_in_schema=False)


@routes.get("/healthz")
async def is_alive() -> dict[str, str]:
    """Answer while the process lives."""
    return {"status": "ok"}


@routes.get("/readyz")
async def is_ready(opened: Opened) -> dict[str, str]:
    """Answer while PostgreSQL does; 503 problem details otherwise."""
    await opened.pool.fetchval("SELECT 1", timeout=2)
    return {"status": "ok"}
