from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from typer.testing import CliRunner, Result

from deploy.cli.main import app as commands
from deploy.erasing.erase import STATEMENTS
from services.scoring import explaining
from services.scoring.adapters.model_store import PostgresModels, described
from services.scoring.adapters.models import packed
from services.scoring.app import create_app
from services.scoring.bootstrap import open_reading
from services.scoring.domain.analysis import Judges
from services.scoring.domain.scorer import Scorer
from services.scoring.explaining import explain
from services.scoring.judges import open_judges
from shared.errors import ClosedLoopError
from shared.postgres.pool import create_pool
from shared.settings import Settings
from tests.integration.scoring.chat import chatting, says
from tests.integration.scoring.said import (
    ANGRY,
    DOCUMENT,
    NOW,
    activate,
    said,
    score,
    settings_for,
    signed_in,
)
from tests.support.waiting import until
from tests.unit.scoring.sentences import SENTENCES
from tests.unit.scoring.text.models import hand_made


@pytest.fixture
def settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    return settings_for(database_url)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as opened,
    ):
        opened.headers.update(signed_in(settings, "auditor"))
        yield opened


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, commands, ["explain", *words])


async def test_an_explanation_names_rules_values_words_and_versions(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    program = await activate(settings)
    event = said(1, f"{ANGRY} Where is my refund?", segment="gold")
    (one,) = await score(settings, program, [event])
    told = (await client.get(f"/scoring/v1/feedback/{one}")).json()
    assert [(rule["id"], rule["decided"]) for rule in told["rules"]] == [
        ("refund", True),
        ("gold", False),
        ("angry", False),
    ]
    assert told["rules"][1]["values"] == {"category": "detractor", "segment": "gold"}
    assert told["rating_cut"] == {
        "low": 0.0,
        "high": 10.0,
        "detractor_max": 6.0,
        "promoter_min": 9.0,
    }
    assert told["sentiment"]["label"] == "negative"
    assert {"words": "terrible", "weight": 2.0} in told["sentiment"]["words"]
    assert told["theme"]["label"] == "delay"
    assert [word["words"] for word in told["theme"]["words"]] == ["late"]
    assert told["activation"]["who"] == "ann"
    assert told["activation"]["why"] == "to try it"
    assert told["judges"] == told["judges_now"]
    assert len(told["input_sha256"]) == 64
    assert told["same_bytes"] is True
    summary = " ".join(told["summary"])
    assert "Flagged, high: An unhappy customer waits for money." in summary
    assert "The rating, 2 of 10 (nps), is that of a detractor: 0 to 6 on this scale." in summary
    assert "The rule refund decided; 2 more would have, too." in summary
    assert "What went wrong: Too late" in summary


async def test_every_kind_of_feedback_is_scored_again_to_the_byte(settings: Settings) -> None:
    program = await activate(
        settings, DOCUMENT.replace("segment == 'gold'", "earlier_feedback_30d >= 1.0")
    )
    known = [sentences[0] for sentences in SENTENCES.values()]
    odd = [
        "  ",
        "\u202e😡\u0301" * 50,
        "x" * 10_000,
        "ยาวมาก" * 1_700,
        "a@b.example 4111111111111111",
    ]
    events = [
        said(number % 3, text, event_id=str(number), contact={"name": "Ann Lee"})
        for number, text in enumerate([*known, *odd, None])
    ]
    ids = await score(settings, program, events)
    async with open_reading(settings) as reading:
        told = [await explain(reading.pool, reading.programs, "acme", one) for one in ids]
    assert all(one.same_bytes for one in told)
    for one in told:
        assert "".join(piece.text for piece in one.pieces) == (one.event.feedback.text or "")
    assert any(held.rule.id == "gold" for one in told for held in one.held)


async def test_others_are_answered_while_texts_are_read_one_at_a_time(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = await activate(settings)
    ids = await score(settings, program, [said(number, ANGRY) for number in range(3)])
    begun, others_answered = threading.Event(), threading.Event()
    readers, reading = set[str](), []

    def slowly(*given: Any) -> Judges:  # noqa: ANN401  (as they come)
        begun.set()
        reading.append(others_answered.wait(timeout=5))
        readers.add(threading.current_thread().name)
        return open_judges(*given)

    monkeypatch.setattr(explaining, "open_judges", slowly)
    told = asyncio.gather(*(client.get(f"/scoring/v1/feedback/{one}") for one in ids))
    await until(begun.is_set)
    for _ in range(10):
        assert (await client.get("/readyz")).status_code == 200
    others_answered.set()
    assert [answer.status_code for answer in await told] == [200, 200, 200]
    assert reading == [True, True, True]
    # Judges remember what they read, and must not be shared by threads.
    assert len(readers) == 1
    assert threading.current_thread().name not in readers


async def test_a_message_that_another_release_wrote_is_told_apart(settings: Settings) -> None:
    program = await activate(settings)
    (one,) = await score(settings, program, [said(1, ANGRY)])
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute(
        'UPDATE scoring.feedback SET message = replace(message, \'"judges":"\', \'"judges":"0\')'
    )
    await connection.close()
    result = await run(str(one))
    assert "comes out differently: this release reads texts otherwise" in result.stdout


async def test_a_tenants_own_model_names_the_words_that_it_went_by(settings: Settings) -> None:
    model, content = packed(hand_made())
    kept = described(model, tenant="acme", card="", who="ann", why="to try it", at=NOW)
    async with (
        await create_pool(settings.database_url, role="closedloop_scoring") as pool,
        pool.acquire() as connection,
    ):
        await PostgresModels(connection).keep(kept, content)
    text = f"{DOCUMENT}models: {{sentiment: {model.version}}}\n"
    program = await activate(settings, text)
    scorer = Scorer(program, open_judges(program, {"sentiment": model}))
    (one,) = await score(settings, program, [said(1, "It was not good.")], scorer=scorer)
    result = await run(str(one))
    assert "Sounds   negative" in result.stdout
    assert "not good +" in result.stdout
    assert "the same, to the byte" in result.stdout


async def test_a_later_program_does_not_change_what_is_told(settings: Settings) -> None:
    program = await activate(settings)
    (one,) = await score(settings, program, [said(1, "I wait for my refund.")])
    await activate(settings, DOCUMENT.replace("'refund'", "'money back'"))
    result = await run(str(one))
    assert "refund: it decided" in result.stdout
    assert "version 1 of acme" in result.stdout
    assert "to the byte" in result.stdout


async def test_the_command_tells_in_plain_language_first(settings: Settings) -> None:
    program = await activate(settings)
    await score(settings, program, [said(1, f"{ANGRY}\x1b[31m", nps=10)])
    result = await run("said-1", "--source", "urn:acme:survey")
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.stdout
    first, rest = result.stdout.split("Read in the words")
    assert "- Flagged, medium: The words are those of an angry customer." in first
    assert "terrible +2.00" in rest
    assert "Unhappy words, good rating: it waits in the review queue." in result.stdout


async def test_the_command_tells_programs_in_json(settings: Settings) -> None:
    program = await activate(settings)
    (one,) = await score(settings, program, [said(1, None, nps=8)])
    told = json.loads((await run(str(one), "--tenant", "acme", "--json")).stdout)
    assert told["feedback_id"] == str(one)
    assert told["category"] == "passive"
    assert "text" not in told


async def test_what_is_unknown_is_one_line(settings: Settings) -> None:
    nothing = await run(str(uuid4()))
    assert isinstance(nothing.exception, ClosedLoopError)
    assert "Activate" in str(nothing.exception)
    await activate(settings)
    for words, line in (
        ([str(UUID(int=7))], "There is no feedback 00000000-0000-0000-0000-000000000007."),
        (["said-1"], "'said-1' is no feedback id. Of an event's own id give the source too"),
        (["said-1", "--source", "urn:x"], "There is no feedback"),
        ([str(uuid4()), "--tenant", "nobody"], "There is no tenant 'nobody' with a program."),
    ):
        result = await run(*words)
        assert isinstance(result.exception, ClosedLoopError), words
        assert line in str(result.exception)


async def test_second_opinions_and_decisions_stand_beside_the_score(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = await activate(settings)
    (one,) = await score(settings, program, [said(1, ANGRY, nps=10)])
    with chatting(says(sentiment="negative", theme="manner")) as chat:
        monkeypatch.setenv("CLOSEDLOOP_SECOND_OPINION_URL", chat.url)
        monkeypatch.setenv("CLOSEDLOOP_SECOND_OPINION_MODEL", "tiny")
        asked = ["second-opinion", "--since", "9999d"]
        result = await asyncio.to_thread(CliRunner().invoke, commands, asked)
        assert result.exit_code == 0, result.output
    headers = signed_in(settings, "cx_admin") | {"If-Match": '"0"'}
    await client.post(f"/scoring/v1/reviews/{one}", json={"decision": "words"}, headers=headers)
    told = (await client.get(f"/scoring/v1/feedback/{one}")).json()
    (opinion,) = told["second_opinions"]
    assert (opinion["model"], opinion["theme"], opinion.get("cause")) == ("tiny", "manner", None)
    assert told["decisions"][0]["sentiment"] == "negative"
    assert "Unhappy words, good rating. Ann Lee decided: The words are right." in told["summary"]
    shown = (await run(str(one))).stdout
    assert "Second opinion of tiny: sentiment negative, theme manner, cause ?" in shown


async def test_what_an_erased_customer_said_is_explained_without_their_words(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    program = await activate(settings)
    (one,) = await score(settings, program, [said(1, ANGRY)])
    connection = await asyncpg.connect(settings.database_url)
    await connection.execute(STATEMENTS["scoring.feedback"], "acme", "C-00001", "erased-1")
    await connection.close()
    told = await client.get(f"/scoring/v1/feedback/{one}")
    page = await client.get(f"/scoring/feedback/{one}")
    assert (told.status_code, page.status_code) == (200, 200)
    assert ANGRY[:20] not in told.text + page.text
    assert "C-00001" not in told.text
    assert "had their data erased" in page.text
