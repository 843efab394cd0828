"""The sample company in a local product: prepared once, played once."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deploy.local.place import Place
from deploy.sample import Site, program_yaml
from services.ingest.bootstrap import open_publishers
from services.ingest.errors import PublisherExistsError, UnknownPublisherError
from services.ingest.handlers import add_publisher, revoke_publisher
from shared.program.store import ACTIVATING_ROLE, open_programs
from shared.settings import Settings

PUBLISHER = "sample-survey"

_KEY = "sample-publisher-key"
_WHO, _WHY = "closedloop demo", "The sample company"


class Performance(BaseModel):
    """What is played, and whether it has been. The same arguments name the same events."""

    model_config = ConfigDict(frozen=True)

    events: int
    end: date
    played: bool = False


def settings_of(environment: Mapping[str, str]) -> Settings:
    """Return the settings that the product's own processes have."""
    return Settings.model_validate(
        {
            name.removeprefix("CLOSEDLOOP_").lower()
            if name.startswith("CLOSEDLOOP_")
            else name: value
            for name, value in environment.items()
        }
    )


async def prepare(place: Place, settings: Settings, base_url: str) -> Site:
    """Activate the sample's program and have a publisher's key; return where it is played."""
    async with open_programs(settings.database_url, role=ACTIVATING_ROLE) as programs:
        program = await programs.activate(program_yaml(), who=_WHO, why=_WHY)
    return Site(
        base_url=base_url,
        tenant=program.tenant,
        publisher_key=await _publisher_key(place, settings, program.tenant),
        secret=settings.secret,
    )


def performance(place: Place, events: int) -> Performance:
    """Return what to play here: what was begun goes on, otherwise the days up to today."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        return Performance.model_validate_json(_file(place).read_bytes())
    begun = Performance(events=events, end=datetime.now(UTC).date())
    note(place, begun)
    return begun


def note(place: Place, performed: Performance) -> None:
    """Keep what is played, so that a start that was broken off plays the same events again."""
    _file(place).write_text(performed.model_dump_json())


def _file(place: Place) -> Path:
    return place.root / "sample.json"


async def _publisher_key(place: Place, settings: Settings, tenant: str) -> str:
    """Return the key that is kept here, or a new one where it is not."""
    kept = place.root / _KEY
    if not kept.exists():
        place.keep_secret(_KEY, await _new_key(settings, tenant))
    return kept.read_text()


async def _new_key(settings: Settings, tenant: str) -> str:
    async with open_publishers(settings) as publishers:
        try:
            return await add_publisher(publishers, tenant, PUBLISHER)
        except PublisherExistsError:  # of another folder that used the same database
            with contextlib.suppress(UnknownPublisherError):
                await revoke_publisher(publishers, tenant, PUBLISHER)
            return await add_publisher(publishers, tenant, PUBLISHER)
