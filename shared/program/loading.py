"""From a program's YAML to a Program: every fault with its line and one remedy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.errors import ClosedLoopError
from shared.program import conditions, staffing
from shared.program.causes import PINNED_BASE
from shared.program.document import DetectionRule, Program
from shared.program.source import Place, Source, SourceError, read_source
from shared.program.work import MOST_WORK_OF_A_PROGRAM, work_of

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


class Finding(NamedTuple):
    """What somebody else finds wrong with a program: the place, what is wrong, the remedy."""

    place: Place
    detail: str
    remedy: str


#: Looks at a program for what only a service can know, such as words that it can't look for.
Check = Callable[[Program], Iterable[Finding]]


def read_program(text: str, *, version: int | None = None, checks: Sequence[Check] = ()) -> Program:
    """Return the program that `text`, a YAML document, says.

    `version` replaces the version in the document, which only counts until activation gives
    one. Raises ProgramError, for what `checks` find too.
    """
    source = _source(text)
    program = _validated(source, version)
    faults = list(_rule_faults(source, program)) or list(_work_faults(source, program))
    faults += [*_repeated_policies(source, program), *_unknown_holidays(source, program)]
    faults += [_fault(source, *found) for found in staffing.faults(program)]
    faults += [_fault(source, *found) for check in checks for found in check(program)]
    if faults:
        raise ProgramError(faults)
    return program


def read_stored(text: str, *, version: int, base: str | None) -> Program:
    """Return the program of a stored `version`, whose rules were checked when it was activated.

    A check that became stricter since then must not take away what counts, and a taxonomy that
    grew since then is not its own: `base` is what it took from the product (`base_of`), None where
    it took nothing. Raises ProgramError for a document that this version of the software can't
    read.
    """
    return _validated(_source(text), version, {PINNED_BASE: json.loads(base)} if base else None)


def base_of(program: Program) -> str | None:
    """Return what `program` takes from the taxonomies that ship, as JSON; None for nothing."""
    taken = program.taxonomy.taken()
    return json.dumps(taken, ensure_ascii=False) if taken else None


def _rule_faults(source: Source, program: Program) -> Iterator[Fault]:
    for place, rule in _conditions(program):
        try:
            conditions.check(rule)
        except conditions.ConditionError as error:
            fault = _fault(source, place, error.detail, error.remedy)
            yield Fault(
                line=fault.line, place=f"rule {rule.id}", detail=fault.detail, remedy=fault.remedy
            )


def _conditions(program: Program) -> Iterator[tuple[Place, DetectionRule]]:
    for position, rule in enumerate(program.rules):
        yield ("rules", position, "when"), rule
    if program.co_creation:
        yield ("co_creation", "when"), program.co_creation.rule


def _source(text: str) -> Source:
    try:
        return read_source(text)
    except SourceError as error:
        raise ProgramError(
            [Fault(line=error.line, place="", detail=error.detail, remedy=error.remedy)]
        ) from None


def _validated(
    source: Source, version: int | None, context: dict[str, Any] | None = None
) -> Program:
    values = source.values
    if not isinstance(values, dict):
        raise ProgramError(
            [_fault(source, (), "The program should be a mapping.", "Write `tenant: …`.")]
        )
    try:
        return Program.model_validate(
            values | ({"version": version} if version else {}), context=context
        )
    except ValidationError as error:
        faults = [_explained(source, fault) for fault in error.errors(include_url=False)]
        raise ProgramError(faults) from None


def _work_faults(source: Source, program: Program) -> Iterator[Fault]:
    """Find that rules which are sound one by one are too much together."""
    steps = sum(work_of(rule.when) for _, rule in _conditions(program))
    if steps > MOST_WORK_OF_A_PROGRAM:
        yield _fault(
            source,
            ("rules",),
            f"The rules can take {steps:,} steps for one event,"
            f" {MOST_WORK_OF_A_PROGRAM:,} are allowed.",
            "Merge those that look for words, or shorten their lists.",
        )


def _repeated_policies(source: Source, program: Program) -> Iterator[Fault]:
    """Find policies that another replaces; versions from before may hold some, and still count."""
    seen = set()
    for position, policy in enumerate(program.sla):
        if str(policy) in seen:
            detail = f"There are two policies for {policy}."
            yield _fault(source, ("sla", position), detail, "Keep one of them.")
        seen.add(str(policy))


def _unknown_holidays(source: Source, program: Program) -> Iterator[Fault]:
    """Find holidays that nobody knows; versions from before may hold some, and still count."""
    kept = [(n, one.holidays) for n, one in enumerate(program.calendars) if one.holidays]
    if kept:
        from shared.program import public_holidays  # noqa: PLC0415  (250 countries)

        for position, wanted in kept:
            try:
                public_holidays.check(wanted)
            except public_holidays.UnknownHolidaysError as error:
                place = ("calendars", position, "holidays", error.part)
                yield _fault(source, place, f"{error}.", "Correct it.")


_DETAILS = {
    "missing": "This is missing.",
    "extra_forbidden": "There is no such key.",
    "tuple_type": "This should be a list.",
    "dict_type": "This should be a mapping.",
    "model_type": "This should be a mapping.",
}
_REMEDIES = {
    "missing": "Add it.",
    "tuple_type": "Write [one, two], or a line with - for each.",
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
    detail = _DETAILS.get(fault["type"], detail)
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
