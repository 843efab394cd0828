"""What an effect is worth: customers kept and money, by what the company states about leaving."""

from __future__ import annotations

from dataclasses import dataclass

from services.outer_loop.domain.impact.design import ImpactDesign, InvalidDesignError
from services.outer_loop.domain.impact.estimate import Estimate


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Customers kept, their worth, and that less the cost, over the weeks after the change.

    The intervals carry the effect's uncertainty alone: what the company stated is taken as true.
    """

    kept: Span
    worth: Span
    net: Span
    currency: str


def value(design: ImpactDesign, found: Estimate, stakes: Stakes) -> Value:
    """Return what the effect was worth; negative where the change made it worse."""
    metric = design.metric
    per_unit = metric.better * stakes.customers * stakes.leaving / metric.factor
    kept = _times(
        Span(value=found.effect.value, low=found.effect.low, high=found.effect.high), per_unit
    )
    worth = _times(kept, stakes.worth)
    net = Span(
        value=worth.value - stakes.cost, low=worth.low - stakes.cost, high=worth.high - stakes.cost
    )
    return Value(kept=kept, worth=worth, net=net, currency=stakes.currency)


def _times(span: Span, factor: float) -> Span:
    low, high = sorted((span.low * factor, span.high * factor))
    return Span(value=span.value * factor, low=low, high=high)
