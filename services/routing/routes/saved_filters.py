"""The filter of a saved view: read by the code that reads the list's address, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from pydantic import ValidationError, validate_call

from services.routing.errors import IncompleteError
from services.routing.routes.asked import Wanted, wanted
from shared.program.document import Program
from shared.program.rules import DEFAULT_RULE

#: As long as an address with every part of a filter, in a script of three bytes a letter.
LONGEST_QUERY = 4_000
_SHOWN = 40

_read: Callable[..., Wanted] = validate_call(wanted)


def checked(query: str, program: Program) -> Wanted:
    """Return what a query of the list asks for, such as `view=mine&due=today`.

    A leading `?` is fine. Which page of the list it was is left out. Raises IncompleteError by
    `query.<part>`: a part that no list has, a value that it can't have, a name that the program
    does not know.
    """
    parts = dict(parse_qsl(query.removeprefix("?")))
    try:
        asked = replace(_read(**parts), cursor=None)
    except ValidationError as error:
        raise IncompleteError(_faults_of(error, parts)) from error
    if unknown := _unknown(asked, program):
        raise IncompleteError(unknown)
    return asked


def query_of(asked: Wanted) -> str:
    """Return the query that is kept: the address of the list without its path and page."""
    return asked.address().partition("?")[2]


def _faults_of(error: ValidationError, parts: Mapping[str, str]) -> Mapping[str, str]:
    faults: dict[str, str] = {}
    for one in error.errors(include_url=False, include_input=False):
        name = str(one["loc"][0])
        fault = f"{one['msg']}, not {parts.get(name, '')[:_SHOWN]!r}"
        if one["type"] == "unexpected_keyword_argument":
            fault = "the list has no such part, take it out"
        # Of the kinds that a part may have, the first one says most.
        faults.setdefault(f"query.{name[:_SHOWN]}", f"{name[:_SHOWN]}: {fault}.")
    return faults


def _unknown(asked: Wanted, program: Program) -> Mapping[str, str]:
    """Say which names of the filter the program does not know, or no longer."""
    known: Mapping[str, tuple[str | None, Collection[str]]] = {
        "team": (asked.team, [one.id for one in program.teams]),
        "owner": (asked.owner, [one.id for one in program.owners]),
        "touchpoint": (asked.touchpoint, [one.id for one in program.touchpoints]),
        "rule": (asked.rule, [DEFAULT_RULE, *(one.id for one in program.rules)]),
    }
    return {
        f"query.{part}": f"program version {program.version} has no {part} {name!r}."
        for part, (name, names) in known.items()
        if name is not None and name not in names
    }
