"""`make contracts`: writes what is generated from the models and topics.yaml.

Released schemas are not among it: they are copied by hand when a version is released, and
tests/contract compares each new schema with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shared.contracts.asyncapi import ASYNCAPI_FILE, written_asyncapi
from shared.contracts.schemas import MODELS, SCHEMA_FOLDER, schema_of, written


def generated() -> Mapping[Path, str]:
    """Return every generated file with the text that it must hold."""
    schemas = {SCHEMA_FOLDER / f"{name}.json": written(schema_of(name)) for name in MODELS}
    return {**schemas, ASYNCAPI_FILE: written_asyncapi()}


def main() -> None:
    """Write every generated file."""
    SCHEMA_FOLDER.mkdir(exist_ok=True)
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
