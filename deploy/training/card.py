"""The card of a model: what it learnt from and how well it judges, in Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from deploy.training.trained import Stretch, Trained
from services.scoring.training.comparing import Comparison

_WHAT = {"sentiment": "How a customer feels", "theme": "What went wrong"}
_SHOWN_DIGITS = 3
_NONE = "–"


def card(trained: Trained) -> str:
    """Return the card; the same model and the same texts give the same card."""
    return "\n".join(_lines(trained)) + "\n"


def figure(value: float | None) -> str:
    """Return a figure as people read it."""
    return _NONE if value is None else f"{value:.{_SHOWN_DIGITS}f}"


def stretch(part: Stretch) -> str:
    """Return how many texts, and from when to when."""
    texts = f"{part.texts:,} texts"
    if part.first is None or part.last is None:
        return texts
    return f"{texts}, {part.first:%Y-%m-%d} to {part.last:%Y-%m-%d}"


def chosen(trained: Trained) -> str:
    """Return how the texts that it is judged by were chosen."""
    later = "that came later" if trained.judged.first else "chosen by the hash of the text"
    return f"{stretch(trained.judged)}, {later}"


def gained(trained: Trained) -> Iterator[str]:
    """Yield by how much it is better than what counts without it, and than knowing nothing."""
    if trained.comparison:
        yield f"It is {_verdict(trained.comparison)}."
    blind = _verdict(trained.blind)
    yield f"Beside always saying the commonest label it is {blind}."


def _verdict(compared: Comparison) -> str:
    verdict = "better" if compared.is_better else "not better"
    interval = f"{compared.low:+.3f} to {compared.high:+.3f}"
    return f"{verdict}: macro-F1 {compared.gain:+.3f}, 95 % interval {interval}"


def _lines(trained: Trained) -> Iterator[str]:
    model = trained.model
    yield from (f"# {model.origin.name} {model.version}", "")
    yield from (f"{_WHAT[trained.target]}: one of {len(model.labels)} labels, or no opinion.", "")
    yield from _table(
        ("", ""),
        [
            ("version", model.version),
            ("kind", "linear, over words, pairs of words and pieces of words; calibrated"),
            ("languages", ", ".join(model.origin.languages) or "any"),
            ("data", model.origin.data),
            ("licence", model.origin.licence),
            ("learnt from", stretch(trained.learnt)),
            ("judged by", chosen(trained)),
        ],
    )
    yield from ("", "On the texts that it did not learn from:", "")
    yield from _table(("", "this model", "without it"), figures_of(trained))
    yield from ("", *gained(trained), "The intervals are those of a paired, seeded bootstrap.")
    yield from ("", *_labels(trained), "", _LEGEND)
    if trained.left_out:
        few = ", ".join(f"{_cell(label)} ({n})" for label, n in trained.left_out.items())
        yield from ("", f"Not learnt, for want of texts: {few}.")


_LEGEND = (
    "Silence counts as a miss. Accuracy and calibration error are those of the opinions that it"
    " has; coverage is the share of texts on which it has one."
)


def figures_of(trained: Trained) -> list[tuple[str, str, str]]:
    """Return each figure with its name, of the model and of what counts without it."""
    ours, theirs = trained.figures, trained.without
    names = ("macro_f1", "accuracy", "calibration_error", "coverage")
    return [
        (
            name.replace("macro_f1", "macro-F1").replace("_", " "),
            figure(getattr(ours, name)),
            figure(getattr(theirs, name)) if theirs else _NONE,
        )
        for name in names
    ]


def _labels(trained: Trained) -> Iterator[str]:
    rows = [
        (
            row.label,
            f"{row.learnt:,}",
            f"{row.judged:,}",
            *map(figure, (row.precision, row.recall, row.f1, row.f1_without)),
        )
        for row in trained.labels
    ]
    head = ("label", "learnt", "judged", "precision", "recall", "F1", "F1 without it")
    return _table(head, rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(head)
    yield _row(["---", *["---:" if any(head) else "---"] * (len(head) - 1)])
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """Return `text` on one line, which ends no cell."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return printable.replace("\\", "\\\\").replace("|", "\\|")
