"""Made-up history from which a model can learn something, and files that hold it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice, product
from pathlib import Path

from tests.unit.program.samples import document

FIRST = datetime(2026, 1, 5, 8, tzinfo=UTC)
PARCELS = ("my parcel", "the box", "our order", "the jacket", "that lamp", "the delivery")
DAYS = ("on Monday", "this week", "yesterday", "again", "last night")
SAID = {
    "delay": ("came a week late", "is still not here", "took far too long"),
    "refund": ("was sent back, where is my money", "went back and no refund came"),
    "damage": ("arrived broken", "was wet and torn", "has a crack in it"),
}
#: A program whose taxonomy knows these labels; only one of them has words.
PROGRAM = document(
    replacing={
        "what: [{id: delay, name: Too late}]": (
            "what: [{id: delay, name: Too late, words: {en: [late]}}, {id: refund, name: Refund},"
            " {id: damage, name: Damage}, {id: rude, name: Rude}]"
        )
    }
)


def history(rows: int = 180) -> list[tuple[str, str, str]]:
    """Return so many rows: the words, the label, and when they were said, in order of time."""
    said = [
        (f"{parcel} {words} {day}", label)
        for parcel, day, label in product(PARCELS, DAYS, SAID)
        for words in SAID[label]
    ]
    mixed = [said[(n * 37) % len(said)] for n in range(len(said))]
    return [
        (text, label, (FIRST + timedelta(hours=n)).isoformat())
        for n, (text, label) in enumerate(islice(cycle(mixed), rows))
    ]


def written(
    folder: Path,
    rows: Sequence[Sequence[str]],
    *,
    head: Sequence[str] = ("words", "reason", "said_at"),
    name: str = "history.csv",
) -> Path:
    """Write `rows` as a CSV file and return where it is."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([head, *rows])
    path = folder / name
    path.write_text(text.getvalue(), encoding="utf-8")
    return path
