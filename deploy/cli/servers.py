"""Which servers a command works on: those that the environment names, or the local product's."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from deploy.local.place import DEFAULT_FOLDER, Place
from shared.errors import SettingsError
from shared.settings import Settings

DATA_VARIABLE = "CLOSEDLOOP_DATA"
_SERVERS = frozenset({"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"})


def find_settings() -> Settings:
    """Return the settings to work with: the environment's, completed by the local product's.

    Raises SettingsError when servers are named nowhere, or a setting cannot be used.
    """
    values = {**_local_environment(), **os.environ}
    if missing := sorted(_SERVERS - values.keys()):
        raise SettingsError(
            f"No servers to work on: {' and '.join(missing)} are not set, and no local product"
            f" runs in {_folder()}.",
            remedy="Start one with closedloop up, or set them.",
        )
    try:
        return Settings.model_validate(
            {_field(name): value for name, value in values.items() if name in _names()}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(
            f"The setting {_variable(str(first['loc'][0]))} cannot be used: {first['msg']}."
        ) from error


def _folder() -> Path:
    return Path(os.environ.get(DATA_VARIABLE) or DEFAULT_FOLDER).absolute()


def _local_environment() -> dict[str, str]:
    state = Place(root=_folder()).state()
    return state.environment if state and state.is_running() else {}


def _names() -> frozenset[str]:
    return _SERVERS | {
        f"CLOSEDLOOP_{name.upper()}"
        for name, field in Settings.model_fields.items()
        if not field.validation_alias
    }


def _field(variable: str) -> str:
    """Return the name that Settings takes a variable's value under."""
    return variable if variable in _SERVERS else variable.removeprefix("CLOSEDLOOP_").lower()


def _variable(field: str) -> str:
    return field if field in _SERVERS else f"CLOSEDLOOP_{field.upper()}"
