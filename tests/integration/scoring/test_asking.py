from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import httpx
import pytest
from typer.testing import CliRunner, Result

from deploy.cli.main import app
from services.scoring.adapters.second_opinion import ChatEndpoint
from services.scoring.asking import Asking
from services.scoring.bootstrap import open_reading
from services.scoring.domain.second_opinion import SecondOpinion
from shared.errors import ClosedLoopError, SettingsError
from shared.settings import Settings
from tests.integration.scoring.chat import Chat, Reply, chatting, completion, says
from tests.integration.scoring.said import (
    ANGRY,
    GLAD,
    activate,
    contradictions,
    said,
    score,
    settings_for,
)
from tests.support.waiting import until

COMMAND = ["second-opinion", "--tenant", "acme", "--since", "9999d"]
#: Words that nobody can judge, and that look like the JSON around them.
ODD = 'zzz "theme":{"label":'


@pytest.fixture
def settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    return settings_for(database_url)


@pytest.fixture
async def ids(settings: Settings) -> list[UUID]:
    """Give the ids of two contradictions, a plain complaint, a neutral word, a bare rating."""
    program = await activate(settings)
    events = [
        *contradictions(2),
        said(2, ANGRY),
        said(3, ODD, nps=None),
        said(4, None, nps=3),
        said(5, None, nps=3, attributes={"text": "not the customer's", "theme": "none"}),
    ]
    return await score(settings, program, events)


