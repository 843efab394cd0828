"""Makes the models that ship: `python -m services.scoring.training.shipped DATA [OUT]`.

DATA is a folder with the data sets that services/scoring/models/README.md names. One text in five
is kept from training, by its SHA-256, so that `make evaluate` judges the very file that ships.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from services.scoring.adapters.models import SHIPPED, save
from services.scoring.domain.text.linear import Model, Origin
from services.scoring.training.fit import fit

#: A question of itself is neither praise nor complaint.
WISESIGHT = {"neg": "negative", "neu": "neutral", "pos": "positive", "q": "neutral"}
_HELD_OUT_OF = 5


def thai_sentiment(data: Path) -> Model:
    """Return the model of sentiment in Thai, without a version."""
    learn, _ = split(wisesight(data))
    texts, labels = zip(*learn, strict=True)
    return fit(
        texts,
        labels,
        origin=Origin(
            name="sentiment-th",
            languages=("th",),
            data="Wisesight Sentiment Corpus, PyThaiNLP",
            licence="CC0-1.0",
        ),
    )


def wisesight(data: Path) -> list[tuple[str, str]]:
    """Return the different texts of the Wisesight corpus with their labels."""
    labelled: dict[str, str] = {}
    for file, label in WISESIGHT.items():
        for line in (data / "wisesight_th" / f"{file}.txt").read_text("utf-8").splitlines():
            if line.strip():
                labelled.setdefault(line.strip(), label)
    return list(labelled.items())


def split(
    labelled: Iterable[tuple[str, str]],
) -> tuple[Sequence[tuple[str, str]], Sequence[tuple[str, str]]]:
    """Return what to learn from and what to judge by, each in an order that means nothing."""
    ranked = sorted((sha256(text.encode()).digest(), text, label) for text, label in labelled)
    learn = [(text, label) for digest, text, label in ranked if digest[-1] % _HELD_OUT_OF]
    judge = [(text, label) for digest, text, label in ranked if not digest[-1] % _HELD_OUT_OF]
    return learn, judge


def main() -> None:
    """Make every model and say its version."""
    data = Path(sys.argv[1])
    out = Path(sys.argv[2]) if sys.argv[2:] else SHIPPED
    model = thai_sentiment(data)
    saved = save(model, out / f"{model.origin.name}.npz")
    sys.stdout.write(f"{saved.origin.name} {saved.version}\n")


if __name__ == "__main__":
    main()
