"""The tenants' own models in PostgreSQL: kept with who and why, never changed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asyncpg import Record

from services.scoring.adapters.models import ModelFileError, Target, target_of, unpacked
from services.scoring.domain.text.linear import Model
from shared.errors import ClosedLoopError
from shared.postgres.pool import Connection, Pool
from shared.postgres.sqlfile import load
from shared.program.document import Program

QUERIES = load(Path(__file__).parents[1] / "sql" / "queries" / "models.sql")

#: A tenant and the version of one of its models.
ModelId = tuple[str, str]


class ModelNotKeptError(ClosedLoopError):
    """A program names a model that is not among those that its tenant has kept."""

    def __init__(self, tenant: str, version: str) -> None:
        super().__init__(
            f"The model {version} of {tenant!r} is not kept.",
            remedy=f"closedloop models keep MODEL.npz --tenant {tenant}; models list shows which"
            " there are.",
        )
        self.tenant = tenant
        self.version = version


class UnfitModelError(ClosedLoopError):
    """A program names a model that judges something else, or tells what its taxonomy lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptModel:
    """A model that a tenant has kept: what it judges, its card (Markdown), who kept it and why."""

    tenant: str
    version: str
    target: Target
    labels: tuple[str, ...]
    card: str
    who: str
    why: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class PostgresModels:
    """Models in one transaction, under the worker's role."""

    connection: Connection

    async def keep(self, kept: KeptModel, content: bytes) -> bool:
        """Keep a model with the content of its file; tell whether it was not kept before."""
        version = await self.connection.fetchval(
            QUERIES["keep"],
            kept.tenant,
            kept.version,
            kept.target,
            kept.labels,
            content,
            kept.card,
            kept.who,
            kept.why,
            kept.kept_at,
        )
        return version is not None

    async def kept(self, tenant: str) -> list[KeptModel]:
        """Return the tenant's models, the latest first."""
        rows = await self.connection.fetch(QUERIES["kept"], tenant)
        return [KeptModel(**{**row, "labels": tuple(row["labels"])}) for row in rows]

    async def check(self, program: Program) -> None:
        """Refuse a program whose `models` are not kept, or judge something else than it says.

        Raises ModelNotKeptError, UnfitModelError.
        """
        named = {target: version for target, version in program.models if version is not None}
        rows = await self.connection.fetch(
            QUERIES["judging"], program.tenant, sorted(named.values())
        )
        judging = {row["version"]: row for row in rows}
        for target, version in named.items():
            if version not in judging:
                raise ModelNotKeptError(program.tenant, version)
            _check_fits(program, target, **dict(judging[version]))


async def load_models(pool: Pool | Connection, wanted: Collection[ModelId]) -> dict[ModelId, Model]:
    """Return the models `wanted`; `pool` runs as the worker's role.

    Raises ModelNotKeptError for one that its tenant has not kept, ModelFileError for one that
    this version of the software can't read.
    """
    if not wanted:
        return {}
    tenants, versions = zip(*sorted(set(wanted)), strict=True)
    rows = await pool.fetch(QUERIES["files"], tenants, versions)
    models = await asyncio.to_thread(_unpacked, rows)
    for tenant, version in sorted(wanted):
        if (tenant, version) not in models:
            raise ModelNotKeptError(tenant, version)
    return models


def _check_fits(
    program: Program, named: str, *, version: str, target: str, labels: Sequence[str]
) -> None:
    if target != named:
        raise UnfitModelError(
            f"models.{named}: the model {version} judges the {target}.",
            remedy=f"Name it as models.{target}, or train one for the {named}.",
        )
    themes = {cause.id for cause in program.taxonomy.what}
    unknown = [label for label in labels if label not in themes]
    if target == "theme" and unknown:
        raise UnfitModelError(
            f"models.theme: the model {version} tells {unknown[0]!r}, which taxonomy.what lacks.",
            remedy="Keep the entry, or train the model anew.",
        )


async def models_of(pool: Pool | Connection, program: Program) -> dict[Target, Model]:
    """Return the models that `program` names, by what they judge. Raises as `load_models` does."""
    named = program.models
    versions: dict[Target, str | None] = {"sentiment": named.sentiment, "theme": named.theme}
    wanted = {target: (program.tenant, own) for target, own in versions.items() if own}
    models = await load_models(pool, wanted.values())
    return {target: models[model] for target, model in wanted.items()}


def _unpacked(rows: Iterable[Record]) -> dict[ModelId, Model]:
    return {
        (tenant, version): _checked(unpacked(file, f"The model {version} of {tenant!r}"), version)
        for tenant, version, file in rows
    }


def _checked(model: Model, version: str) -> Model:
    if model.version != version:
        raise ModelFileError(
            f"What is kept as the model {version} is {model.version}.",
            remedy="Restore the table scoring.model from a copy.",
        )
    return model


def described(
    model: Model, *, tenant: str, card: str, who: str, why: str, at: datetime
) -> KeptModel:
    """Return what is kept beside the file of `model`, which has its version."""
    return KeptModel(
        tenant=tenant,
        version=model.version,
        target=target_of(model),
        labels=model.labels,
        card=card,
        who=who,
        why=why,
        kept_at=at,
    )
