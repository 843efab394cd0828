"""`closedloop program diff`: what would change, section by section, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.program_opened import AsJson, checked, in_store, text_of
from shared.errors import ClosedLoopError
from shared.program.diff import Change, Place, Value, compare
from shared.program.document import Program
from shared.program.store import ProgramStore

_MARKS = {"added": "+", "removed": "-", "changed": "~", "reordered": "~"}


def diff(
    a: Annotated[Path, typer.Argument(help="A program, a YAML file.", show_default=False)],
    b: Annotated[
        Path | None,
        typer.Argument(help="The one it becomes. Without it: from what is active to A."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what makes B another program than A, or A another one than what is active."""
    first = checked(a, text_of(a), as_json=as_json)
    if b is not None:
        old, new = first, checked(b, text_of(b), as_json=as_json)
        names = (str(a), str(b))
    else:
        old, new = in_store(lambda programs: _active(programs, first.tenant)), first
        names = (f"version {old.version} of {old.tenant}", str(a))
    changes = compare(old, new)
    if as_json:
        told = {"from": names[0], "to": names[1], "changes": [_as_object(one) for one in changes]}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for line in _lines(changes):
        typer.echo(line)
    typer.echo(f"{_count(changes)} from {names[0]} to {names[1]}.")


async def _active(programs: ProgramStore, tenant: str) -> Program:
    active = await programs.active()
    if tenant not in active:
        raise ClosedLoopError(
            f"No program is active for {tenant!r} to compare with.",
            remedy="Name two files, or activate one.",
        )
    return active[tenant]


def _count(changes: Sequence[Change]) -> str:
    if not changes:
        return "Nothing changes"
    return "One change" if len(changes) == 1 else f"{len(changes)} changes"


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    heading = ""
    for change in changes:
        section, place = _split(change.place)
        if section != heading:
            yield section
            heading = section
        yield from _in_words(change, place)


def _split(place: Place) -> tuple[str, str]:
    """Return the section of a change and the place within it; the taxonomy has two sections."""
    depth = 2 if place[0] == "taxonomy" else 1
    return ".".join(place[:depth]), ".".join(place[depth:])


def _in_words(change: Change, place: str) -> Iterator[str]:
    line = f"  {_MARKS[change.kind]} {place}".rstrip()
    old, new = change.old, change.new
    if change.kind == "reordered":
        yield f"{line} read in another order"
        yield from (f"      was  {_flat(old)}", f"      now  {_flat(new)}")
    elif change.kind != "changed":
        yield from _whole(line, new if change.kind == "added" else old)
    elif isinstance(old, list) and isinstance(new, list) and set(old) != set(new):
        gone = [f"- {_flat(word)}" for word in old if word not in new]
        come = [f"+ {_flat(word)}" for word in new if word not in old]
        yield f"{line}: {', '.join(come + gone)}"
    else:
        yield line if place else "  ~ its value"
        yield from (f"      was  {_flat(old)}", f"      now  {_flat(new)}")


def _whole(line: str, value: Value) -> Iterator[str]:
    """Give all that an item says but for its id, which stands in `line`, and what is empty."""
    if not isinstance(value, Mapping):
        yield f"{line}: {_flat(value)}"
        return
    yield line
    for name, said in value.items():
        if name != "id" and said not in (None, [], {}):
            yield f"      {name}: {_flat(said)}"


def _flat(value: Value) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        return ", ".join(map(_flat, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_flat(said)}" for name, said in value.items())
    return f"{value:g}" if isinstance(value, float) else json.dumps(value)


def _as_object(change: Change) -> dict[str, Value]:
    return {
        "place": ".".join(change.place),
        "change": change.kind,
        "old": change.old,
        "new": change.new,
    }
