from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.main import app
from services.scoring.adapters.model_store import models_of
from services.scoring.adapters.models import packed
from shared.clock import FixedClock, SystemClock
from shared.errors import ClosedLoopError
from shared.postgres.pool import Pool
from shared.program.deciding import LEAD
from shared.program.document import Program
from shared.program.store import ProgramStore
from tests.integration.training.resolved import changed, keep, said
from tests.unit.scoring.text.models import hand_made
from tests.unit.training.samples import PROGRAM, history

pytest.importorskip("sklearn", reason="training needs scikit-learn")

from deploy.training.errors import AdoptionError, TrainError
from deploy.training.retraining import Retrained, adopt, retrain

NOW = datetime.now(UTC)
SINCE = NOW - timedelta(days=365)
NOT_BETTER = 3


async def confirm(
    pool: Pool, told: Sequence[tuple[str, str]], *, first: datetime = NOW - timedelta(days=90)
) -> None:
    """Have customers say each text, an hour after the other, and owners confirm its cause."""
    await said(
        pool, [text for text, _ in told], [first + timedelta(hours=n) for n in range(len(told))]
    )
    await keep(pool, [changed(n, what=what) for n, (_, what) in enumerate(told)])


def texts(rows: int = 180) -> list[tuple[str, str]]:
    return [(text, label) for text, label, _ in history(rows)]


def muddled() -> list[tuple[str, str]]:
    """Return texts that all say the same, with one cause or the other by lot."""
    lot = random.Random(5)
    return [("It came too late", lot.choice(["delay", "refund"])) for _ in range(180)]


@pytest.fixture
async def activated(programs: ProgramStore) -> ProgramStore:
    await programs.activate(PROGRAM, who="ann", why="the first one")
    return programs


async def counting(programs: ProgramStore) -> Program:
    """Return what counts of acme's programs when every activation so far has come to count."""
    programs.clock = FixedClock(datetime.now(UTC) + LEAD)
    return (await programs.active())["acme"]


async def found(pool: Pool, programs: ProgramStore) -> Retrained:
    return await retrain(pool, programs, "acme", since=SINCE)


