"""`closedloop explain`: why one event was scored as it was, in plain language first."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

import typer

from deploy.cli.program_opened import in_utc
from deploy.cli.servers import find_settings
from deploy.cli.tenants import the_tenant
from services.scoring.bootstrap import Reading, open_reading
from services.scoring.domain.explanation import Held
from services.scoring.domain.text.opinion import Opinion
from services.scoring.explaining import Explanation
from services.scoring.explaining import explain as explained
from services.scoring.routes.schemas import view_of
from shared.errors import ClosedLoopError
from shared.ids import feedback_id
from shared.settings import Settings

# What a terminal would obey, and signs that turn the direction of what follows.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def explain(
    event: Annotated[str, typer.Argument(help="A feedback id, or with --source an event's id.")],
    source: Annotated[
        str | None, typer.Option(help="The CloudEvents source of the event whose id it is.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="Whose; can be left out where there is one tenant.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for programs.")] = False,
) -> None:
    """Say why an event was scored as it was, and score it again to see that it comes out so."""
    told = asyncio.run(_explain(find_settings(), event, source, tenant))
    if as_json:
        typer.echo(view_of(told).model_dump_json(exclude_none=True))
        return
    for line in _lines(told):
        typer.echo(line)


async def _explain(
    settings: Settings, event: str, source: str | None, tenant: str | None
) -> Explanation:
    async with open_reading(settings) as reading:
        whose = await the_tenant(reading.programs, tenant)
        return await _of(reading, whose, _id_of(whose, event, source))


async def _of(reading: Reading, tenant: str, identity: UUID) -> Explanation:
    return await explained(reading.pool, reading.programs, tenant, identity)


def _id_of(tenant: str, event: str, source: str | None) -> UUID:
    if source is not None:
        return feedback_id(tenant, source, event)
    try:
        return UUID(event)
    except ValueError:
        raise ClosedLoopError(
            f"{event!r} is no feedback id.",
            remedy="Of an event's own id give the source too: --source URN.",
        ) from None


def _lines(told: Explanation) -> Iterator[str]:
    event = told.event
    feedback = event.feedback
    touchpoint = told.program.touchpoint_name(feedback.touchpoint)
    yield f"{feedback.customer_id} · {touchpoint} · {in_utc(feedback.occurred_at)}"
    if feedback.text:
        yield _shown(feedback.text)
    yield ""
    yield from (f"- {_shown(sentence)}" for sentence in told.summary())
    if feedback.text:
        yield "\nRead in the words"
        yield from _read(told)
    yield "\nRules that hold" if told.held else "\nNo rule holds."
    for held in told.held:
        yield from _rule(held)
    for opinion in told.opinions:
        labels = opinion.answer.labels
        said = ", ".join(f"{name} {label or '?'}" for name, label in labels._asdict().items())
        refused = f"refused: {opinion.answer.refused}"
        yield f"\nSecond opinion of {opinion.model}: {refused if opinion.answer.refused else said}"
    yield from _origin(told)


def _read(told: Explanation) -> Iterator[str]:
    analysis = told.analysis
    opinions = {
        "Sounds": analysis.sentiment,
        "What": analysis.theme,
        "Why": analysis.cause,
    }
    for name, opinion in opinions.items():
        yield f"  {name:<8} {_opinion(opinion)}"


def _opinion(opinion: Opinion) -> str:
    if opinion.label is None:
        return "can't be told"
    words = ", ".join(f"{one.words} {one.weight:+.2f}" for one in opinion.words)
    return f"{opinion.label} {opinion.probability:.2f}  ({words})"


def _rule(held: Held) -> Iterator[str]:
    yield f"  {held.rule.id}: {'it decided' if held.decided else 'would have decided, too'}"
    yield f"      when {' '.join(held.rule.when.split())}"
    for name in held.values:
        yield f"      {name} = {_shown(held.value_words(name))}"


def _origin(told: Explanation) -> Iterator[str]:
    event, program, by = told.event, told.program, told.activation
    since = f", active from {in_utc(by.active_from)}, {by.who}: {by.why}" if by else ""
    yield f"\nProgram   version {program.version} of {program.tenant}{since}"
    yield f"Judges    {event.score.judges or 'not recorded'}"
    yield f"Input     sha256 {event.input_sha256 or 'not recorded'}"
    yield f"Feedback  {event.feedback_id}"


def _shown(text: str) -> str:
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
