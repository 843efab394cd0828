"""Learns from what owners confirmed, and lets the model count when it is better than what does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deploy.backtest.kept import check_backtested
from deploy.training.card import card
from deploy.training.errors import AdoptionError, TrainError
from deploy.training.labels import FEWEST_ROWS, learnable
from deploy.training.making import Incumbent, train
from deploy.training.naming import naming
from deploy.training.trained import Trained
from services.scoring.adapters.confirmations import ConfirmedText, confirmed_texts
from services.scoring.adapters.model_store import PostgresModels, described, models_of
from services.scoring.adapters.models import Target
from services.scoring.training.fit import FEWEST_LABELS, FEWEST_TEXTS
from services.scoring.training.splitting import Labelled, Parts, in_time
from shared.clock import Clock
from shared.postgres.pool import Pool
from shared.program.deciding import LEAD
from shared.program.document import Program
from shared.program.store import Activation, ActiveProgram, ProgramStore
from shared.program.timeline import Start, Timeline

TARGET: Target = "theme"
#: Later texts below which nothing can be said about which is better.
FEWEST_JUDGED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """A model learnt from confirmed causes, beside the program version that it was compared with.

    `gone` are confirmed causes that the program no longer knows, with their numbers of texts.
    """

    tenant: str
    program_version: int
    trained: Trained
    gone: Mapping[str, int]

    @property
    def is_better(self) -> bool:
        """Tell whether it should count instead of what does."""
        return self.trained.is_better


async def retrain(pool: Pool, programs: ProgramStore, tenant: str, *, since: datetime) -> Retrained:
    """Return a model learnt from the causes confirmed for texts that came in since then.

    It learns from the earlier texts and is compared, on the later ones, with what counts now; if
    that is a model of the tenant's own, only on texts that came in after it was kept, so that
    neither has seen them. `pool` runs as the worker's role. Raises TrainError where there is too
    little to learn from or to judge by, ModelNotKeptError when the program names no kept model.
    """
    program = await _program(programs, tenant)
    own = await models_of(pool, program)
    labelled, gone = _known(program, await confirmed_texts(pool, tenant, since))
    _check_rows(labelled)
    parts = in_time(labelled, judge_after=await _kept_at(pool, program))
    _check(parts)
    days = f"{labelled[0].moment:%Y-%m-%d} to {labelled[-1].moment:%Y-%m-%d}"
    trained = train(
        parts,
        target=TARGET,
        data=f"causes that owners of {tenant} confirmed, {days}",
        incumbent=Incumbent(program=program, own=own),
    )
    return Retrained(tenant=tenant, program_version=program.version, trained=trained, gone=gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The activation that makes a model count, and those after it, whose programs are others."""

    activation: Activation
    later: Sequence[Activation]


async def adopt(
    pool: Pool, programs: ProgramStore, found: Retrained, clock: Clock, *, who: str, why: str
) -> Adopted:
    """Keep the model and activate the program with its version in it.

    Raises AdoptionError when another program counts by then, or it can't name the model, and
    NotBacktestedError, with the model kept, where the program demands a backtest of every change.
    """
    active = await _active(programs, found.tenant)
    await _check_unchanged(programs, found, clock.now() + LEAD)
    trained = found.trained
    document = naming(active.document, trained.target, trained.model.version)
    kept = described(
        trained.model, tenant=found.tenant, card=card(trained), who=who, why=why, at=clock.now()
    )
    async with pool.acquire() as connection, connection.transaction():
        await PostgresModels(connection).keep(kept, trained.content)
    await check_backtested(programs, document)
    program = await programs.activate(document, who=who, why=why)
    decided = await programs.history(found.tenant)
    activation = next(one for one in reversed(decided) if one.version == program.version)
    later = [one for one in decided if one.active_from > activation.active_from]
    return Adopted(activation=activation, later=later)


async def _check_unchanged(programs: ProgramStore, found: Retrained, then: datetime) -> None:
    """Refuse to put a document in the place of one that somebody has activated meanwhile."""
    decided = await programs.history(found.tenant)
    starts = [Start(one.active_from, number, one.version) for number, one in enumerate(decided)]
    counting = Timeline(starts).version_at(then)
    if counting != found.program_version:
        raise AdoptionError(
            f"Version {counting} counts by then; the model was compared with"
            f" {found.program_version}.",
            remedy="Run it again in a minute.",
        )


async def _active(programs: ProgramStore, tenant: str) -> ActiveProgram:
    found = await programs.activations(tenant)
    if not found:
        raise TrainError(
            f"No program is active for {tenant!r}.", remedy="Check the name, or activate one."
        )
    return found[0]


async def _program(programs: ProgramStore, tenant: str) -> Program:
    active = await _active(programs, tenant)
    program = await programs.version(tenant, active.version)
    if program is None:
        raise TrainError(f"Version {active.version} of {tenant!r} is gone.", remedy="Try again.")
    return program


async def _kept_at(pool: Pool, program: Program) -> datetime | None:
    """Return when the model of themes that counts was kept, None where there is none."""
    async with pool.acquire() as connection:
        kept = await PostgresModels(connection).kept(program.tenant)
    moments = {one.version: one.kept_at for one in kept}
    return moments.get(program.models.theme) if program.models.theme else None


def _known(
    program: Program, confirmed: Sequence[ConfirmedText]
) -> tuple[list[Labelled], dict[str, int]]:
    themes = {cause.id for cause in program.taxonomy.what}
    gone = Counter(one.what for one in confirmed if one.what not in themes)
    labelled = [
        Labelled(one.text, one.what, one.received_at) for one in confirmed if one.what in themes
    ]
    return labelled, dict(gone)


def _check_rows(labelled: Sequence[Labelled]) -> None:
    if len(labelled) < FEWEST_ROWS:
        raise TrainError(
            f"{len(labelled)} texts with a confirmed cause are too few; {FEWEST_ROWS} are needed.",
            remedy="Wait until owners have resolved more, or reach further back with --since.",
        )


def _check(parts: Parts) -> None:
    if len(parts.judge) < FEWEST_JUDGED:
        raise TrainError(
            f"{len(parts.judge)} later texts are too few to judge by; {FEWEST_JUDGED} are needed.",
            remedy="Wait until more came in after the model was kept that counts now.",
        )
    learnt = {one.label for one in learnable(parts)[0].learn}
    if len(learnt) < FEWEST_LABELS:
        raise TrainError(
            f"{len(learnt)} of the causes have {FEWEST_TEXTS} texts to learn from;"
            f" {FEWEST_LABELS} are needed.",
            remedy="Wait until owners have resolved more, or reach further back with --since.",
        )
