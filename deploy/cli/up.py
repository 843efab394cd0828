"""`closedloop up` and `closedloop down`: the product on this machine, started and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import webbrowser
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.console import Screen
from deploy.cli.session import Session, run_until_stopped, session
from deploy.local.errors import LocalError
from deploy.local.place import DEFAULT_FOLDER, Place
from deploy.local.polling import until
from deploy.local.wishes import Wishes

Data = Annotated[
    Path,
    typer.Option("--data", envvar="CLOSEDLOOP_DATA", help="The folder for data, logs and state."),
]
Port = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="The port of the pages; a free one when it is busy."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start empty: delete what the folder holds.")]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Open no browser.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]

_STOP_WITHIN_S = 60.0


def up(
    data: Data = DEFAULT_FOLDER,
    port: Port = None,
    fresh: Fresh = False,
    no_open: NoOpen = False,
    as_json: AsJson = False,
) -> None:
    """Start everything here, and stop it with Ctrl+C."""
    screen = Screen(as_json=as_json)
    wishes = wishes_of(port=port, fresh=fresh)
    run_until_stopped(_up(data, wishes, screen, open_browser=not no_open))


def down(data: Data = DEFAULT_FOLDER, as_json: AsJson = False) -> None:
    """Stop what `up` or `demo` started here."""
    screen = Screen(as_json=as_json)
    stopped = asyncio.run(_down(Place(root=data.absolute())))
    screen.say("Stopped." if stopped else f"Nothing runs in {data}.")
    screen.give({"stopped": stopped})


def wishes_of(*, port: int | None, fresh: bool) -> Wishes:
    """Return a command's wishes; the servers that the environment names are used as they are."""
    return Wishes(
        port=port,
        fresh=fresh,
        database_url=os.environ.get("DATABASE_URL"),
        kafka_bootstrap_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS"),
    )


def show_ready(screen: Screen, running: Session, *, sign_in: str, open_browser: bool) -> None:
    """Say where everything is, and open the inbox when a person sits at a terminal."""
    url = running.stack.public_url
    screen.show(
        f"\n[bold]closedloop {version('closedloop')}[/]  ready in {running.seconds:.0f} s"
        f"  ({running.stack.servers})\n"
        f"  Inbox    {url}/inbox      sign in: {sign_in}\n"
        f"  Board    {url}/board    API  {url}/ingest/v1/openapi.json\n"
    )
    if open_browser and screen.is_terminal:
        webbrowser.open(sign_in)


def show_what_is_kept(screen: Screen, running: Session) -> None:
    """Say where the data stays, how to begin anew, and how to stop."""
    screen.show(
        "Your data: closedloop import FILE --mapping M.yaml  (dry-runs, resumable)\n"
        f"Data kept in {_short(running.place.root)}   --fresh empties   Ctrl+C stops\n"
        "Not for production: see docs/guides/operators.md"
    )


def facts_of(running: Session) -> dict[str, Any]:
    """Return what a program that started the product wants to know."""
    url = running.stack.public_url
    return {
        "url": url,
        "inbox": f"{url}/inbox",
        "board": f"{url}/board",
        "seconds": round(running.seconds, 1),
        "data": str(running.place.root),
    }


async def _up(data: Path, wishes: Wishes, screen: Screen, *, open_browser: bool) -> None:
    async with session(data, wishes, screen) as running:
        sign_in = f"{running.stack.public_url}/signin"
        show_ready(screen, running, sign_in=sign_in, open_browser=open_browser)
        show_what_is_kept(screen, running)
        screen.give(facts_of(running))
        await asyncio.Event().wait()


async def _down(place: Place) -> bool:
    """Stop the supervisor of the place and wait for its end; tell whether there was one."""
    state = place.state()
    if state is None or not state.is_running():
        return False
    supervisor = state.supervisor
    os.kill(supervisor.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP_WITHIN_S):
            await until(supervisor.identity.has_ended)
    except TimeoutError as error:
        raise LocalError(
            f"closedloop (pid {supervisor.pid}) does not stop.",
            remedy=f"End it with kill -9 {supervisor.pid}: the next start clears up after it.",
        ) from error
    return True


def _short(folder: Path) -> str:
    here = Path.cwd()
    return f"./{folder.relative_to(here)}" if folder.is_relative_to(here) else str(folder)
