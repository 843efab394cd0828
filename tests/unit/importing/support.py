"""Rows and mappings for the tests of the import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deploy.importing.mapping import ImportMapping
from deploy.importing.rows import Row, open_rows


def mapping(**changes: Any) -> ImportMapping:  # noqa: ANN401  (any part of a mapping)
    document: dict[str, Any] = {
        "source": "urn:test:import",
        "id": "id",
        "customer_id": "customer",
        "touchpoint": {"constant": "refunds"},
        "listening_post": {"constant": "survey"},
        "occurred_at": {"column": "when", "time_zone": "UTC"},
        "rating": {"scale": "nps", "column": "score"},
        "text": "words",
        **changes,
    }
    return ImportMapping.model_validate(
        {name: part for name, part in document.items() if part is not None}
    )


def row(**changes: Any) -> Row:  # noqa: ANN401  (any content of a cell)
    cells = {
        "id": "1",
        "customer": "c-1",
        "when": "2026-03-01T10:00:00",
        "score": "3",
        "words": "Late again.",
        **changes,
    }
    return Row(line=2, cells=cells, digest="digest")


def rows(
    folder: Path,
    content: str | bytes,
    name: str = "feedback.csv",
    **changes: Any,  # noqa: ANN401
) -> list[Row]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    settings = mapping(**changes)
    with open_rows(path, settings.file, settings.check_columns) as file:
        return list(file.rows)
