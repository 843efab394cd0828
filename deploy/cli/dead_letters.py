"""`closedloop dead-letters`: what could not be handled, why, and another try."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer
from rich.table import Table

from deploy.cli.console import table_console
from deploy.cli.servers import find_settings
from deploy.ledger.dead_letters import Listed, contents, listed, replay
from shared.errors import ClosedLoopError

app = typer.Typer(help="What could not be handled: list, show, replay.", no_args_is_help=True)

Group = Annotated[str | None, typer.Option(help="Of one consumer group only.")]
Code = Annotated[str | None, typer.Option(help="With one reason code only.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
_SHOWN_CHARACTERS = 4_000


@app.command("list")
def list_(group: Group = None, code: Code = None, as_json: AsJson = False) -> None:
    """List the dead letters, the latest first, with their reasons."""
    letters = asyncio.run(listed(find_settings(), group=group, code=code))
    if as_json:
        typer.echo(json.dumps([_as_object(letter) for letter in letters]))
        return
    table = Table("id", "group", "topic", "place", "code", "field", "reason", box=None)
    for letter in letters:
        place = f"{letter.partition}:{letter.offset}"
        mark = " (replayed)" if letter.replayed_at else ""
        table.add_row(
            letter.id,
            letter.group,
            letter.topic,
            place,
            letter.code + mark,
            letter.field,
            letter.detail[:120],
        )
    table_console().print(table if letters else "There are no dead letters.")


@app.command()
def show(dead_letter_id: str, as_json: AsJson = False) -> None:
    """Show one dead letter: its reason, its place and its bytes."""
    settings = find_settings()
    (letter,) = _chosen(asyncio.run(listed(settings)), [dead_letter_id])
    kept = contents(settings, [letter.group], [letter.id]).get(letter.id)
    value = kept.value if kept else None
    if as_json:
        typer.echo(json.dumps(_as_object(letter) | {"value_hex": value.hex() if value else None}))
        return
    for name, text in _as_object(letter).items():
        typer.echo(f"{name:<12} {'' if text is None else text}")
    typer.echo("")
    typer.echo(repr(value)[:_SHOWN_CHARACTERS] if kept else "Its bytes are no longer on the topic.")


@app.command("replay")
def replay_(
    dead_letter_ids: Annotated[list[str] | None, typer.Argument()] = None,
    group: Group = None,
    code: Code = None,
    every: Annotated[bool, typer.Option("--all", help="All not replayed yet.")] = False,
) -> None:
    """Publish dead letters once more where they came from, byte for byte."""
    if not dead_letter_ids and not every:
        raise ClosedLoopError("Nothing was chosen.", remedy="Name ids, or pass --all.")
    settings = find_settings()
    letters = asyncio.run(listed(settings, group=group, code=code))
    chosen = (
        _chosen(letters, dead_letter_ids)
        if dead_letter_ids
        else [letter for letter in letters if letter.replayed_at is None]
    )
    count = asyncio.run(replay(settings, chosen)) if chosen else 0
    typer.echo(f"{count} dead letters were published again.")


def _chosen(letters: list[Listed], ids: list[str]) -> list[Listed]:
    known = {letter.id: letter for letter in letters}
    for wanted in ids:
        if wanted not in known:
            raise ClosedLoopError(
                f"There is no dead letter {wanted}.", remedy="See closedloop dead-letters list."
            )
    return [known[wanted] for wanted in ids]


def _as_object(letter: Listed) -> dict[str, str | int | None]:
    return {
        "id": letter.id,
        "group": letter.group,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "code": letter.code,
        "field": letter.field,
        "reason": letter.detail,
        "recorded_at": letter.recorded_at.isoformat(),
        "replayed_at": letter.replayed_at.isoformat() if letter.replayed_at else None,
    }
