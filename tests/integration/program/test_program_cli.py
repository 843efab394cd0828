from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.program import app
from shared.errors import ClosedLoopError
from shared.program.deciding import ActivationError, NoReasonError
from shared.program.schema import SCHEMA_FILE
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


async def test_check_names_words_that_cannot_be_looked_for(tmp_path: Path) -> None:
    words = "{id: delay, words: {en: [late, '!!!']}, name: Too late}"
    path = file(tmp_path, document(replacing={"{id: delay, name: Too late}": words}))
    result = await run("check", path)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{path}:22: taxonomy.what.delay.words.en.1: '!!!': There is no word")


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
    told = json.loads(activated.stdout)
    assert (told["tenant"], told["version"]) == ("acme", 1)
    shown = await run("show")
    assert "acme  version 1  since " in shown.stdout
    assert "by ann: the first one" in shown.stdout
    assert "default_team" in (await run("show", "--tenant", "acme")).stdout
    (only,) = json.loads((await run("show", "--json")).stdout)
    assert (only["version"], only["why"], only["document"]) == (1, "the first one", document())
    assert only["active_from"] == told["active_from"]


@pytest.mark.usefixtures("configured")
async def test_a_program_with_faults_is_not_activated(tmp_path: Path) -> None:
    path = file(tmp_path, document(replacing={"lead: ann": "lead: bob"}))
    assert (await run("activate", path, "--why", "x")).exit_code == 1
    assert "No program is active." in (await run("show")).stdout


@pytest.mark.usefixtures("configured")
async def test_an_activation_without_a_reason_is_refused(tmp_path: Path) -> None:
    result = await run("activate", file(tmp_path, document()), "--why", " ")
    assert isinstance(result.exception, NoReasonError)


@pytest.mark.usefixtures("configured")
async def test_a_planned_activation_is_told_with_its_moment_and_kept_in_the_history(
    tmp_path: Path,
) -> None:
    path = file(tmp_path, document())
    planned = await run(
        "activate", path, "--why", "new year", "--who", "ann", "--from", "2190-01-01T00:00+01:00"
    )
    assert "Version 1 of acme counts from 2189-12-31 23:00:00 UTC on" in planned.stdout
    assert "No program is active." in (await run("show")).stdout
    (line,) = (await run("history")).stdout.splitlines()
    assert line.startswith("acme  version 1  from 2189-12-31 23:00:00 UTC  decided 20")
    assert line.endswith("by ann: new year")
    (only,) = json.loads((await run("history", "--json")).stdout)
    assert (only["version"], only["active_from"]) == (1, "2189-12-31T23:00:00+00:00")


@pytest.mark.usefixtures("configured")
async def test_an_earlier_version_counts_again_after_a_rollback(tmp_path: Path) -> None:
    for name in ("One", "Two"):
        path = file(tmp_path, document(replacing={"name: Acme": f"name: {name}"}))
        assert (await run("activate", path, "--why", name, "--who", "ann")).exit_code == 0
    back = await run("rollback", "--to", "1", "--why", "Two was wrong", "--who", "ben")
    assert back.stdout.startswith("Version 1 of acme counts again from 20")
    history = (await run("history", "--tenant", "acme")).stdout.splitlines()
    assert [line.split("  ")[1] for line in history] == ["version 1", "version 2", "version 1"]
    again = await run("rollback", "--to", "1", "--why", "x")
    assert isinstance(again.exception, ActivationError)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("tomorrow", "is no moment"),
        ("2190-01-01T00:00", "has no time zone"),
        ("2020-01-01T00:00Z", "is past"),
        ("9999-12-31T23:59:59-23:00", "too far away"),
    ],
)
@pytest.mark.usefixtures("configured")
async def test_a_moment_that_cannot_be_is_refused_in_words(
    tmp_path: Path, moment: str, words: str
) -> None:
    result = await run("activate", file(tmp_path, document()), "--why", "x", "--from", moment)
    assert isinstance(result.exception, ClosedLoopError)
    assert words in str(result.exception)
    assert "No program is active." in (await run("show")).stdout


@pytest.mark.usefixtures("configured")
async def test_with_several_tenants_a_rollback_must_name_one(tmp_path: Path) -> None:
    for tenant in ("acme", "other"):
        await run("activate", file(tmp_path, document(tenant=tenant)), "--why", "x")
    result = await run("rollback", "--to", "1", "--why", "x")
    assert isinstance(result.exception, ClosedLoopError)
    assert "--tenant acme|other" in str(result.exception)


async def test_two_files_are_compared_in_words_and_as_json(tmp_path: Path) -> None:
    old = file(tmp_path, document())
    new = tmp_path / "new.yaml"
    changed = {"segment == 'gold'": "segment == 'vip'", "resolve_hours: 24": "resolve_hours: 12"}
    new.write_text(document(replacing=changed), encoding="utf-8")
    told = (await run("diff", old, str(new))).stdout
    assert told == (
        "rules\n  ~ gold.when\n"
        "      was  category == 'detractor' && segment == 'gold'\n"
        "      now  category == 'detractor' && segment == 'vip'\n"
        "sla\n  ~ high.resolve_hours\n      was  24\n      now  12\n"
        f"2 changes from {old} to {new}.\n"
    )
    as_json = json.loads((await run("diff", old, str(new), "--json")).stdout)
    assert [one["place"] for one in as_json["changes"]] == [
        "rules.gold.when",
        "sla.high.resolve_hours",
    ]
    assert (await run("diff", old, old)).stdout == f"Nothing changes from {old} to {old}.\n"


@pytest.mark.usefixtures("configured")
async def test_a_file_is_compared_with_what_is_active(tmp_path: Path) -> None:
    path = file(tmp_path, document())
    nothing = await run("diff", path)
    assert isinstance(nothing.exception, ClosedLoopError)
    await run("activate", path, "--why", "x")
    file(tmp_path, document(replacing={"name: Acme": "name: Acme Ltd"}))
    told = (await run("diff", path)).stdout
    assert told.endswith(f"One change from version 1 of acme to {path}.\n")
    assert "      was  Acme\n      now  Acme Ltd\n" in told


async def test_a_starter_is_written_with_its_schema_and_never_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    written = await run("new", "bank", "--tenant", "mine", "--out", str(path))
    assert written.exit_code == 0
    assert (tmp_path / "program.schema.json").read_bytes() == SCHEMA_FILE.read_bytes()
    assert "(mine), 15 rules" in (await run("check", str(path))).stdout
    before = path.read_bytes()
    again = await run("new", "shop", "--tenant", "mine", "--out", str(path))
    assert isinstance(again.exception, ClosedLoopError)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [["circus", "--tenant", "mine"], ["bank", "--tenant", "Mine"], ["bank", "--tenant", ""]],
)
async def test_a_starter_for_nobody_or_no_branch_is_refused(words: list[str]) -> None:
    result = await run("new", *words)
    assert isinstance(result.exception, ClosedLoopError)
    assert result.stdout == ""
