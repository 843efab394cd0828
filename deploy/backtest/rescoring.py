"""Scores stored events again, by the program that counts and by the candidate. Pure.

Both programs are asked by the same software: what differs between them is the programs' doing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.backtest.comparing import Comparison, Judged
from deploy.backtest.history import Chunk, Past, StoredEvent
from deploy.backtest.scorers import Contest, open_scorers
from deploy.backtest.tally import Tally
from services.scoring.domain.history import NOTHING_EARLIER, Earlier
from services.scoring.domain.rating import categorize
from services.scoring.domain.scorer import Scorer
from shared.contracts.events import Category, Feedback
from shared.program.document import Program


class _Data(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    feedback: Feedback


class _Message(BaseModel):
    """What is read of feedback.scored.v1: what the customer said, not what was made of it."""

    model_config = ConfigDict(strict=True, extra="ignore")

    data: _Data


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How a process makes what scores chunks again: handed over as it is, so it can be sent."""

    contest: Contest

    def __call__(self) -> Callable[[Chunk], Tally]:
        """Compile both programs; return the function that scores a chunk again."""
        return Rescorer(self.contest).tally


class Rescorer:
    """Scores the events of chunks by both programs and counts what differs."""

    def __init__(self, contest: Contest) -> None:
        self._since = contest.job.since
        self._comparison = Comparison(contest.job)
        self._scorers = open_scorers(contest)

    @property
    def reads_history(self) -> bool:
        """Whether a rule of either program asks what customers said before."""
        return any(scorer.reads_history for scorer in self._scorers)

    def tally(self, chunk: Chunk) -> Tally:
        """Score the events of `chunk` again; those from before `since` are history only."""
        tally, pasts = Tally(), (Past(), Past())
        for event, feedback in _readable(chunk.before):
            self._remember(event, feedback, pasts)
        readable = list(_readable(chunk.events))
        tally.unreadable = len(chunk.events) - len(readable)
        judged = []
        for event, feedback in readable:
            if event.occurred_at >= self._since:
                judged.append(self._judge(event, feedback, pasts))
            self._remember(event, feedback, pasts)
        self._comparison.count(judged, chunk.confirmed, tally)
        return tally

    def _judge(self, event: StoredEvent, feedback: Feedback, pasts: tuple[Past, Past]) -> Judged:
        first, second = self._scorers
        counting = first.score(feedback, _earlier(first, pasts[0], event))
        read = counting.analysis if first.judges.version == second.judges.version else None
        candidate = second.score(feedback, _earlier(second, pasts[1], event), read=read)
        language = candidate.analysis.language
        return Judged(event, feedback, language, counting.score, candidate.score)

    def _remember(self, event: StoredEvent, feedback: Feedback, pasts: tuple[Past, Past]) -> None:
        for scorer, past in zip(self._scorers, pasts, strict=True):
            if scorer.reads_history:
                past.add(event, _category(feedback, scorer.program))


def _readable(events: Iterable[StoredEvent]) -> Iterator[tuple[StoredEvent, Feedback]]:
    """Give what was said in each event; one that this version can't read is passed over."""
    for event in events:
        try:
            yield event, _Message.model_validate_json(event.message).data.feedback
        except ValidationError:
            continue


def _earlier(scorer: Scorer, past: Past, event: StoredEvent) -> Earlier:
    return past.before(event) if scorer.reads_history else NOTHING_EARLIER


def _category(feedback: Feedback, program: Program) -> Category:
    rating = feedback.rating
    return categorize(rating, program.scale(rating.scale)) if rating else Category.UNRATED
