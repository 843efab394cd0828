"""What the product says of texts, with a model of the tenant's own or without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.scoring.adapters.models import Target
from services.scoring.domain.analysis import analyze
from services.scoring.domain.text.linear import Model
from services.scoring.domain.text.opinion import Opinion
from services.scoring.judges import open_judges
from shared.program.document import Program


def opinions(
    texts: Sequence[str], target: Target, program: Program, own: Mapping[Target, Model]
) -> list[Opinion]:
    """Return what the product thinks of `texts` by `program` and the tenant's `own` models."""
    judges = open_judges(program, own)
    analyses = (analyze(text, judges) for text in texts)
    return [one.sentiment if target == "sentiment" else one.theme for one in analyses]
