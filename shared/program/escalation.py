"""Escalations of a program: who is told when how much of a step's time is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from shared.program.parts import Part

Tells = Literal["owner", "lead", "head"]
SlaStep = Literal["acknowledge", "first_contact", "next_contact", "resolve"]


class Level(IntEnum):
    """How far up a follow-up was told: a higher one has heard of it after the lower ones."""

    NONE = 0
    OWNER = 1
    LEAD = 2
    HEAD = 3

    @classmethod
    def of(cls, tells: Tells) -> Level:
        """Return the level of those who are told."""
        return cls[tells.upper()]


class Escalation(Part):
    """Tells somebody once in a round that a step is not done; reopening begins a new round."""

    step: SlaStep = "resolve"
    """Acknowledge, first_contact, next_contact or resolve; a policy without it has none."""
    share: Annotated[float, Field(gt=0, le=3)]
    """The part of the step's time that is over: 0.5 is half of it, 1 its deadline."""
    tells: Tells
    """Owner reminds whoever has it, lead goes to the team's, head to the department's."""

    @property
    def level(self) -> Level:
        """The level that the follow-up has then."""
        return Level.of(self.tells)


#: What counts where a program says nothing.
DEFAULT_ESCALATIONS = (
    Escalation(share=0.5, tells="owner"),
    Escalation(share=1, tells="lead"),
    Escalation(share=1.5, tells="head"),
)


def refuse_disorder(escalations: Iterable[Escalation]) -> None:
    """Raise ValueError where somebody is told of a step twice, or before those below them."""
    by_step: dict[SlaStep, list[Escalation]] = {}
    for one in escalations:
        by_step.setdefault(one.step, []).append(one)
    for step, rungs in by_step.items():
        _refuse_disorder(step, sorted(rungs, key=lambda one: one.level))


def _refuse_disorder(step: SlaStep, rungs: Sequence[Escalation]) -> None:
    for lower, higher in pairwise(rungs):
        if lower.level is higher.level:
            raise ValueError(f"escalations: the {lower.tells} is told twice of {step}; keep one")
        if higher.share <= lower.share:
            raise ValueError(
                f"escalations: of {step} the {higher.tells} is told at {higher.share:g}, no later"
                f" than the {lower.tells} at {lower.share:g}; give it a greater share"
            )
