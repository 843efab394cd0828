"""Effective, ineffective or inconclusive, with the reason in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import t as student

from services.outer_loop.domain.impact.checks import Check
from services.outer_loop.domain.impact.design import ImpactDesign, Metric
from services.outer_loop.domain.impact.estimate import Estimate, Method

#: A false success costs more than a doubt: it ends the search for the cause.
_SURE = 0.99
_MORE = "Measure for more weeks or listen to more customers; the design says how many."


class Outcome(StrEnum):
    """What a change turned out to be; the plan takes the state of the same name."""

    EFFECTIVE = "effective"
    INEFFECTIVE = "ineffective"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The outcome, why in one sentence, and what would settle an inconclusive one."""

    outcome: Outcome
    reason: str
    settle: str = ""


def judge(design: ImpactDesign, found: Estimate | None, checks: Sequence[Check]) -> Judgement:
    """Return the verdict.

    Effective: less than one in 100 changes that do nothing would show as much. Ineffective:
    the whole interval falls short of what was expected, and holds no effect or harm. Anything
    else, and anything that a check forbids to judge, is inconclusive.
    """
    forbidding = [one for one in checks if one.forbids]
    if found is None or forbidding:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=forbidding[0].sentence,
            settle=" ".join(dict.fromkeys(one.settle for one in forbidding)),
        )
    least, most = sorted(
        (design.metric.better * found.effect.low, design.metric.better * found.effect.high)
    )
    if least > 0 and abs(found.effect.value) > found.effect.error * student.ppf(
        _SURE, found.degrees
    ):
        return Judgement(outcome=Outcome.EFFECTIVE, reason=_worked(design, found))
    if least > 0:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE,
            reason=f"It probably helped, but chance alone shows as much in more than one of 100 "
            f"changes that do nothing: the effect lies {_between(found, design.metric)}.",
            settle=_MORE,
        )
    if most < 0 or most < abs(design.expected):
        return Judgement(outcome=Outcome.INEFFECTIVE, reason=_failed(design, found, most))
    return Judgement(
        outcome=Outcome.INCONCLUSIVE,
        reason=f"Both no effect and the expected {_size(design.expected, design.metric)} fit "
        f"what was heard: the effect lies {_between(found, design.metric)}.",
        settle=_MORE,
    )


def _worked(design: ImpactDesign, found: Estimate) -> str:
    against = (
        "than in groups without the change"
        if found.method is Method.DIFFERENCE_IN_DIFFERENCES
        else "than its own past led to expect"
    )
    short = "" if abs(found.effect.value) >= abs(design.expected) else ", less than expected"
    return (
        f"{_size(found.effect.value, design.metric)} {against}{short}; it lies "
        f"{_between(found, design.metric)}."
    )


def _failed(design: ImpactDesign, found: Estimate, most: float) -> str:
    if most < 0:
        return (
            f"It became worse: {_size(found.effect.value, design.metric)} than without the "
            f"change; the effect lies {_between(found, design.metric)}."
        )
    return (
        f"The expected {_size(design.expected, design.metric)} would have been seen and was "
        f"not: the effect lies {_between(found, design.metric)}."
    )


def _size(effect: float, metric: Metric) -> str:
    return f"{abs(effect):.3g} {'more' if effect > 0 else 'fewer'} {metric.unit}"


def _between(found: Estimate, metric: Metric) -> str:
    return (
        f"between {found.effect.low:+.3g} and {found.effect.high:+.3g} {metric.unit} (95 in 100 "
        "such intervals hold the truth)"
    )