async def run(*words: str) -> Result:
    """Run the command in a thread, where it may have an event loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, ["models", *words])


async def test_a_better_model_is_adopted_and_judges_from_then_on(
    pool: Pool, activated: ProgramStore
) -> None:
    await confirm(pool, texts())

    better = await found(pool, activated)
    adopted = await adopt(pool, activated, better, SystemClock(), who="ann", why="it knows more")

    assert better.is_better
    assert (better.trained.learnt.texts, better.trained.judged.texts) == (144, 36)
    assert (adopted.activation.version, adopted.later) == (2, [])
    program = await counting(activated)
    assert (program.version, program.models.theme) == (2, better.trained.model.version)
    assert packed((await models_of(pool, program))["theme"])[1] == better.trained.content
    (latest,) = await activated.activations("acme")
    assert (latest.who, latest.why) == ("ann", "it knows more")
    assert latest.document == PROGRAM + f"models: {{theme: '{program.models.theme}'}}\n"
    assert latest.activated_at == adopted.activation.activated_at


async def test_the_same_confirmations_give_the_same_model(
    pool: Pool, activated: ProgramStore
) -> None:
    await confirm(pool, texts())

    one, other = await found(pool, activated), await found(pool, activated)

    assert one.trained.content == other.trained.content
    assert one.trained.comparison == other.trained.comparison


async def test_owners_who_confirm_now_this_now_that_teach_nothing_better(
    pool: Pool, activated: ProgramStore
) -> None:
    await confirm(pool, muddled())

    assert not (await found(pool, activated)).is_better


async def test_a_cause_that_few_confirmed_is_left_out_and_counts_as_missed(
    pool: Pool, activated: ProgramStore
) -> None:
    told = texts()
    for place in (3, 50, 100, 170):
        told[place] = (told[place][0], "rude")
    await confirm(pool, told)

    trained = (await found(pool, activated)).trained

    assert trained.left_out == {"rude": 3}
    rude = next(row for row in trained.labels if row.label == "rude")
    assert (rude.learnt, rude.judged, rude.recall) == (0, 1, 0)


async def test_a_cause_that_the_program_no_longer_knows_is_told(
    pool: Pool, activated: ProgramStore
) -> None:
    await confirm(pool, [*texts(), ("It is gone", "theft")])

    assert (await found(pool, activated)).gone == {"theft": 1}


async def test_too_few_confirmations_are_counted(pool: Pool, activated: ProgramStore) -> None:
    await confirm(pool, texts(49))

    with pytest.raises(TrainError, match="49 texts with a confirmed cause are too few; 50 are"):
        await found(pool, activated)


async def test_only_what_came_after_the_model_that_counts_can_tell_which_is_better(
    pool: Pool, activated: ProgramStore
) -> None:
    await confirm(pool, texts())
    first = await found(pool, activated)
    await adopt(pool, activated, first, SystemClock(), who="ann", why="it knows more")
    assert (await counting(activated)).version == 2

    with pytest.raises(TrainError, match="0 later texts are too few to judge by"):
        await found(pool, activated)


async def test_a_model_is_not_adopted_over_a_program_that_changed_meanwhile(
    pool: Pool, activated: ProgramStore
) -> None:
    await confirm(pool, texts())
    better = await found(pool, activated)
    await activated.activate(PROGRAM + "# changed\n", who="bob", why="another")

    with pytest.raises(AdoptionError, match=r"Version 2 counts by then; .* compared with 1"):
        await adopt(pool, activated, better, SystemClock(), who="ann", why="it knows more")


@pytest.mark.usefixtures("activated", "configured")
async def test_the_command_says_better_and_changes_nothing_unless_told(
    pool: Pool, activated: ProgramStore
) -> None:
    await confirm(pool, texts())

    looked = await run("retrain", "--tenant", "acme")
    adopted = await run("retrain", "--tenant", "acme", "--adopt", "--why", "better", "--json")

    assert looked.exit_code == adopted.exit_code == 0, adopted.output
    assert "It is better: macro-F1 +" in looked.stdout
    assert looked.stdout.endswith("\nBetter. To let it count: --adopt --why REASON.\n")
    told = json.loads(adopted.stdout)
    assert (told["better"], told["compared_with"], told["adopted_as"]) == (True, 1, 2)
    shown = json.loads((await run("list", "--tenant", "acme", "--json")).stdout)
    assert [one["version"] for one in shown] == [told["version"]]
    assert told["version"] in shown[0]["card"]


@pytest.mark.usefixtures("configured")
async def test_a_planned_version_that_does_not_name_the_model_is_told(
    pool: Pool, activated: ProgramStore
) -> None:
    await confirm(pool, texts())
    new_year = datetime(2190, 1, 1, tzinfo=UTC)
    await activated.activate(PROGRAM + "# 2190\n", who="bob", why="new year", start=new_year)

    result = await run("retrain", "--tenant", "acme", "--adopt", "--why", "better")

    assert "Adopted: version 3 of acme names " in result.stdout
    assert "Version 2, which counts from 2190-01-01 00:00:00 UTC on, does not name it." in (
        result.stdout
    )


@pytest.mark.usefixtures("activated", "configured")
async def test_what_is_not_better_is_not_adopted(pool: Pool) -> None:
    await confirm(pool, muddled())

    result = await run("retrain", "--tenant", "acme", "--adopt", "--why", "better")

    assert result.exit_code == NOT_BETTER
    assert result.stdout.endswith("\nNot better: nothing was kept.\n")
    assert "acme has kept no model." in (await run("list", "--tenant", "acme")).stdout


@pytest.mark.usefixtures("configured")
async def test_a_model_is_kept_with_its_card_and_listed(tmp_path: Path) -> None:
    named, content = packed(hand_made())
    (tmp_path / "own.npz").write_bytes(content)
    (tmp_path / "own.md").write_text("# Our own\n", encoding="utf-8")
    words = ("keep", str(tmp_path / "own.npz"), "--tenant", "acme", "--who", "ann", "--why", "try")

    first, again = await run(*words), await run(*words)

    assert f"sentiment {named.version} is kept for acme." in first.stdout
    assert f"models: {{sentiment: '{named.version}'}}" in first.stdout
    assert f"sentiment {named.version} was kept for acme." in again.stdout
    (shown,) = json.loads((await run("list", "--tenant", "acme", "--json")).stdout)
    assert (shown["card"], shown["who"], shown["why"]) == ("# Our own\n", "ann", "try")
    line = (await run("list", "--tenant", "acme")).stdout
    assert line.startswith(f"sentiment  {named.version}  2 labels  kept 20")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("retrain", "--tenant", "acme", "--since", "1y"), "--since: '1y' is no span of time"),
        (("retrain", "--tenant", "acme", "--since", "0d"), "--since: '0d' is no span of time"),
        (("retrain", "--tenant", "acme", "--adopt"), "who wanted it and why"),
        (("retrain", "--tenant", "nobody"), "No program is active for 'nobody'"),
        (("list", "--tenant", "ACME"), "--tenant: 'ACME' is no tenant"),
        (("keep", "none.npz", "--tenant", "acme", "--why", "x"), "There is no model file none.npz"),
    ],
)
@pytest.mark.usefixtures("configured")
async def test_a_wrong_option_is_one_line(words: tuple[str, ...], complaint: str) -> None:
    result = await run(*words)

    assert result.exit_code == 1
    assert isinstance(result.exception, ClosedLoopError), result.output
    assert complaint in str(result.exception)
