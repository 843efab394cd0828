"""Whose data a command works on."""

from __future__ import annotations

from shared.errors import ClosedLoopError
from shared.program.store import ProgramStore


async def the_tenant(programs: ProgramStore, named: str | None) -> str:
    """Return the tenant that is named, or the only one that there is.

    Raises ClosedLoopError when there is none of that name, or a name is needed.
    """
    tenants = sorted({one.tenant for one in await programs.history()})
    if named in tenants or (named is None and len(tenants) == 1):
        return named or tenants[0]
    if not tenants:
        raise ClosedLoopError("No tenant has a program.", remedy="Activate one first.")
    has = f"There are {len(tenants)} tenants with a program"
    fault = has if named is None else f"There is no tenant {named!r} with a program"
    raise ClosedLoopError(f"{fault}.", remedy=f"Name one: --tenant {'|'.join(tenants)}.")
