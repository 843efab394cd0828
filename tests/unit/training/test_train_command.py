"""`closedloop train` in the process of the test: what it writes, prints and refuses."""

from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.main import app
from services.scoring.adapters.models import load
from shared.errors import ClosedLoopError
from tests.unit.training.samples import PROGRAM, history, written

pytest.importorskip("sklearn", reason="training needs scikit-learn")

COLUMNS = ("--text-column", "words", "--label-column", "reason")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


def refused(*words: str | Path) -> str:
    """Return what the command complains of."""
    result = run("train", *words)
    assert result.exit_code == 1
    assert isinstance(result.exception, ClosedLoopError), result.output
    return str(result.exception)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.yaml"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path, history())


def test_a_model_is_learnt_measured_and_written_with_its_card(
    tmp_path: Path, file: Path, program: Path
) -> None:
    out = tmp_path / "own.npz"

    result = run(
        "train", file, *COLUMNS, "--time-column", "said_at", "--target", "theme",
        "--program", program, "--out", out, "--json",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    model = load(out)
    assert (told["version"], told["target"]) == (model.version, "theme")
    assert (told["rows"], told["learnt"]["texts"], told["judged"]["texts"]) == (180, 144, 36)
    assert told["judged"]["first"] > told["learnt"]["last"]
    assert told["figures"]["macro_f1"] > 0.5 > told["without"]["macro_f1"]
    assert told["better"] is True
    assert told["gain"]["low"] > 0
    assert {row["label"] for row in told["labels"]} == {"delay", "refund", "damage"}
    card = (tmp_path / "own.md").read_text(encoding="utf-8")
    for word in (model.version, "history.csv", "the tenant's own", "2026-01-05", "macro-F1"):
        assert word in card
    assert model.origin.languages == ("en",)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path, file: Path) -> None:
    for name in ("one", "two"):
        result = run(
            "train", file, *COLUMNS, "--target", "theme", "--out", tmp_path / f"{name}.npz"
        )
        assert result.exit_code == 0, result.output
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert (tmp_path / "one.md").read_bytes() == (tmp_path / "two.md").read_bytes()


def test_without_times_and_without_a_program_a_person_reads_what_there_is(
    tmp_path: Path, file: Path
) -> None:
    result = run("train", file, *COLUMNS, "--target", "theme", "--out", tmp_path / "own.npz")

    assert "history.csv: 180 rows = 180 labelled + 0 without words" in result.stdout
    assert "chosen by the hash of the text" in result.stdout
    assert "It is better" not in result.stdout  # nothing else knows these labels
    assert "Beside always saying the commonest label it is better" in result.stdout


def test_the_model_judges_what_is_scored_with_it(tmp_path: Path, file: Path) -> None:
    model, out = tmp_path / "own.npz", tmp_path / "scored.csv"
    run("train", file, *COLUMNS, "--target", "theme", "--out", model)
    new = written(tmp_path, [("the sofa arrived broken this week", "", "")], name="new.csv")

    result = run("score", new, "--text-column", "words", "--model", model, "--out", out)

    assert result.exit_code == 0, result.output
    assert f"Model      theme {load(model).version}, learnt from history.csv" in result.stdout
    with out.open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["theme"] == "damage"


def test_two_models_of_one_target_are_refused(tmp_path: Path, file: Path) -> None:
    model = tmp_path / "own.npz"
    run("train", file, *COLUMNS, "--target", "theme", "--out", model)

    result = run(
        "score", file, "--text-column", "words", "--model", model, "--model", model,
        "--out", tmp_path / "scored.csv",
    )  # fmt: skip

    assert result.exit_code == 2
    assert "is a second model of theme" in result.stderr


def test_a_program_whose_model_was_not_given_is_told(tmp_path: Path, file: Path) -> None:
    program = tmp_path / "program.yaml"
    program.write_text(f"{PROGRAM}models: {{theme: '{'0' * 16}'}}\n", encoding="utf-8")

    result = run(
        "score", file, "--text-column", "words", "--program", program,
        "--out", tmp_path / "scored.csv",
    )  # fmt: skip

    assert f"theme {'0' * 16}, which the program names, was not given (--model)" in result.stdout


def test_a_label_that_the_program_does_not_know_is_refused_with_the_nearest(
    tmp_path: Path, program: Path
) -> None:
    rows = [(text, label.replace("refund", "refunds"), at) for text, label, at in history()]
    file, out = written(tmp_path, rows), tmp_path / "own.npz"

    told = refused(file, *COLUMNS, "--target", "theme", "--program", program, "--out", out)

    assert "Did you mean 'refund'?" in told
    assert not out.exists()


def test_what_is_there_is_not_replaced_unless_told(tmp_path: Path, file: Path) -> None:
    out = tmp_path / "own.npz"
    (tmp_path / "own.md").write_text("mine")

    assert "own.md exists already" in refused(file, *COLUMNS, "--target", "theme", "--out", out)
    forced = run("train", file, *COLUMNS, "--target", "theme", "--out", out, "--force")
    assert forced.exit_code == 0


@pytest.mark.parametrize(
    ("out", "complaint"),
    [("own.bin", "does not end in .npz"), ("no/own.npz", "There is no folder")],
)
def test_a_place_that_cannot_be_written_is_said_before_anything_is_learnt(
    tmp_path: Path, out: str, complaint: str
) -> None:
    file = tmp_path / "not read.csv"
    assert complaint in refused(file, *COLUMNS, "--target", "theme", "--out", tmp_path / out)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    told = refused(
        tmp_path / "none.csv", *COLUMNS, "--target", "theme", "--out", tmp_path / "own.npz"
    )
    assert told == f"Cannot use {tmp_path / 'none.csv'}: No such file or directory."


def test_without_scikit_learn_the_remedy_is_told(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    told = refused(file, *COLUMNS, "--target", "theme", "--out", tmp_path / "own.npz")

    assert told.startswith("Training needs the package scikit-learn")
