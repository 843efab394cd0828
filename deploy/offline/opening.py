"""Opens a file in the format that its name tells, for all who read one."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from typing import Any

from deploy.offline.errors import OfflineError
from deploy.offline.job import Wanted, format_of
from deploy.offline.source import Source, open_text


def open_source(wanted: Wanted) -> AbstractContextManager[Source]:
    """Open a CSV, TSV, JSON lines or Parquet file. Raises OfflineError or ImportFailedError."""
    if format_of(wanted.file) == "parquet":
        opened: AbstractContextManager[Source] = parquet_module().open_parquet(wanted)
        return opened
    return open_text(wanted)


def parquet_module() -> Any:  # noqa: ANN401  (a module)
    """Import what reads and writes Parquet: it takes half a second, and 60 MB."""
    try:
        return importlib.import_module("deploy.offline.parquet")
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise OfflineError(
            "Parquet needs the package pyarrow, which is not installed.",
            remedy="Install it, or use CSV, TSV or JSON lines.",
        ) from None
