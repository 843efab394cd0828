"""What the company states about customers who leave: what an effect's worth rests on."""

from __future__ import annotations

from dataclasses import dataclass

from services.outer_loop.domain.impact.design import InvalidDesignError


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What the company states; none of it is estimated here.

    `customers` passed the touched groups in the weeks after the change, listened to or not.
    `leaving` is the share (0 to 1) that is lost more of customers whom the metric counts, or
    for each point less of the mean score. `worth` is a customer's lifetime value, and `cost`
    that of the change, both in `currency`.
    """

    customers: int
    leaving: float
    worth: float
    cost: float
    currency: str

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            InvalidDesignError: with the field and what to write instead.
        """
        if not 0 <= self.leaving <= 1:
            raise InvalidDesignError(
                f"leaving is {self.leaving:g}.", field="leaving", remedy="Give a share, 0 to 1."
            )
        for field in ("customers", "worth", "cost"):
            if getattr(self, field) < 0:
                raise InvalidDesignError(
                    f"{field} is negative.", field=field, remedy="Give 0 or more."
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float
