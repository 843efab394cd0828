"""What an effect is worth: customers kept and money, by what the company states about leaving."""

from __future__ import annotations

from dataclasses import dataclass

from services.outer_loop.domain.impact.design import ImpactDesign
from services.outer_loop.domain.impact.estimate import Estimate
from services.outer_loop.domain.impact.stakes import Span, Stakes


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
