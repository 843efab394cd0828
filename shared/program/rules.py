"""Detection rules: which events somebody should answer, and how bad they are."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from shared.contracts.events import Name, Severity
from shared.program.parts import Id, Part

#: The rule that flags a detractor whom no rule of the program mentions.
DEFAULT_RULE = "detractor"


class DetectionRule(Part):
    """Flags an event, or sets its severity, when its condition holds.

    `when` is a CEL expression over the variables in docs/guides/program.md. The rules are read
    in order; the first that holds decides, and its id is cited.
    """

    id: Id
    """What every score cites that the rule has decided."""
    when: Annotated[str, StringConstraints(min_length=1)]
    """A CEL expression that answers yes or no, such as: category == 'detractor'."""
    severity: Severity
    """How bad it is for the customer."""
    flag: bool = True
    """Whether somebody should answer: it opens a follow-up."""
    reason: Name
    """Why, in words that the owner reads."""

    @model_validator(mode="after")
    def _says_how_bad(self) -> Self:
        if self.id == DEFAULT_RULE:
            raise ValueError(f"id: {DEFAULT_RULE!r} is the default rule's, take another")
        if self.flag and self.severity is Severity.NONE:
            raise ValueError("severity: a rule that flags should say how bad it is")
        return self


class CoCreation(Part):
    """Which customers may be asked to help make things better."""

    when: Annotated[str, StringConstraints(min_length=1)]
    """A CEL expression, such as: category == 'promoter' && has_text."""

    @property
    def rule(self) -> DetectionRule:
        """The condition as a rule, which flags nobody."""
        return DetectionRule(
            id="co_creation",
            when=self.when,
            severity=Severity.NONE,
            flag=False,
            reason="May be asked to help make things better",
        )
