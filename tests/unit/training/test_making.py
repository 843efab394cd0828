from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from services.scoring.training.comparing import Comparison
from services.scoring.training.splitting import Labelled, in_time
from shared.program.loading import read_program
from tests.unit.training.samples import PROGRAM, history

pytest.importorskip("sklearn", reason="training needs scikit-learn")

from deploy.training.card import card
from deploy.training.making import Incumbent, languages_of, train
from deploy.training.trained import Trained

INCUMBENT = Incumbent(program=read_program(PROGRAM), own={})


def labelled(suffix: str = "") -> list[Labelled]:
    return [
        Labelled(text + suffix, label, datetime.fromisoformat(at)) for text, label, at in history()
    ]


def trained(texts: list[Labelled], *, data: str = "history.csv") -> Trained:
    return train(in_time(texts), target="theme", data=data, incumbent=INCUMBENT)


def test_what_is_personal_is_not_learnt() -> None:
    """Each text has them, so that they would all be features that many texts share."""
    model = trained(labelled(" ring +4915112345678 or write to ann.lee@example.org")).model

    assert "=ring" in model.vocabulary
    for told in ("4915112345678", "example", "ann", "lee"):
        assert not [feature for feature in model.vocabulary if told in feature.strip("= ")]


def test_a_model_is_of_the_languages_that_it_has_read() -> None:
    english = "The parcel came a week late and nobody told us about it"
    german = "Das Paket kam eine Woche zu spät und niemand sagte etwas"

    assert languages_of([english] * 99 + [german]) == ("de", "en")
    assert languages_of([english] * 199 + [german]) == ("en",)
    assert languages_of(["?"] * 99) == ()


def test_where_a_model_counts_already_it_is_what_the_new_one_is_compared_with() -> None:
    first = trained(labelled())
    incumbent = Incumbent(program=INCUMBENT.program, own={"theme": first.model})

    again = train(in_time(labelled()), target="theme", data="once more", incumbent=incumbent)

    assert first.is_better
    assert again.without == first.figures
    assert again.comparison is not None
    assert again.comparison.gain == 0
    assert not again.is_better


def test_who_beats_what_counts_must_also_beat_knowing_nothing() -> None:
    better = trained(labelled())
    no_gain = Comparison(gain=0.1, low=-0.1, high=0.3)

    assert better.is_better
    assert not replace(better, blind=no_gain).is_better
    assert not replace(better, comparison=no_gain).is_better
    assert replace(better, comparison=None).is_better


def test_a_card_is_a_table_whatever_the_names_are() -> None:
    named = {"delay": "late|er", "refund": "back\\slash", "damage": "two\nlines"}
    texts = [one._replace(label=named[one.label]) for one in labelled()]

    lines = card(trained(texts, data="a|b\n.csv")).splitlines()

    assert "| data | a\\|b .csv |" in lines
    assert [line for line in lines if line.startswith("| late\\|er | ")]
    assert [line for line in lines if line.startswith("| back\\\\slash | ")]
    assert [line for line in lines if line.startswith("| two lines | ")]
