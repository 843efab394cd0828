"""How customers are contacted: how often somebody tries, and who writes to them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.program.parts import Part


class UnreachableAfter(Part):
    """How often owners try in vain before a customer may count as unreachable."""

    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Attempts since the customer was last reached."""
    days: Annotated[int, Field(ge=1, le=20)] = 2
    """The days, in the program's time zone, that they are spread over."""

    @model_validator(mode="after")
    def _has_an_attempt_for_each_day(self) -> Self:
        if self.days > self.attempts:
            raise ValueError(f"{self.attempts} attempts can't be made on {self.days} days")
        return self


class ContactPolicy(Part):
    """How customers are contacted."""

    unreachable_after: UnreachableAfter = UnreachableAfter()
    """Attempts before a customer may count as unreachable."""
