"""Starter programs: a whole program for a branch of business, to be made one's own."""

from __future__ import annotations

import re
from pathlib import Path

from shared.program.schema import SCHEMA_FILE

_FOLDER = Path(__file__).with_name("starters")
_TENANT = re.compile(r"^tenant: .*$", re.MULTILINE)

BRANCHES = tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


def starter(branch: str, *, tenant: str) -> str:
    """Return the document that starts a program for `tenant`; `branch` is one of BRANCHES.

    Its first line names the schema by the name that SCHEMA_FILE has, as lying beside it.
    """
    text = (_FOLDER / f"{branch}.yaml").read_text(encoding="utf-8")
    beside = text.replace(f"$schema=../{SCHEMA_FILE.name}", f"$schema={SCHEMA_FILE.name}")
    return _TENANT.sub(f"tenant: {tenant}", beside, count=1)
