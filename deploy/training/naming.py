"""Writes a model's version into a program as its author wrote it: nothing else is touched. Pure."""

from __future__ import annotations

from typing import NamedTuple

import yaml

from deploy.training.errors import AdoptionError
from services.scoring.adapters.models import Target
from shared.program.document import Program
from shared.program.loading import ProgramError, read_program

_SECTION = "models"


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def naming(document: str, target: Target, version: str) -> str:
    """Return `document`, a program, with `version` as its model for `target`.

    Raises AdoptionError where it can't be written in without changing anything else.
    """
    try:
        before = read_program(document)
        changed = _applied(document, _edit(document, target, version))
        if _is_meant(before, read_program(changed), target, version):
            return changed
    except (yaml.YAMLError, ProgramError):
        pass
    raise AdoptionError(
        "The model could not be written into the program as it stands.",
        remedy=f"Write `models: {{{target}: '{version}'}}` into it and activate it.",
    )


def _is_meant(before: Program, after: Program, target: Target, version: str) -> bool:
    models = before.models.model_copy(update={target: version})
    return after == before.model_copy(update={_SECTION: models})


def _applied(document: str, edit: _Edit) -> str:
    return document[: edit.start] + edit.text + document[edit.end :]


def _edit(document: str, target: Target, version: str) -> _Edit:
    root = yaml.compose(document, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise yaml.YAMLError("no mapping")
    entry = f"{target}: '{version}'"
    section = _value(root, _SECTION)
    if section is None:
        return _into(document, root, f"{_SECTION}: {{{entry}}}")
    if isinstance(section, yaml.MappingNode) and section.value:
        known = _value(section, target)
        if known is None:
            return _into(document, section, entry)
        return _instead(known, f"'{version}'")
    return _instead(section, f"{{{entry}}}")


def _value(node: yaml.Node, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _instead(node: yaml.Node, text: str) -> _Edit:
    """Put `text` in the place of a value; of one that is empty, behind its key."""
    start, end = node.start_mark.index, node.end_mark.index
    return _Edit(start, end, text if end > start else f" {text}")


def _into(document: str, node: yaml.Node, entry: str) -> _Edit:
    """Put `entry` into a mapping: before the first, or at the end of the document."""
    start = node.start_mark.index
    if isinstance(node, yaml.MappingNode) and node.flow_style:
        return _Edit(start + 1, start + 1, f"{entry}, " if node.value else entry)
    if node.start_mark.column:
        return _Edit(start, start, f"{entry}\n{' ' * node.start_mark.column}")
    end = len(document)
    return _Edit(end, end, f"{entry}\n" if document.endswith("\n") else f"\n{entry}\n")
