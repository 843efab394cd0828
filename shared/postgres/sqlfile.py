"""SQL from .sql files: blocks that begin with `-- name: what_it_does`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$", re.MULTILINE)


def load(path: Path) -> Mapping[str, str]:
    """Return the file's queries by name.

    Raises ValueError when a name stands twice or the file has no named block: a mistake in the
    source, found when the module is imported.
    """
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    names, bodies = parts[1::2], parts[2::2]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"{path.name}: every query needs a name of its own")
    return dict(zip(names, (body.strip() for body in bodies), strict=True))
