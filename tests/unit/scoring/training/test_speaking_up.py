from __future__ import annotations

import pytest

from services.scoring.domain.text.linear import Origin
from tests.unit.scoring.text.models import judge_of
from tests.unit.training.samples import history

pytest.importorskip("sklearn", reason="training needs scikit-learn")

from services.scoring.training.fit import SURE, fit
from services.scoring.training.fit_several import fit_several


def test_a_model_that_is_sure_of_every_text_is_silent_on_none() -> None:
    """The four texts in five that it is surest of may all be as good as certain."""
    texts, labels, _ = zip(*history(), strict=True)
    judge = judge_of(fit(texts[:144], labels[:144], origin=Origin(name="sample")))

    assert judge.model.threshold <= SURE
    assert [judge.judge(text, "en").label for text in texts[144:]] == list(labels[144:])


def test_so_is_one_that_gives_several_labels() -> None:
    texts, labels, _ = zip(*history(), strict=True)
    model = fit_several(texts, [{label} for label in labels], origin=Origin(name="sample"))

    assert model.threshold <= SURE