async def ask(chat: Chat, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    """Run the command, which asks the server."""
    monkeypatch.setenv("CLOSEDLOOP_SECOND_OPINION_URL", chat.url)
    monkeypatch.setenv("CLOSEDLOOP_SECOND_OPINION_MODEL", "tiny")
    monkeypatch.setenv("CLOSEDLOOP_SECOND_OPINION_KEY", "s3cret")
    return await asyncio.to_thread(CliRunner().invoke, app, [*COMMAND, *words])


async def test_texts_are_asked_about_once_and_the_agreement_is_counted(
    ids: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = [says(), says(sentiment="negative", theme="delay"), says(sentiment="negative")]
    with chatting(*replies) as chat:
        first = await ask(chat, monkeypatch, "--at-once", "1", "--json")
        again = await ask(chat, monkeypatch)
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert (told["answered"], told["refused"]) == (4, 0)
    assert told["agreement"]["sentiment"]["compared"] == 3
    assert told["agreement"]["sentiment"]["share"] == pytest.approx(2 / 3)
    assert told["agreement"]["sentiment"]["kappa"] == 0
    assert told["agreement"]["theme"] == {"compared": 1, "share": 1.0, "kappa": None}
    assert len(chat.requests) == 4  # a bare rating has nothing to ask about
    assert set(chat.keys) == {"Bearer s3cret"}
    assert "nothing left to ask about" in again.stdout
    assert "3 told by both, the same in 67%, Cohen's kappa 0.00" in again.stdout


@pytest.mark.parametrize(
    ("only", "texts"),
    [
        ("review", {ANGRY, GLAD}),
        ("flagged", {ANGRY, GLAD}),
        ("abstained", {ODD, GLAD}),
    ],
)
async def test_only_a_part_is_asked_about(
    ids: list[UUID], monkeypatch: pytest.MonkeyPatch, only: str, texts: set[str]
) -> None:
    with chatting(says()) as chat:
        result = await ask(chat, monkeypatch, "--only", only)
    assert result.exit_code == 0, result.output
    sent = {request["messages"][1]["content"] for request in chat.requests}
    assert {text for text in (ANGRY, GLAD, ODD) if any(text in one for one in sent)} == texts


async def test_a_refused_answer_is_kept_with_the_reason(
    ids: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chatting(completion("Sure! It is negative.\0")) as chat:
        result = await ask(chat, monkeypatch, "--limit", "1", "--json")
    told = json.loads(result.stdout)
    assert (told["answered"], told["refused"]) == (0, 1)
    assert told["agreement"]["sentiment"]["compared"] == 0


async def test_what_was_answered_before_the_endpoint_failed_is_kept(
    ids: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chatting(says(sentiment="neutral"), Reply(403, b"")) as chat:
        failed = await ask(chat, monkeypatch, "--at-once", "1")
    assert isinstance(failed.exception, ClosedLoopError)
    assert "refuses the key" in str(failed.exception)
    with chatting(says()) as chat:
        await ask(chat, monkeypatch)
    assert len(chat.requests) == 3


@asynccontextmanager
async def asking(settings: Settings, http: httpx.AsyncClient, chat: Chat) -> AsyncIterator[Asking]:
    """Give what asks the server about two texts at once."""
    async with open_reading(settings) as reading, http:
        yield Asking(
            pool=reading.pool,
            programs=reading.programs,
            endpoint=ChatEndpoint(http=http, url=chat.url, model="tiny"),
            tenant="acme",
            since=datetime(2020, 1, 1, tzinfo=UTC),
            at_once=2,
        )


async def test_so_many_are_asked_about_at_once_and_no_more(
    settings: Settings, ids: list[UUID]
) -> None:
    begun, ended, most = 0, 0, 0

    async def begin(_: httpx.Request) -> None:
        nonlocal begun, most
        begun += 1
        for _turn in range(10):  # whoever else begins does so before these are over
            await asyncio.sleep(0)
        most = max(most, begun - ended)

    async def end(_: httpx.Response) -> None:
        nonlocal ended
        ended += 1

    http = httpx.AsyncClient(event_hooks={"request": [begin], "response": [end]})
    with chatting(says()) as chat:
        async with asking(settings, http, chat) as two:
            opinions = [opinion async for opinion in two.opinions(None, 100)]
    assert (len(opinions), begun, most) == (4, 4, 2)


async def kept(settings: Settings) -> int:
    """Return how many second opinions are kept."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM scoring.second_opinion")
    finally:
        await connection.close()
    return count


async def test_who_interrupts_the_command_keeps_what_was_answered(
    settings: Settings, ids: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    with chatting(says(), says(), says()._replace(gate=gate)) as chat:
        monkeypatch.setenv("CLOSEDLOOP_SECOND_OPINION_URL", chat.url)
        monkeypatch.setenv("CLOSEDLOOP_SECOND_OPINION_MODEL", "tiny")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.cli", *COMMAND, "--at-once", "2"),
            stderr=asyncio.subprocess.PIPE,
        )
        # A question follows one that is answered and kept.
        await until(lambda: len(chat.requests) == 4, within_s=60)
        process.send_signal(signal.SIGINT)
        _, told = await process.communicate()
        gate.set()
    assert process.returncode not in {0, None}
    assert b"Traceback" not in told
    assert await kept(settings) == 2


async def first_opinion(settings: Settings, chat: Chat) -> SecondOpinion:
    """Ask the server about one text."""
    async with asking(settings, httpx.AsyncClient(), chat) as two:
        return await anext(two.opinions(None, 1))


async def test_an_answer_that_is_being_kept_is_kept_though_somebody_interrupts(
    settings: Settings, ids: list[UUID]
) -> None:
    holder = await asyncpg.connect(settings.database_url)
    with chatting(says()) as chat:
        async with holder.transaction():
            await holder.execute("LOCK TABLE scoring.second_opinion IN EXCLUSIVE MODE")
            asking = asyncio.create_task(first_opinion(settings, chat))
            await until(lambda: _is_waiting(holder))
            asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
    await holder.close()
    assert asking.cancelled()
    assert await kept(settings) == 1


async def _is_waiting(connection: asyncpg.Connection) -> bool:
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM pg_locks JOIN pg_database ON database = pg_database.oid
            WHERE datname = current_database() AND NOT granted)
        """
    )
    return found


async def test_it_is_switched_off_until_it_is_set_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["second-opinion", "--tenant", "acme"]
    off = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert isinstance(off.exception, SettingsError)
    assert "Second opinions are switched off" in str(off.exception)
    wrong = await asyncio.to_thread(CliRunner().invoke, app, [*command, "--since", "soon"])
    assert "--since: 'soon' is no span of time" in str(wrong.exception)


async def test_a_tenant_that_there_is_not_is_named(
    ids: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chatting(says()) as chat:
        result = await ask(chat, monkeypatch, "--tenant", "nobody")
    assert isinstance(result.exception, ClosedLoopError)
    assert "nobody" in str(result.exception)
    assert chat.requests == []
