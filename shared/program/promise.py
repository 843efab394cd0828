"""What customers see of their case, on the page that their own link opens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.program.parts import Part

Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()/-]{2,30}$")]


class PromisePage(Part):
    """The promise page: who is named on it, whom one can call, how long its link works."""

    shows: Literal["first_name", "team"] = "first_name"
    """Who has the case: the owner's first name with the team, or the team alone."""
    phone: Phone | None = None
    """A number that customers can call to speak to a person."""
    expires_days: Annotated[int, Field(ge=1, le=3660)] = 90
    """The link works for so many days after the case last changed, once nobody has to act."""
