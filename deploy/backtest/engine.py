"""Tries a candidate: reads the history, has it scored again, adds up."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from deploy.backtest.concluding import conclude
from deploy.backtest.job import Job
from deploy.backtest.rescoring import Making, Rescorer
from deploy.backtest.result import Backtest
from deploy.backtest.scorers import open_contest
from deploy.backtest.stored import open_stored
from deploy.backtest.tally import Tally
from deploy.offline.processes import mapped
from shared.clock import Clock

#: Called with the counts so far.
Observer = Callable[[Tally], None]


def backtest(
    database_url: str, job: Job, *, processes: int, clock: Clock, observe: Observer
) -> Backtest:
    """Score the job's history by both programs in so many processes; return what differs.

    Memory does not grow with the number of events, but with the hours in which follow-ups
    arrive. Raises ClosedLoopError for what a person can remedy.
    """
    began, total = time.monotonic(), Tally()
    contest = open_contest(database_url, job)
    by_customer = Rescorer(contest).reads_history
    with (
        open_stored(database_url, job) as stored,
        closing(stored.chunks(by_customer=by_customer)) as chunks,
        closing(mapped(Making(contest=contest), chunks, processes)) as done,
    ):
        paces = stored.paces()
        for tally in done:
            total.merge(tally)
            observe(total)
    seconds = round(time.monotonic() - began, 1)
    return conclude(job, total, paces, at=clock.now(), seconds=seconds)
