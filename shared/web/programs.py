"""The program that pages and answers of a tenant go by."""

from __future__ import annotations

from shared.program.document import Program
from shared.program.store import ProgramStore
from shared.web.auth import Principal
from shared.web.problems import ConflictProblem


async def program_of(programs: ProgramStore, who: Principal) -> Program:
    """Return the active program of the principal's tenant; raises Problem without one."""
    active = await programs.active_for([who.tenant])
    if who.tenant not in active:
        raise ConflictProblem(
            f"The tenant {who.tenant} has no active program yet.",
            remedy="A CX admin activates one: closedloop program activate FILE.",
        )
    return active[who.tenant]
