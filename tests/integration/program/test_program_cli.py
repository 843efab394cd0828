from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.program import app
from shared.errors import ClosedLoopError
from shared.program.store import NoReasonError
from tests.unit.program.samples import document


@pytest.fixture
def configured(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")


def file(folder: Path, text: str) -> str:
    path = folder / "program.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


async def run(*words: str) -> Result:
    """Run the command in a thread, where it may have an event loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


async def test_check_accepts_a_sound_program(tmp_path: Path) -> None:
    result = await run("check", file(tmp_path, document()))
    assert result.exit_code == 0
    assert "Acme (acme), 2 rules, 1 teams, 1 touchpoints. No faults." in result.stdout


async def test_check_names_every_fault_with_file_and_line(tmp_path: Path) -> None:
    path = file(
        tmp_path, document(replacing={"text_lower.": "txt.", "segment ==": "segment > 3 ||"})
    )
    result = await run("check", path)
    assert result.exit_code == 1
    assert f"{path}:14: rule refund: There is no variable 'txt'." in result.stderr
    assert f"{path}:18: rule gold: " in result.stderr
    assert "Traceback" not in result.output


async def test_check_tells_programs_in_json(tmp_path: Path) -> None:
    result = await run("check", file(tmp_path, "a: 1\na: 2"), "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["ok"] is False
    assert told["faults"][0]["line"] == 2


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
async def test_a_file_that_cannot_be_read_is_one_line(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "program.yaml"
    if content is not None:
        path.write_bytes(content)
    result = await run("check", str(path))
    assert isinstance(result.exception, ClosedLoopError)
    assert result.exit_code == 1


@pytest.mark.usefixtures("configured")
async def test_what_is_activated_is_shown_with_who_and_why(tmp_path: Path) -> None:
    path = file(tmp_path, document())
    activated = await run("activate", path, "--why", "the first one", "--who", "ann", "--json")
    assert json.loads(activated.stdout) == {"tenant": "acme", "version": 1}
    shown = await run("show")
    assert "acme  version 1  since " in shown.stdout
    assert "by ann: the first one" in shown.stdout
    assert "default_team" in (await run("show", "--tenant", "acme")).stdout
    (only,) = json.loads((await run("show", "--json")).stdout)
    assert (only["version"], only["why"], only["document"]) == (1, "the first one", document())


@pytest.mark.usefixtures("configured")
async def test_a_program_with_faults_is_not_activated(tmp_path: Path) -> None:
    path = file(tmp_path, document(replacing={"lead: ann": "lead: bob"}))
    assert (await run("activate", path, "--why", "x")).exit_code == 1
    assert "No program is active." in (await run("show")).stdout


@pytest.mark.usefixtures("configured")
async def test_an_activation_without_a_reason_is_refused(tmp_path: Path) -> None:
    result = await run("activate", file(tmp_path, document()), "--why", " ")
    assert isinstance(result.exception, NoReasonError)
