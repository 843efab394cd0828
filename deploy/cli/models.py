"""`closedloop models`: keep a tenant's own models, list them, learn from what owners confirm."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from deploy.cli.program_opened import Who, in_utc, text_of, user
from deploy.cli.servers import find_settings
from deploy.cli.spans import span_of
from deploy.cli.train import need_scikit_learn
from deploy.cli.trained import as_object, lines
from deploy.training.errors import TrainError
from services.scoring.adapters.model_store import KeptModel, PostgresModels, described
from services.scoring.adapters.models import load, packed
from shared.clock import SystemClock
from shared.contracts.events import Tenant as TenantName
from shared.postgres.pool import Pool, create_pool
from shared.program.deciding import Reason
from shared.program.document import Program
from shared.program.store import ACTIVATING_ROLE, ProgramStore, open_programs

if TYPE_CHECKING:
    from deploy.training.retraining import Adopted, Retrained

app = typer.Typer(
    help="A tenant's own models: keep, list, learn from what owners confirm.",
    no_args_is_help=True,
)

WORKER_ROLE = "closedloop_scoring"
_NOT_BETTER = 3
_TENANT: TypeAdapter[str] = TypeAdapter(TenantName)

Tenant = Annotated[str, typer.Option(help="Whose model it is.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs.")]
T = TypeVar("T")


@app.command()
def keep(
    file: Annotated[Path, typer.Argument(help="The model, as closedloop train wrote it.")],
    tenant: Tenant,
    why: Annotated[str, typer.Option(help="What it is for, for those who ask later.")],
    who: Who = "",
    as_json: AsJson = False,
) -> None:
    """Keep a model and its card (MODEL.md beside it), so that a program can name it."""
    model, content = packed(load(file))
    reason = Reason(who=user(who), why=why)
    kept = described(
        model,
        tenant=_tenant(tenant),
        card=_card_beside(file),
        who=reason.who,
        why=reason.why,
        at=SystemClock().now(),
    )
    is_new = _with_pool(lambda pool: _keep(pool, kept, content))
    if as_json:
        typer.echo(json.dumps({**_as_object(kept), "new": is_new}, ensure_ascii=False))
        return
    typer.echo(f"{kept.target} {kept.version} {'is' if is_new else 'was'} kept for {tenant}.")
    typer.echo(f"To let it judge, write into the program: models: {{{_named(kept)}}}")


@app.command("list")
def list_models(tenant: Tenant, as_json: AsJson = False) -> None:
    """List the models that a tenant has kept, the latest first."""
    whose = _tenant(tenant)
    kept = _with_pool(lambda pool: _kept(pool, whose))
    if as_json:
        typer.echo(json.dumps([_as_object(one) for one in kept], ensure_ascii=False))
    elif not kept:
        typer.echo(f"{tenant} has kept no model. Keep one: closedloop models keep MODEL.npz")
    for one in [] if as_json else kept:
        typer.echo(
            f"{one.target}  {one.version}  {len(one.labels)} labels  kept {in_utc(one.kept_at)}"
            f"  by {one.who}: {one.why}"
        )


@app.command()
def retrain(
    tenant: Tenant,
    since: Annotated[str, typer.Option(help="How far back texts are read: 12h, 30d, 8w.")] = "365d",
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Let it count, when it is better.")
    ] = False,
    why: Annotated[str, typer.Option(help="Why it is adopted, for those who ask later.")] = "",
    who: Who = "",
    as_json: AsJson = False,
) -> None:
    """Learn themes from the causes that owners confirmed, and compare with what counts now.

    It learns from the earlier texts and is measured on the later fifth. It is better when the
    whole interval of what it gains lies above 0, beside what counts and beside always saying the
    commonest label; only then --adopt keeps it and activates the program with its version.

    Exit code: 0 better, 3 not better (nothing is kept), 1 not done.
    """
    need_scikit_learn()
    whose, span, name = _tenant(tenant), span_of("--since", since), user(who)
    if adopt:
        Reason(who=name, why=why)
    found, adopted = _with_stores(
        lambda pool, programs: _retrained(
            pool, programs, whose, span, (name, why) if adopt else None
        )
    )
    if as_json:
        typer.echo(json.dumps(_retrained_object(found, adopted), ensure_ascii=False))
    else:
        _tell(found, adopted)
    if not found.is_better:
        raise typer.Exit(_NOT_BETTER)


def check_kept(program: Program) -> None:
    """Refuse a program whose models its tenant has not kept, or that judge something else.

    Raises ModelNotKeptError, UnfitModelError; SettingsError when no server is found.
    """
    if any(version is not None for _, version in program.models):
        _with_pool(lambda pool: _check(pool, program))


async def _check(pool: Pool, program: Program) -> None:
    async with pool.acquire() as connection:
        await PostgresModels(connection).check(program)


async def _keep(pool: Pool, kept: KeptModel, content: bytes) -> bool:
    async with pool.acquire() as connection, connection.transaction():
        return await PostgresModels(connection).keep(kept, content)


async def _kept(pool: Pool, tenant: str) -> list[KeptModel]:
    async with pool.acquire() as connection:
        return await PostgresModels(connection).kept(tenant)


async def _retrained(
    pool: Pool,
    programs: ProgramStore,
    tenant: str,
    span: timedelta,
    reason: tuple[str, str] | None,
) -> tuple[Retrained, Adopted | None]:
    from deploy.training import retraining  # noqa: PLC0415  (scikit-learn)

    clock = SystemClock()
    with Console(stderr=True).status("Learning …"):
        since = clock.now() - span
        found = await retraining.retrain(pool, programs, tenant, since=since)
    if reason is None or not found.is_better:
        return found, None
    who, why = reason
    return found, await retraining.adopt(pool, programs, found, clock, who=who, why=why)


def _tell(found: Retrained, adopted: Adopted | None) -> None:
    counts = f"version {found.program_version} of its program"
    typer.echo(f"{found.tenant}: themes from confirmed causes, against what counts by {counts}")
    if found.gone:
        gone = ", ".join(f"{what} ({n})" for what, n in sorted(found.gone.items()))
        typer.echo(f"  Left out     {gone}: no longer in the program's taxonomy")
    for line in lines(found.trained):
        typer.echo(line)
    typer.echo("")
    if adopted is None:
        better = "Better. To let it count: --adopt --why REASON."
        typer.echo(better if found.is_better else "Not better: nothing was kept.")
        return
    new = adopted.activation
    typer.echo(
        f"Adopted: version {new.version} of {found.tenant} names {found.trained.model.version}"
        f" and counts from {in_utc(new.active_from)} on."
    )
    for one in adopted.later:
        since = in_utc(one.active_from)
        typer.echo(f"Version {one.version}, which counts from {since} on, does not name it.")


def _retrained_object(found: Retrained, adopted: Adopted | None) -> dict[str, Any]:
    return {
        "tenant": found.tenant,
        "compared_with": found.program_version,
        "adopted_as": adopted.activation.version if adopted else None,
        "active_from": adopted.activation.active_from.isoformat() if adopted else None,
        "gone": dict(found.gone),
        **as_object(found.trained),
    }


def _as_object(kept: KeptModel) -> dict[str, Any]:
    return {
        "tenant": kept.tenant,
        "version": kept.version,
        "target": kept.target,
        "labels": list(kept.labels),
        "who": kept.who,
        "why": kept.why,
        "kept_at": kept.kept_at.isoformat(),
        "card": kept.card,
    }


def _named(kept: KeptModel) -> str:
    return f"{kept.target}: '{kept.version}'"


def _card_beside(file: Path) -> str:
    place = file.with_suffix(".md")
    card = text_of(place) if place.exists() else ""
    if "\0" in card:
        raise TrainError(f"{place} is not text: it holds U+0000.", remedy="Write the card anew.")
    return card


def _tenant(name: str) -> str:
    """Return the name of a tenant. Raises TrainError for what is none."""
    try:
        return _TENANT.validate_python(name)
    except ValidationError:
        raise TrainError(
            f"--tenant: {name!r} is no tenant.",
            remedy="Its name has lower-case letters, digits, - and _, a letter or digit first.",
        ) from None


def _with_pool(work: Callable[[Pool], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with _pool(find_settings().database_url) as pool:
            return await work(pool)

    return asyncio.run(opened())


def _with_stores(work: Callable[[Pool, ProgramStore], Awaitable[T]]) -> T:
    async def opened() -> T:
        url = find_settings().database_url
        async with _pool(url) as pool, open_programs(url, role=ACTIVATING_ROLE) as programs:
            return await work(pool, programs)

    return asyncio.run(opened())


@asynccontextmanager
async def _pool(database_url: str) -> AsyncIterator[Pool]:
    """Open connections as the scoring worker, whose the models are."""
    async with await create_pool(database_url, role=WORKER_ROLE, max_size=2) as pool:
        yield pool
