"""`closedloop demo`: the product with the sample company, to look around in or as a trial run."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.console import Screen
from deploy.cli.session import Session, run_until_stopped, session
from deploy.cli.up import (
    AsJson,
    Data,
    Fresh,
    NoOpen,
    Port,
    facts_of,
    show_ready,
    show_what_is_kept,
    wishes_of,
)
from deploy.local import memory, postgres, sample
from deploy.local.announce import Step
from deploy.local.customer import page_of_somebody
from deploy.local.outcome import Outcome, count_outcome
from deploy.local.place import DEFAULT_FOLDER
from deploy.local.settling import settle
from deploy.local.wishes import Wishes
from deploy.sample import PlayReport, Site, play
from shared.errors import ClosedLoopError
from shared.settings import Settings
from shared.web.auth import ROLES, Principal, sign_in_link

Events = Annotated[int, typer.Option(min=1, help="How many events the sample company receives.")]
Once = Annotated[
    bool, typer.Option("--once", help="In a temporary folder; count, check, stop everything.")
]

_EVENTS = 20_000
_INTERRUPTED = 130
_SETTLED_WITHIN_S = 180.0
_LINK_LIFETIME = timedelta(hours=1)
_FIRST_TO_WATCH = "work"
_PHASES = {
    "publish": "Publishing feedback",
    "settle": "Opening follow-ups",
    "work": "The sample's owners work",
    "plan": "Planning",
}


def demo(
    data: Data = DEFAULT_FOLDER,
    port: Port = None,
    events: Events = _EVENTS,
    fresh: Fresh = False,
    once: Once = False,
    no_open: NoOpen = False,
    as_json: AsJson = False,
) -> None:
    """Start everything with the sample company in it, and stop it with Ctrl+C."""
    screen = Screen(as_json=as_json)
    wishes = wishes_of(port=port, fresh=fresh)
    if not once:
        run_until_stopped(_demo(data, wishes, screen, events, open_browser=not no_open))
    elif not run_until_stopped(_once(wishes, screen, events)):
        raise typer.Exit(_INTERRUPTED)


@dataclass(slots=True)
class Phases:
    """Shows the phases of a play one after the other, and keeps how long each took.

    When the follow-ups are open there is something to look at, though the owners have yet to
    work them: `invite` is called then.
    """

    screen: Screen
    invite: Callable[[], None] = lambda: None
    seconds: dict[str, float] = field(default_factory=dict)
    _name: str = ""
    _began: float = 0.0
    _step: Step | None = None
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def report(self, phase: str, done: int, total: int) -> None:
        """Take a report of the play: phase, how much is done, how much there is to do."""
        if phase != self._name:
            self.end()
            if phase == _FIRST_TO_WATCH:
                self.invite()
            self._name, self._began = phase, time.monotonic()
            self._step = self._open.enter_context(self.screen.step(_PHASES.get(phase, phase)))
        if self._step:
            self._step.update(f"{done:,} of {total:,}")

    def end(self) -> None:
        """End the phase that is shown."""
        self._open.close()
        if self._name:
            self.seconds[self._name] = round(time.monotonic() - self._began, 1)
        self._name = ""


async def _demo(
    data: Path, wishes: Wishes, screen: Screen, events: int, *, open_browser: bool
) -> None:
    async with session(data, wishes, screen) as running:
        settings = sample.settings_of(running.stack.environment)
        site = await sample.prepare(running.place, settings, running.stack.public_url)
        sign_in = sign_in_link(_visitor(site), settings, lifetime=_LINK_LIFETIME)

        def invite() -> None:
            show_ready(screen, running, sign_in=sign_in, open_browser=open_browser)

        await _play_unless_played(running, site, screen, events, invite)
        outcome = await count_outcome(settings)
        customer = await page_of_somebody(settings, site.tenant, running.stack.public_url)
        screen.show(_sample_line(outcome))
        if customer:
            screen.show(f"What a customer sees, who waits for an answer: {customer}")
        show_what_is_kept(screen, running)
        screen.give(
            {
                **facts_of(running),
                "sign_in": sign_in,
                "customer": customer,
                **_counts(outcome),
            }
        )
        await asyncio.Event().wait()


async def _play_unless_played(
    running: Session, site: Site, screen: Screen, events: int, invite: Callable[[], None]
) -> None:
    """Play the sample unless this place has seen it; `invite` as soon as there is life in it."""
    piece = sample.performance(running.place, events)
    if piece.played:
        invite()
        return
    await _play(site, piece, Phases(screen, invite))
    sample.note(running.place, piece.model_copy(update={"played": True}))


async def _play(site: Site, piece: sample.Performance, phases: Phases) -> PlayReport:
    with phases.screen.steps():
        try:
            return await play(site, events=piece.events, end=piece.end, progress=phases.report)
        finally:
            phases.end()


async def _once(wishes: Wishes, screen: Screen, events: int) -> None:
    """Play the sample in a temporary place; exit with 1 unless every event is accounted for."""
    phases = Phases(screen)
    began = time.monotonic()
    with _temporary_folder() as folder:
        async with session(folder, replace(wishes, fresh=False), screen) as running:
            phases.seconds["start"] = round(running.seconds, 1)
            async with memory.peaks(running.stack.processes) as peaks:
                outcome = await _perform(running, screen, phases, events)
    phases.seconds["all"] = round(time.monotonic() - began, 1)
    screen.show(_sample_line(outcome))
    screen.give({**_counts(outcome), "seconds": phases.seconds, "peak_rss_mb": peaks})
    if not outcome.adds_up:
        raise typer.Exit(1)


async def _perform(running: Session, screen: Screen, phases: Phases, events: int) -> Outcome:
    settings: Settings = sample.settings_of(running.stack.environment)
    site = await sample.prepare(running.place, settings, running.stack.public_url)
    await _play(site, sample.performance(running.place, events), phases)
    with screen.step("Settling"):
        settling = time.monotonic()
        await settle(settings, within_s=_SETTLED_WITHIN_S)
        phases.seconds["settle_all"] = round(time.monotonic() - settling, 1)
    return await count_outcome(settings)


@contextlib.contextmanager
def _temporary_folder() -> Iterator[Path]:
    """Have a folder while the block runs; of one that fails the logs stay, the error names them."""
    folder = Path(tempfile.mkdtemp(prefix="closedloop-demo-"))
    kept = False
    try:
        yield folder
    except ClosedLoopError:
        kept = True
        raise
    finally:
        postgres.find_lodging(folder / "postgres").remove()
        shutil.rmtree(folder / "kafka" if kept else folder, ignore_errors=True)


def _visitor(site: Site) -> Principal:
    """Return who looks around in the demo: somebody with every role."""
    return Principal(tenant=site.tenant, subject="you", name="You", roles=frozenset(ROLES))


def _sample_line(outcome: Outcome) -> str:
    return (
        f"Sample: {outcome.published:,} events → {outcome.followups:,} follow-ups → "
        f"{outcome.systemic_issues:,} issues; ledger gap {outcome.proof.gaps}"
    )


def _counts(outcome: Outcome) -> dict[str, Any]:
    return {
        "published": outcome.published,
        "scored": outcome.scored,
        "duplicates": outcome.duplicates,
        "dead_letters": outcome.dead_letters,
        "detractors": outcome.detractors,
        "followups": outcome.followups,
        "systemic_issues": outcome.systemic_issues,
        "action_plans": outcome.action_plans,
        "ledger": {"gaps": outcome.proof.gaps, "overlaps": outcome.proof.overlaps},
    }
