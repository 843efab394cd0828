"""Taxonomies that ship with the product: what can go wrong and why, with words in eight languages.

The default's first level follows the complaint types of the harmonised methodology for
classifying and reporting consumer complaints (Commission Recommendation of 12 May 2010,
C(2010) 3021, OJ L 136, 2.6.2010, p. 1); names, second level and words are this project's own.

A folder is a taxonomy: `entries.yaml` has the entries (`id`, `name`, `parent`), and a file for
each language (BCP 47) their words and examples. Who corrects a language edits one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

#: The two halves of a taxonomy: what went wrong, and for which reason.
HALVES = ("what", "why")
_ENTRIES = "entries.yaml"
# Reads text only: to YAML's own types, Norwegian's "no" would be false.
_LOADER: type[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Entries = list[dict[str, Any]]


@cache
def taxonomy(name: str) -> Mapping[str, Entries]:
    """Return the taxonomy `name`, `default` or `airline`, as a program's `taxonomy` has it.

    A list of entries for each half, {id, name, parent, words, examples}, in which `parent`,
    `words` and `examples` may be absent. One that has no `why` has the default's. Treat it as
    read-only: it is read once. Raises LookupError for a name that does not ship.
    """
    folder = files(__name__) / name
    if name not in names():
        raise LookupError(f"There is no taxonomy {name!r}; there are {', '.join(names())}.")
    halves: dict[str, Entries] = _read(folder / _ENTRIES)
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml") and file.name != _ENTRIES:
            _add_language(halves, file.name.removesuffix(".yaml"), _read(file))
    return halves if "why" in halves else {**halves, "why": default_taxonomy()["why"]}


def default_taxonomy() -> Mapping[str, Entries]:
    """Return the taxonomy of a tenant who writes none of their own."""
    return taxonomy("default")


@cache
def default_words(half: str) -> Mapping[str, Mapping[str, list[str]]]:
    """Return the words of each entry in a half of the default taxonomy: id -> language -> words."""
    return {entry["id"]: entry.get("words", {}) for entry in default_taxonomy()[half]}


def names() -> list[str]:
    """Return the names of the taxonomies that ship."""
    return sorted(folder.name for folder in files(__name__).iterdir() if _is_taxonomy(folder))


def _is_taxonomy(folder: Traversable) -> bool:
    return folder.is_dir() and (folder / _ENTRIES).is_file()


def _read(file: Traversable) -> Any:  # noqa: ANN401  (the shape is the file's)
    return yaml.load(file.read_text("utf-8"), _LOADER)  # noqa: S506  (makes nothing but text)


def _add_language(halves: Mapping[str, Entries], language: str, said: Mapping[str, Any]) -> None:
    for half, entries in said.items():
        by_id = {entry["id"]: entry for entry in halves.get(half, [])}
        for identity, texts in entries.items():
            for key, listed in texts.items():
                by_id[identity].setdefault(key, {})[language] = listed
