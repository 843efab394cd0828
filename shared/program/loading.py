"""From a program's YAML to a Program: every fault with its line and one remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.errors import ClosedLoopError
from shared.program import conditions
from shared.program.document import Program
from shared.program.source import Place, Source, SourceError, read_source

_LISTED_FAULTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong at one place of a program, and what to do about it."""

    line: int
    place: str
    detail: str
    remedy: str

    def __str__(self) -> str:
        """Return one line for a person."""
        where = f"line {self.line}, {self.place}" if self.place else f"line {self.line}"
        return f"{where}: {self.detail} {self.remedy}"


class ProgramError(ClosedLoopError):
    """A program can't be used; `faults` says why, in the order of the document."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.line)
        listed = "\n".join(f"  {fault}" for fault in self.faults[:_LISTED_FAULTS])
        unlisted = len(self.faults) - _LISTED_FAULTS
        more = f"\n  and {unlisted} more" if unlisted > 0 else ""
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"The program has {count}:\n{listed}{more}")


def read_program(text: str, *, version: int | None = None) -> Program:
    """Return the program that `text`, a YAML document, says.

    `version` replaces the version in the document, which only counts until activation gives
    one. Raises ProgramError.
    """
    try:
        source = read_source(text)
    except SourceError as error:
        raise ProgramError(
            [Fault(line=error.line, place="", detail=error.detail, remedy=error.remedy)]
        ) from None
    values = source.values
    if not isinstance(values, dict):
        raise ProgramError(
            [_fault(source, (), "The program should be a mapping.", "Write `tenant: …`.")]
        )
    try:
        program = Program.model_validate(values | {"version": version or values.get("version", 1)})
    except ValidationError as error:
        faults = [_explained(source, fault) for fault in error.errors(include_url=False)]
        raise ProgramError(faults) from None
    if faults := list(_rule_faults(source, program)):
        raise ProgramError(faults)
    return program


def _rule_faults(source: Source, program: Program) -> Iterator[Fault]:
    for position, rule in enumerate(program.rules):
        try:
            conditions.check(rule)
        except conditions.ConditionError as error:
            fault = _fault(source, ("rules", position, "when"), error.detail, error.remedy)
            yield Fault(
                line=fault.line, place=f"rule {rule.id}", detail=fault.detail, remedy=fault.remedy
            )


_REMEDIES = {
    "missing": "Add it.",
    "extra_forbidden": "Check its spelling, or leave it out.",
    "string_type": "Write text; words such as yes, no and dates need quotes.",
    "value_error": "Correct it.",
}


def _explained(source: Source, fault: ErrorDetails) -> Fault:
    place, detail = fault["loc"], fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "value_error" and ": " in detail:
        # The document's own checks begin with the dotted place at fault.
        dotted, detail = detail.split(": ", 1)
        place = (*place, *_found(source, place, dotted))
    if fault["type"] == "missing":
        detail = "This is missing."
    if fault["type"] == "extra_forbidden":
        detail = "There is no such key."
    sentence = detail[:1].upper() + detail[1:]
    remedy = _REMEDIES.get(fault["type"], "Correct the value.")
    return _fault(source, place, sentence.rstrip(".") + ".", remedy)


def _found(source: Source, place: Place, dotted: str) -> Place:
    """Return the place below `place` that `dotted` names, in which items go by their id."""
    value, found = _value_at(source, place), []
    for word in dotted.split("."):
        key: str | int = word
        if isinstance(value, list):
            key = next((n for n, item in enumerate(value) if _id(item) == word), 0)
        found.append(key)
        value = _value_at(source, (*place, *found))
    return tuple(found)


def _value_at(source: Source, place: Place) -> object:
    value: Any = source.values
    for part in place:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _id(item: object) -> object:
    return item.get("id") if isinstance(item, dict) else None


def _fault(source: Source, place: Place, detail: str, remedy: str) -> Fault:
    return Fault(
        line=source.line(place), place=_dotted(source, place), detail=detail, remedy=remedy
    )


def _dotted(source: Source, place: Place) -> str:
    """Return a place in dotted form, items of a list by their id where they have one."""
    words = []
    for end, part in enumerate(place, start=1):
        named = isinstance(part, int) and _id(_value_at(source, place[:end]))
        words.append(str(named or part))
    return ".".join(words)
