"""`closedloop second-opinion`: another model asked about what was scored, and how far it agrees."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

import typer

from deploy.cli.console import Screen
from deploy.cli.servers import find_settings
from deploy.cli.spans import span_of
from deploy.cli.tenants import the_tenant
from services.scoring.adapters.opinions import Asked
from services.scoring.adapters.second_opinion import open_endpoint
from services.scoring.asking import AT_ONCE, Asking
from services.scoring.bootstrap import open_reading
from services.scoring.domain.agreement import Agreement
from services.scoring.domain.second_opinion import SecondOpinion
from shared.clock import SystemClock
from shared.settings import Settings

_MOST_ASKED = 10_000
_MOST_AT_ONCE = 64

Only = Literal["review", "abstained", "flagged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whose feedback is asked about, how far back, which part of it, how much, and at once."""

    tenant: str | None
    since: timedelta
    only: Only | None
    limit: int
    at_once: int


@dataclass(slots=True)
class Count:
    """What was answered."""

    answered: int = 0
    refused: int = 0

    def add(self, opinion: SecondOpinion) -> None:
        """Count one answer."""
        self.refused += opinion.answer.refused is not None
        self.answered += opinion.answer.refused is None


def second_opinion(
    tenant: Annotated[
        str | None, typer.Option(help="Whose; can be left out where there is one tenant.")
    ] = None,
    since: Annotated[str, typer.Option(help="How far back: 12h, 30d, 8w.")] = "30d",
    only: Annotated[
        Only | None,
        typer.Option(help="Only what is to be reviewed, not told by our judges, or flagged."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=_MOST_ASKED, help="So many at most.")] = 100,
    at_once: Annotated[
        int, typer.Option(min=1, max=_MOST_AT_ONCE, help="So many questions side by side.")
    ] = AT_ONCE,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for programs.")] = False,
) -> None:
    """Ask the endpoint that is set about texts, masked, and count how far it agrees with us.

    Sends words to the address in CLOSEDLOOP_SECOND_OPINION_URL, and nothing when that is not
    set. Answers are kept and shown with the explanation; they change no score.
    """
    screen = Screen(as_json=as_json)
    wish = Wish(
        tenant=tenant, since=span_of("--since", since), only=only, limit=limit, at_once=at_once
    )
    asyncio.run(_ask(find_settings(), wish, screen))


async def _ask(settings: Settings, wish: Wish, screen: Screen) -> None:
    async with open_endpoint(settings) as endpoint, open_reading(settings) as reading:
        asking = Asking(
            pool=reading.pool,
            programs=reading.programs,
            endpoint=endpoint,
            tenant=await the_tenant(reading.programs, wish.tenant),
            since=SystemClock().now() - wish.since,
            at_once=wish.at_once,
        )
        count = Count()
        with screen.steps(), screen.step(f"Asking {endpoint.model}") as step:
            async for opinion in asking.opinions(wish.only, wish.limit):
                count.add(opinion)
                step.update(f"{count.answered} answered, {count.refused} refused")
        _tell(screen, asking.asked, count, await asking.agreement())


def _tell(screen: Screen, asked: Asked, count: Count, found: Mapping[str, Agreement]) -> None:
    screen.give(
        {
            "model": asked.model,
            "prompt_version": asked.prompt_version,
            "answered": count.answered,
            "refused": count.refused,
            "agreement": {name: one._asdict() for name, one in found.items()},
        }
    )
    screen.show(f"{asked.model}, prompt {asked.prompt_version}: {_counted(count)}")
    for name, one in found.items():
        screen.show(f"  {name:<10} {_in_words(one)}")


def _counted(count: Count) -> str:
    if not (count.answered or count.refused):
        return "nothing left to ask about"
    return f"{count.answered} answered, {count.refused} refused"


def _in_words(one: Agreement) -> str:
    if one.share is None:
        return "nothing that both have told"
    kappa = "no kappa, one label only" if one.kappa is None else f"Cohen's kappa {one.kappa:.2f}"
    return f"{one.compared:,} told by both, the same in {one.share:.0%}, {kappa}"
