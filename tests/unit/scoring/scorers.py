"""Scorers for tests, with the judges that the worker has."""

from __future__ import annotations

from services.scoring.domain.scorer import Scorer
from services.scoring.judges import open_judges
from shared.program.document import Program


def scorer_of(program: Program) -> Scorer:
    """Return a scorer by `program` with the judges that go with it."""
    return Scorer(program, open_judges(program))
