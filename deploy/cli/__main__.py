"""Where `closedloop` begins: `python -m deploy.cli`."""

from __future__ import annotations


def run() -> None:
    """Run the command line.

    A process that scores beside others begins by importing whatever its parent began with
    (multiprocessing's spawn): that is this module, and not all the commands.
    """
    from deploy.cli.main import run as run_commands  # noqa: PLC0415

    run_commands()


if __name__ == "__main__":
    run()
