from __future__ import annotations

import asyncio
import json
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.main import app
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
    command = ["second-opinion", "--tenant", "acme", "--since", "9999d", *words]
    return await asyncio.to_thread(CliRunner().invoke, app, command)


async def test_texts_are_asked_about_once_and_the_agreement_is_counted(
    ids: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = [says(), says(sentiment="negative", theme="delay"), says(sentiment="negative")]
    with chatting(*replies) as chat:
        first = await ask(chat, monkeypatch, "--json")
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
        failed = await ask(chat, monkeypatch)
    assert isinstance(failed.exception, ClosedLoopError)
    assert "refuses the key" in str(failed.exception)
    with chatting(says()) as chat:
        await ask(chat, monkeypatch)
    assert len(chat.requests) == 3


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
