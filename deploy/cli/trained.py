"""A trained model as a person reads it, and as a program does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from deploy.training.card import chosen, figure, figures_of, gained, stretch
from deploy.training.trained import LabelRow, Stretch, Trained

_WIDEST_LABEL = 40


def lines(trained: Trained) -> Iterator[str]:
    """Yield what a person reads: what was learnt, how well, and label by label."""
    yield f"  Learnt from  {stretch(trained.learnt)}"
    yield f"  Judged by    {chosen(trained)}"
    if trained.left_out:
        few = ", ".join(f"{label} ({n})" for label, n in trained.left_out.items())
        yield f"  Not learnt   {few}: fewer than ten texts"
    yield ""
    yield from _aligned([("", "this model", "without it"), *figures_of(trained)])
    yield ""
    head = ("label", "learnt", "judged", "precision", "recall", "F1", "F1 without it")
    yield from _aligned([head, *map(_cells, trained.labels)])
    yield from ("", *gained(trained))


def as_object(trained: Trained) -> dict[str, Any]:
    """Return what a program reads."""
    return {
        "target": trained.target,
        "version": trained.model.version,
        "languages": list(trained.model.origin.languages),
        "learnt": _stretch(trained.learnt),
        "judged": _stretch(trained.judged),
        "figures": asdict(trained.figures),
        "without": asdict(trained.without) if trained.without else None,
        "better": trained.is_better,
        "gain": asdict(trained.comparison) if trained.comparison else None,
        "gain_over_commonest": asdict(trained.blind),
        "labels": [asdict(row) for row in trained.labels],
        "left_out": dict(trained.left_out),
    }


def _stretch(part: Stretch) -> dict[str, Any]:
    return {"texts": part.texts, "first": _iso(part.first), "last": _iso(part.last)}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _cells(row: LabelRow) -> tuple[str, ...]:
    shown = map(figure, (row.precision, row.recall, row.f1, row.f1_without))
    return (row.label[:_WIDEST_LABEL], f"{row.learnt:,}", f"{row.judged:,}", *shown)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield `rows` in columns, the first on the left, the others on the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield f"  {first.ljust(widths[0])}  {'  '.join(cells)}".rstrip()
