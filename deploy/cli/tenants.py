"""Whose data a command works on."""

from __future__ import annotations

from shared.errors import ClosedLoopError
from shared.program.store import ProgramStore


async def the_tenant(programs: ProgramStore, named: str | None) -> str:
    """Return the tenant that is named, or the only one that there is.

    Raises ClosedLoopError when there is none of that name, or a name is needed.
    """
    tenants = sorted({one.tenant for one in await programs.activations()})
    if named in tenants or (named is None and len(tenants) == 1):
        return named or tenants[0]
    names = f"Name one: --tenant {'|'.join(tenants)}." if tenants else "Activate a program first."
    if named is None:
        raise ClosedLoopError(f"There are {len(tenants)} tenants with a program.", remedy=names)
    raise ClosedLoopError(f"There is no tenant {named!r} with a program.", remedy=names)
