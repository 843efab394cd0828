"""The words that ship with the product, as YAML files that people can read and correct."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml


@cache
def sentiment_words() -> Mapping[str, Mapping[str, Any]]:
    """Return the words of feeling by language (`any`: emoji), as the files list them.

    Treat them as read-only: they are read once.
    """
    folder = files(__name__) / "sentiment"
    return {
        file.name.removesuffix(".yaml"): _read(file)
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".yaml")
    }


# Reads text only: to YAML's own types, "no" and "yes" would not be words.
_LOADER: type[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def _read(file: Traversable) -> Mapping[str, Any]:
    words: Mapping[str, Any] = yaml.load(file.read_text("utf-8"), _LOADER)  # noqa: S506  (makes nothing but text)
    return words
