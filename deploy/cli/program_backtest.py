"""`closedloop program backtest`: a candidate tried on the tenant's own history."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from deploy.backtest.engine import Observer, backtest
from deploy.backtest.errors import BacktestError
from deploy.backtest.job import DEFAULT_DAYS, Job, check_order
from deploy.backtest.kept import keep
from deploy.backtest.report import report_page
from deploy.backtest.result import Backtest
from deploy.backtest.terminal import show
from deploy.cli.console import file_bar, table_console
from deploy.cli.program_opened import AsJson, checked, in_store, text_of
from deploy.cli.servers import find_settings
from deploy.cli.spans import moment_of
from deploy.cli.stopping import STOPPED, stoppable
from deploy.offline.output import Outputs
from deploy.offline.text import to_utf8
from shared.clock import SystemClock
from shared.errors import ClosedLoopError
from shared.program.document import Program
from shared.program.store import ProgramStore


def backtest_program(
    candidate: Annotated[Path, typer.Argument(help="The candidate.", show_default=False)],
    *,
    since: Annotated[
        str | None,
        typer.Option(
            help="From when on: 90d, 8w, 2026-01-31, or a moment; by what customers said when.",
            show_default="as far as the limits demand, else 90d",
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Up to when, written likewise.", show_default="now")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="A page with charts (HTML).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the page that is there.")] = False,
    processes: Annotated[
        int, typer.Option(min=1, help="How many work.", show_default="one for each core")
    ] = len(os.sched_getaffinity(0)),
    as_json: AsJson = False,
) -> None:
    """Try a candidate on the tenant's own history, beside the program that counts.

    Follow-ups opened and dropped, workload, deadlines, precision. Nothing is changed but for the
    list of backtests, which activate looks at where the program that counts sets limits.

    Exit code: 0 done, and every limit is kept; 1 a limit is broken, or not done; 130 stopped.
    """
    text = text_of(candidate)
    program = checked(candidate, text, as_json=as_json)
    counting = in_store(lambda programs: _counting(programs, program.tenant))
    job = _job(program, counting, since, until)
    try:
        with stoppable():
            result = _tried(job, html, candidate.name, force=force, processes=processes)
    except KeyboardInterrupt:
        typer.echo("closedloop: Stopped. Nothing was written.", err=True)
        raise typer.Exit(STOPPED) from None
    in_store(lambda programs: keep(programs, text, result))
    _tell(result, html, as_json=as_json)
    if not result.passed:
        raise typer.Exit(1)


def _tried(job: Job, html: Path | None, name: str, *, force: bool, processes: int) -> Backtest:
    """Try the candidate; write the page, whose place is taken before."""
    url, clock = find_settings().database_url, SystemClock()
    try:
        with Outputs(force=force) as outputs, _bar(name) as observe:
            page = outputs.open(html) if html else None
            result = backtest(url, job, processes=processes, clock=clock, observe=observe)
            if page:
                page.write(to_utf8(report_page(result)))
            outputs.keep()
    except OSError as error:
        if html is None:
            raise
        raise ClosedLoopError(f"Cannot write {html}: {error.strerror}.") from error
    return result


async def _counting(programs: ProgramStore, tenant: str) -> Program:
    counting = (await programs.active()).get(tenant)
    if counting is None:
        raise BacktestError(
            f"No program of {tenant!r} counts, to compare the candidate with.",
            remedy="Check its tenant; the first program needs no backtest.",
        )
    return counting


def _job(candidate: Program, counting: Program, since: str | None, until: str | None) -> Job:
    limits, now = counting.backtest, SystemClock().now()
    zone = ZoneInfo(candidate.time_zone)
    end = moment_of("--until", until, now, zone) if until else now
    days = limits.since_days if limits else DEFAULT_DAYS
    start = moment_of("--since", since or f"{days}d", now, zone)
    check_order(start, end, zone)
    return Job(candidate=candidate, counting=counting, since=start, until=end)


@contextmanager
def _bar(name: str) -> Iterator[Observer]:
    """Show on a terminal, on stderr, how far it is, and nothing elsewhere."""
    with file_bar(name, "would change") as (bar, task):
        yield lambda tally: bar.update(
            task, rows=f"{tally.events:,}", counted=f"{tally.opened.n + tally.dropped.n:,}"
        )


def _tell(result: Backtest, html: Path | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(result.model_dump_json())
        return
    show(result, table_console())
    if html:
        typer.echo(f"Page: {html}")
