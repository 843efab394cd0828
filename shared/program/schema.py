"""The JSON Schema of a program, from the models, so that editors complete and explain it.

`make contracts` writes it; a test holds the file and the models together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.contracts.schemas import WithoutTitles, refuse_other_names, written
from shared.program.document import Program

SCHEMA_FILE = Path(__file__).with_name("program.schema.json")


def schema() -> dict[str, Any]:
    """Return the schema. What refers to something else in the document only `check` judges."""
    found = Program.model_json_schema(schema_generator=WithoutTitles)
    refuse_other_names(found)
    return {"$schema": WithoutTitles.schema_dialect, **found, "title": "A closedloop program"}


def main() -> None:
    """Write the schema's file."""
    SCHEMA_FILE.write_text(written(schema()), encoding="utf-8")


if __name__ == "__main__":
    main()
