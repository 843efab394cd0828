"""Reads YAML into plain values and remembers the lines, so that faults can be pointed at.

A key that stands twice, an alias or a foreign tag is refused: in a document that decides who is
called back, nothing may be dropped or expanded silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from shared.errors import ClosedLoopError

LARGEST_DOCUMENT_CHARACTERS = 1_000_000
DEEPEST_NESTING = 20
_PLAIN_COLLECTIONS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})

Place = tuple[str | int, ...]


class SourceError(ClosedLoopError):
    """The text can't be read as one YAML document; `line` says from where on."""

    def __init__(self, line: int, detail: str, *, remedy: str) -> None:
        super().__init__(detail, remedy=remedy)
        self.line = line


@dataclass(frozen=True, slots=True)
class Source:
    """A document's plain values, and the line of each: its key's where it has one."""

    values: object
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int:
        """Return the line of `place`, or of what would hold it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_source(text: str) -> Source:
    """Return what `text`, one YAML document, says. Raises SourceError."""
    if len(text) > LARGEST_DOCUMENT_CHARACTERS:
        raise SourceError(
            1,
            f"The document has {len(text):,} characters.",
            remedy=f"Keep it under {LARGEST_DOCUMENT_CHARACTERS:,}.",
        )
    try:
        return _compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SourceError(
            mark.line + 1 if mark else 1,
            f"The document can't be read: {error.problem or error.context}.",
            remedy="Correct the YAML here; write out what repeats, and indent with spaces.",
        ) from None
    except yaml.YAMLError as error:
        raise SourceError(
            1,
            f"The document can't be read: {str(error).splitlines()[0]}.",
            remedy="Save it as plain UTF-8 text.",
        ) from None


def _compose(text: str) -> Source:
    _refuse_aliases_and_depth(text)
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        return Source(_plain(loader, node, (), lines) if node else None, lines)
    finally:
        loader.dispose()


def _refuse_aliases_and_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _unreadable("aliases (*name) are not allowed", event)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_NESTING:
            raise _unreadable("it is nested too deep", event)


def _plain(
    loader: yaml.CSafeLoader, node: yaml.Node, place: Place, lines: dict[Place, int]
) -> object:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.CollectionNode) and node.tag not in _PLAIN_COLLECTIONS:
        raise _unreadable(f"the tag {node.tag} is not allowed", node)
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, place, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*place, n), lines) for n, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except ValueError as error:
        raise _unreadable(f"{node.value[:40]!r} is no value: {error}", node) from None


def _mapping(
    loader: yaml.CSafeLoader, node: yaml.MappingNode, place: Place, lines: dict[Place, int]
) -> dict[str, object]:
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise _unreadable("a key should be a word", key_node)
        if key_node.value in values:
            raise _unreadable(f"the key {key_node.value!r} stands twice", key_node)
        below = (*place, key_node.value)
        values[key_node.value] = _plain(loader, value_node, below, lines)
        lines[below] = key_node.start_mark.line + 1
    return values


def _unreadable(problem: str, where: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    # types-PyYAML knows the marks of the pure parser only.
    mark: yaml.Mark = where.start_mark  # type: ignore[assignment]
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
