"""What differs between two programs, part by part, items by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.program.document import Program

Value = object
Place = tuple[str, ...]

#: Where the order of the items decides.
_ORDERED = frozenset({("rules",)})
_ACTIVATION_GIVES = "version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different at one place, such as ("rules", "refund", "when").

    `old` and `new` are plain values as in JSON; None stands for nothing. For "reordered" they
    are the ids that both programs have.
    """

    place: Place
    kind: Literal["added", "removed", "changed", "reordered"]
    old: Value = None
    new: Value = None


def compare(old: Program, new: Program) -> list[Change]:
    """Return what makes `new` another program than `old`, in the order of the document.

    A default that is written out is no change, nor is the version.
    """
    before, after = (
        program.model_dump(mode="json", exclude={_ACTIVATION_GIVES}) for program in (old, new)
    )
    return [*_between((), before, after)]


def _between(place: Place, old: Value, new: Value) -> Iterator[Change]:
    if old == new:
        return
    if old is None:
        yield Change(place=place, kind="added", new=new)
    elif new is None:
        yield Change(place=place, kind="removed", old=old)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _below(place, old, new)
    elif (before := _items(old)) is not None and (after := _items(new)) is not None:
        yield from _below(place, before, after)
        yield from _reordered(place, before, after)
    else:
        yield Change(place=place, kind="changed", old=old, new=new)


def _below(place: Place, old: Mapping[str, Value], new: Mapping[str, Value]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        yield from _between((*place, name), old.get(name), new.get(name))


def _reordered(
    place: Place, old: Mapping[str, Value], new: Mapping[str, Value]
) -> Iterator[Change]:
    before = [name for name in old if name in new]
    after = [name for name in new if name in old]
    if place in _ORDERED and before != after:
        yield Change(place=place, kind="reordered", old=before, new=after)


def _items(value: Value) -> dict[str, Value] | None:
    """Return a list's items by their id, deadlines by their severity; None for other values."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        return None
    items = {_name(item): item for item in value}
    return None if "" in items else items


def _name(item: Mapping[str, Value]) -> str:
    name = str(item.get("id") or item.get("severity") or "")
    return f"{name} {item['segment']}" if item.get("segment") else name
