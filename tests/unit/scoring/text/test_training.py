from __future__ import annotations

from pathlib import Path

import pytest

from services.scoring.adapters.models import save
from services.scoring.domain.text.linear import Origin
from tests.unit.scoring.text.models import judge_of
from tests.unit.scoring.text.samples import labelled

pytest.importorskip("sklearn", reason="training needs scikit-learn")

from services.scoring.training.counts import count
from services.scoring.training.fit import TrainingError, fit
from services.scoring.training.fit_several import fit_several

ORIGIN = Origin(name="sample")


def test_a_model_learns_what_its_texts_say() -> None:
    judge = judge_of(fit(*labelled(), origin=ORIGIN))
    assert judge.choice("the coffee was awful") == "negative"
    assert judge.choice("the coffee was wonderful") == "positive"
    assert judge.choice("the coffee leaves at noon") == "neutral"


def test_the_same_texts_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save(fit(*labelled(), origin=ORIGIN), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_judge_sees_what_the_machine_learnt_from() -> None:
    texts, labels = labelled()
    counted = count(texts)
    model = fit(texts, labels, origin=ORIGIN)
    assert counted.vocabulary == model.vocabulary
    judge = judge_of(model)
    weights = model.weights[:, 0] / counted.rarity
    for text, row in zip(texts[:10], counted.matrix[:10], strict=True):
        assert judge.scores(text)[0] == pytest.approx((row @ weights)[0] + model.bias[0], abs=1e-2)


def test_texts_that_are_sorted_by_their_label_teach_as_much() -> None:
    texts, labels = zip(
        *sorted(zip(*labelled(), strict=True), key=lambda pair: pair[1]), strict=True
    )
    judge = judge_of(fit(texts, labels, origin=ORIGIN))
    assert judge.choice("the coffee was awful") == "negative"
    assert max(judge.probabilities("the coffee was awful")) > 0.5


def test_probabilities_of_two_labels_are_learnt_too() -> None:
    texts, labels = labelled()
    judge = judge_of(
        fit(texts, ["bad" if one == "negative" else "ok" for one in labels], origin=ORIGIN)
    )
    assert judge.choice("the coffee was awful") == "bad"
    assert judge.choice("the coffee was lovely") == "ok"


def test_several_labels_are_learnt_apart() -> None:
    texts, labels = labelled()
    sets = [
        {label, "bag"} if "bag" in text else {label}
        for text, label in zip(texts, labels, strict=True)
    ]
    judge = judge_of(fit_several(texts, sets, origin=ORIGIN))
    assert set(judge.labels("the bag was awful")) == {"negative", "bag"}


def test_one_label_alone_teaches_nothing() -> None:
    with pytest.raises(TrainingError, match="All texts have the same label"):
        fit(["a", "b"], ["x", "x"], origin=ORIGIN)


def test_a_label_with_too_few_texts_is_named() -> None:
    texts, labels = labelled()
    with pytest.raises(TrainingError, match=r"'rare' has 1 texts; 10 are needed"):
        fit([*texts, "odd"], [*labels, "rare"], origin=ORIGIN)
    with pytest.raises(TrainingError, match=r"'rare' has 1 texts"):
        fit_several([*texts, "odd"], [*({one} for one in labels), {"rare"}], origin=ORIGIN)
