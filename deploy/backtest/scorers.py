"""The two scorers of a backtest: what both would read in a text is read once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.backtest.job import Job
from services.scoring.adapters.model_store import models_of
from services.scoring.adapters.models import Target
from services.scoring.domain.scorer import Scorer
from services.scoring.domain.text.judge import Judge
from services.scoring.domain.text.linear import Model
from services.scoring.domain.text.opinion import Opinion
from services.scoring.judges import open_judges
from shared.postgres.pool import create_pool

_ROLE = "closedloop_scoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A job with the tenant's own models that its programs name: sent to each process."""

    job: Job
    counting_models: Mapping[Target, Model] = field(default_factory=dict)
    candidate_models: Mapping[Target, Model] = field(default_factory=dict)


class Remembering:
    """Judges as `judge` does, and the same text that comes again at once without looking."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._text: tuple[str, str | None, bool] | None = None
        self._opinion: Opinion | None = None

    def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
        """Return the opinion on `text`."""
        asked = (text, language, explain)
        if self._opinion is None or asked != self._text:
            self._opinion = self._judge.judge(text, language, explain=explain)
            self._text = asked
        return self._opinion


def open_contest(database_url: str, job: Job) -> Contest:
    """Fetch the models that the programs name. Raises ClosedLoopError where one can't be had."""
    return asyncio.run(_open(database_url, job))


async def _open(database_url: str, job: Job) -> Contest:
    async with await create_pool(database_url, role=_ROLE, max_size=1) as pool:
        return Contest(
            job=job,
            counting_models=await models_of(pool, job.counting),
            candidate_models=await models_of(pool, job.candidate),
        )


def open_scorers(contest: Contest) -> tuple[Scorer, Scorer]:
    """Return the scorers of the program that counts and of the candidate."""
    job = contest.job
    counting = open_judges(job.counting, contest.counting_models)
    candidate = open_judges(job.candidate, contest.candidate_models)
    if counting.version == candidate.version:
        candidate = counting
    known: dict[int, Remembering] = {}

    def remembering(judge: Judge) -> Judge:
        return known.setdefault(id(judge), Remembering(judge))

    first, second = (
        judges._replace(
            sentiment=remembering(judges.sentiment),
            theme=remembering(judges.theme),
            cause=remembering(judges.cause),
        )
        for judges in (counting, candidate)
    )
    return Scorer(job.counting, first), Scorer(job.candidate, second)
