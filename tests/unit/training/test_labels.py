from __future__ import annotations

import pytest

from deploy.training.errors import TrainError
from services.scoring.training.splitting import Labelled, Parts
from shared.program.loading import read_program
from tests.unit.training.samples import PROGRAM

pytest.importorskip("sklearn", reason="training needs scikit-learn")

from deploy.training.labels import allowed_labels, check_enough, check_known, learnable


def texts(label: str, number: int) -> list[Labelled]:
    return [Labelled(f"{label} {n}", label) for n in range(number)]


def check(learn: list[Labelled], judge: list[Labelled]) -> None:
    check_enough([*learn, *judge], Parts(learn, judge))


def test_themes_are_those_of_the_program_and_any_without_one() -> None:
    program = read_program(PROGRAM)
    assert allowed_labels("theme", program) == {"delay", "refund", "damage", "rude"}
    assert allowed_labels("theme", None) is None
    assert allowed_labels("sentiment", program) == {"negative", "neutral", "positive"}


def test_an_unknown_label_is_named_with_the_nearest_one() -> None:
    with pytest.raises(TrainError) as caught:
        check_known(["delay", "refnd", "refnd", "x"], "theme", {"delay", "refund"})
    assert str(caught.value) == (
        "The label 'refnd' of 2 rows is no entry of the program's taxonomy.what (1 more labels"
        " are not known either). Did you mean 'refund'? The labels are delay, refund."
    )


def test_a_sentiment_in_other_letters_is_told_which_is_meant() -> None:
    with pytest.raises(TrainError, match=r"'Negative' of 1 rows is no sentiment\. Did"):
        check_known(["Negative"], "sentiment", {"negative", "neutral", "positive"})


def test_a_single_label_teaches_nothing() -> None:
    with pytest.raises(TrainError, match="All 60 labelled rows have the label 'a'"):
        check(texts("a", 50), texts("a", 10))


def test_too_few_rows_are_counted() -> None:
    with pytest.raises(TrainError, match=r"49 labelled rows are too few. Give 50 or more."):
        check([*texts("a", 20), *texts("b", 20)], texts("a", 9))


def test_a_rare_label_is_named_with_how_many_are_needed() -> None:
    with pytest.raises(TrainError, match=r"'b' has 9 rows to learn from \(14 in all\); 10 are"):
        check([*texts("a", 50), *texts("b", 9)], texts("b", 5))


def test_a_label_that_is_only_judged_by_is_named_too() -> None:
    with pytest.raises(TrainError, match=r"'c' has 0 rows to learn from \(1 in all\)"):
        check([*texts("a", 50), *texts("b", 10)], texts("c", 1))


def test_what_is_too_rare_to_learn_is_judged_by_all_the_same() -> None:
    parts, rare = learnable(Parts([*texts("a", 10), *texts("b", 9)], texts("b", 2)))

    assert {one.label for one in parts.learn} == {"a"}
    assert rare == {"b": 9}
    assert len(parts.judge) == 2
