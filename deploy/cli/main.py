"""The command `closedloop`: puts the groups of commands together and names every failure."""

from __future__ import annotations

import sys
import tempfile
import traceback
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from deploy.cli import audit, dead_letters, models, program, publishers, tokens
from deploy.cli.co_creation import co_creation
from deploy.cli.demo import demo
from deploy.cli.erase import erase_customer
from deploy.cli.explain import explain
from deploy.cli.importing import import_file
from deploy.cli.ledger import ledger
from deploy.cli.prepare import migrate, topics
from deploy.cli.score import score
from deploy.cli.second_opinion import second_opinion
from deploy.cli.status import status
from deploy.cli.train import train
from deploy.cli.up import down, up
from shared.errors import ClosedLoopError

app = typer.Typer(
    help="Closed-loop customer feedback: every unhappy customer gets an answer, every recurring"
    " cause gets a plan.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command()(up)
app.command()(demo)
app.command()(down)
app.command()(status)
app.command()(topics)
app.command()(migrate)
app.command("import")(import_file)
app.command()(score)
app.command()(train)
app.command()(explain)
app.command("second-opinion")(second_opinion)
app.command("co-creation")(co_creation)
app.command()(ledger)
app.command("erase")(erase_customer)
app.add_typer(audit.app, name="audit")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(models.app, name="models")
app.add_typer(program.app, name="program")
app.add_typer(publishers.app, name="publisher")
app.add_typer(tokens.app, name="token")


def run() -> None:
    """Run the command line: a foreseen failure is one line on standard error and exit code 1."""
    try:
        app()
    except ClosedLoopError as error:
        _complain(str(error))
    except Exception as error:  # noqa: BLE001 - the outermost frame: a person reads what comes
        _complain(
            f"Something unforeseen: {type(error).__name__}. Please report it with {_report()}."
        )


@app.callback(invoke_without_command=True)
def _main(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.")
    ] = False,
) -> None:
    if show_version:
        Console().print(f"closedloop {version('closedloop')}", highlight=False)
        raise typer.Exit


def _complain(line: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"closedloop: {line}", markup=False)
    sys.exit(1)


def _report() -> str:
    """Write the traceback to a file of its own and return the file's name."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="closedloop-", suffix=".log", delete=False
    ) as file:
        file.write(f"{datetime.now(UTC).isoformat()} {sys.argv}\n{traceback.format_exc()}")
    return file.name
