"""`closedloop ledger`: the proof that nothing is lost, partition by partition."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.console import table_console
from deploy.cli.servers import find_settings
from deploy.ledger.collect import prove
from deploy.ledger.proof import Proof


def ledger(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Prove, per topic and partition, that every event read has exactly one outcome.

    Exits with 1 where the proof fails, and names what is missing, double or at odds.
    """
    proof = asyncio.run(prove(find_settings()))
    if as_json:
        typer.echo(json.dumps(as_object(proof)))
    else:
        _show(proof, table_console())
    if not proof.holds:
        raise typer.Exit(1)


def as_object(proof: Proof) -> dict[str, object]:
    """Return the proof as plain data."""
    return {
        "holds": proof.holds,
        "gaps": proof.gaps,
        "overlaps": proof.overlaps,
        "pending": proof.pending,
        "partitions": [asdict(partition) for partition in proof.partitions],
        "mismatches": [asdict(mismatch) for mismatch in proof.mismatches],
    }


def _show(proof: Proof, console: Console) -> None:
    columns = ("handled", "duplicates", "dead letters", "absent", "pending")
    table = Table("group", "topic", "partition", box=None)
    for name in columns:
        table.add_column(name, justify="right")
    for part in proof.partitions:
        numbers = (part.handled, part.duplicates, part.dead_letters, part.absent, part.pending)
        table.add_row(part.group, part.topic, str(part.partition), *map(str, numbers))
    console.print(table)
    for part in proof.partitions:
        for what, ranges in (("gap", part.gaps), ("overlap", part.overlaps)):
            for first, last in ranges:
                console.print(
                    f"[bold]{what}[/]: {part.group} on {part.topic} partition {part.partition}, "
                    f"offsets {first} to {last}"
                )
    for odd in proof.mismatches:
        console.print(
            f"[bold]at odds[/]: {odd.group} on {odd.topic}: the ledger has {odd.ledger} "
            f"{odd.what}, the tables {odd.tables}"
        )
    verdict = "Every event that was read has exactly one outcome" if proof.holds else "NOT proven"
    console.print(
        f"{verdict}: gaps {proof.gaps}, overlaps {proof.overlaps}, on their way {proof.pending}."
    )
