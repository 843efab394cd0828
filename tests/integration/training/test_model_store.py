from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from services.scoring.adapters.model_store import (
    KeptModel,
    ModelNotKeptError,
    PostgresModels,
    UnfitModelError,
    described,
    load_models,
    models_of,
)
from services.scoring.adapters.models import ModelFileError, packed
from services.scoring.bootstrap import API_ROLE
from services.scoring.domain.text.linear import Model
from shared.postgres.pool import Pool, create_pool
from shared.postgres.tenancy import tenant_transaction
from shared.program.document import Models
from tests.unit.program.samples import program
from tests.unit.scoring.text.models import hand_made

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


async def keep(pool: Pool, model: Model, **changes: Any) -> tuple[KeptModel, bool]:  # noqa: ANN401
    named, content = packed(model)
    told: dict[str, Any] = {"tenant": "acme", "card": "# A card", "who": "ann", "why": "to try it"}
    kept = described(named, at=NOW, **told | changes)
    async with pool.acquire() as connection, connection.transaction():
        return kept, await PostgresModels(connection).keep(kept, content)


async def check(pool: Pool, **models: str) -> None:
    named = program().model_copy(update={"models": Models(**models)})
    async with pool.acquire() as connection:
        await PostgresModels(connection).check(named)


async def test_a_model_comes_back_as_it_was_kept(pool: Pool) -> None:
    kept, is_new = await keep(pool, hand_made())

    loaded = (await load_models(pool, [("acme", kept.version)]))["acme", kept.version]

    assert is_new
    assert loaded.version == kept.version
    assert packed(loaded)[1] == packed(hand_made())[1]
    async with pool.acquire() as connection:
        assert await PostgresModels(connection).kept("acme") == [kept]


async def test_the_same_model_is_kept_once_with_its_first_reason(pool: Pool) -> None:
    first, _ = await keep(pool, hand_made())
    _, is_new = await keep(pool, hand_made(), why="once more", who="bob")

    assert not is_new
    async with pool.acquire() as connection:
        assert await PostgresModels(connection).kept("acme") == [first]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE scoring.model SET why = 'another'",
        "DELETE FROM scoring.model",
        "TRUNCATE scoring.model",
    ],
)
async def test_nobody_changes_what_is_kept(pool: Pool, database_url: str, statement: str) -> None:
    await keep(pool, hand_made())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)
    owner = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.RestrictViolationError, match=r"scoring\.model keeps what was"):
        await owner.execute(statement)
    await owner.close()


async def test_a_request_sees_the_models_of_its_tenant_alone(pool: Pool, database_url: str) -> None:
    await keep(pool, hand_made())
    await keep(pool, hand_made(), tenant="other")
    async with await create_pool(database_url, role=API_ROLE) as requests:
        async with tenant_transaction(requests, "other") as connection:
            seen = await connection.fetch("SELECT tenant FROM scoring.model")
        assert [row["tenant"] for row in seen] == ["other"]
        assert await requests.fetch("SELECT tenant FROM scoring.model") == []


async def test_a_model_that_is_not_kept_is_named_with_the_remedy(pool: Pool) -> None:
    kept, _ = await keep(pool, hand_made(), tenant="other")

    with pytest.raises(ModelNotKeptError, match=r"closedloop models keep .* --tenant acme"):
        await load_models(pool, [("other", kept.version), ("acme", kept.version)])


async def test_a_model_under_anothers_version_is_refused(pool: Pool) -> None:
    _, content = packed(hand_made())
    wrong = KeptModel(
        tenant="acme", version="0" * 16, target="sentiment", labels=("negative", "positive"),
        card="", who="ann", why="x", kept_at=NOW,
    )  # fmt: skip
    async with pool.acquire() as connection, connection.transaction():
        await PostgresModels(connection).keep(wrong, content)

    with pytest.raises(ModelFileError, match="What is kept as the model 0000000000000000 is"):
        await load_models(pool, [("acme", "0" * 16)])


async def test_a_program_gets_the_models_that_it_names(pool: Pool) -> None:
    kept, _ = await keep(pool, hand_made())
    named = program().model_copy(update={"models": Models(sentiment=kept.version)})

    assert list(await models_of(pool, named)) == ["sentiment"]
    assert await models_of(pool, program()) == {}


async def test_a_program_that_names_what_is_not_kept_is_refused(pool: Pool) -> None:
    kept, _ = await keep(pool, hand_made(), tenant="other")

    await check(pool)
    with pytest.raises(ModelNotKeptError, match=f"The model {kept.version} of 'acme' is not kept"):
        await check(pool, sentiment=kept.version)


async def test_a_model_of_feelings_does_not_judge_themes(pool: Pool) -> None:
    kept, _ = await keep(pool, hand_made())

    await check(pool, sentiment=kept.version)
    with pytest.raises(UnfitModelError, match=r"judges the sentiment\. Name it as models\.sent"):
        await check(pool, theme=kept.version)


async def test_a_model_that_tells_what_the_taxonomy_lacks_is_refused(pool: Pool) -> None:
    known, _ = await keep(pool, renamed("delay"))
    strange, _ = await keep(pool, renamed("delay", "rude"))

    await check(pool, theme=known.version)
    with pytest.raises(UnfitModelError, match=r"tells 'rude', which taxonomy\.what lacks"):
        await check(pool, theme=strange.version)


def renamed(*labels: str) -> Model:
    """Return a model of these labels."""
    model = hand_made()
    numbers = (0.5,) * len(labels)
    return replace(
        model,
        labels=labels,
        weights=model.weights[:, [*range(len(labels)), 2]],
        bias=numbers,
        prior=numbers,
        tilt=numbers,
    )
