"""Whether labels can be learnt: known to whoever reads them later, and with texts enough. Pure."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from deploy.training.errors import TrainError
from services.scoring.adapters.models import SENTIMENTS, Target
from services.scoring.training.fit import FEWEST_LABELS, FEWEST_TEXTS
from services.scoring.training.splitting import Labelled, Parts
from shared.program.document import Program

#: Rows below which the figures would say nothing.
FEWEST_ROWS = 50
_LISTED = 12


def allowed_labels(target: Target, program: Program | None) -> Collection[str] | None:
    """Return the labels that the product knows, None where any will do."""
    if target == "sentiment":
        return SENTIMENTS
    return {cause.id for cause in program.taxonomy.what} if program else None


def check_known(labels: Iterable[str], target: Target, allowed: Collection[str]) -> None:
    """Raise TrainError for labels that are not `allowed`, with the nearest of those that are."""
    unknown = Counter(label for label in labels if label not in allowed)
    if not unknown:
        return
    ((label, rows), *others) = unknown.most_common()
    known = "no sentiment" if target == "sentiment" else "no entry of the program's taxonomy.what"
    more = f" ({len(others)} more labels are not known either)" if others else ""
    near = difflib.get_close_matches(label.lower(), allowed, n=1, cutoff=0.5)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    listed = ", ".join(sorted(allowed)[:_LISTED]) + (", …" if len(allowed) > _LISTED else "")
    raise TrainError(
        f"The label {label[:60]!r} of {rows:,} rows is {known}{more}.",
        remedy=f"{guess}The labels are {listed}.",
    )


def check_enough(labelled: Sequence[Labelled], parts: Parts) -> None:
    """Raise TrainError where there is too little to learn from, or to judge by."""
    counts = Counter(one.label for one in labelled)
    if len(counts) < FEWEST_LABELS:
        raise TrainError(
            f"All {len(labelled):,} labelled rows have the label {labelled[0].label!r}.",
            remedy=f"Give rows of at least {FEWEST_LABELS} labels.",
        )
    if len(labelled) < FEWEST_ROWS:
        raise TrainError(
            f"{len(labelled)} labelled rows are too few.", remedy=f"Give {FEWEST_ROWS} or more."
        )
    learnt = Counter(one.label for one in parts.learn)
    rarest = min(counts, key=lambda label: (learnt[label], label))
    if learnt[rarest] < FEWEST_TEXTS:
        raise TrainError(
            f"The label {rarest!r} has {learnt[rarest]} rows to learn from ({counts[rarest]} in"
            f" all); {FEWEST_TEXTS} are needed.",
            remedy="Give more rows of it, join it with another label, or leave its rows out.",
        )


def learnable(parts: Parts) -> tuple[Parts, dict[str, int]]:
    """Return `parts` without learning from labels of too few texts, and those labels with their
    numbers. They stay in what is judged by, where they count as missed."""
    learnt = Counter(one.label for one in parts.learn)
    rare = {label: n for label, n in sorted(learnt.items()) if n < FEWEST_TEXTS}
    return Parts([one for one in parts.learn if one.label not in rare], parts.judge), rare
