from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.scoring.adapters.models import SHIPPED, ModelFileError, load, save, shipped
from tests.unit.scoring.text.models import hand_made, judge_of


def test_a_model_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    saved = save(hand_made(languages=("th",), threshold=0.4), tmp_path / "m.npz")
    loaded = load(tmp_path / "m.npz")
    assert loaded.weights.tolist() == saved.weights.tolist()
    assert replace(loaded, weights=saved.weights) == saved


def test_the_same_model_gives_the_same_bytes_and_version(tmp_path: Path) -> None:
    first = save(hand_made(), tmp_path / "one.npz")
    second = save(hand_made(), tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert first.version == second.version


def test_another_weight_gives_another_version(tmp_path: Path) -> None:
    weights = hand_made().weights.copy()
    weights[0, 0] += 1
    one = save(hand_made(), tmp_path / "one.npz")
    other = save(replace(hand_made(), weights=weights), tmp_path / "two.npz")
    assert one.version != other.version


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"words", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_model_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.npz"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"m\.npz holds no model"):
        load(path)


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    save(hand_made(), path)
    whole = path.read_bytes()
    for cut in range(0, len(whole), 40):
        path.write_bytes(whole[:cut])
        with pytest.raises(ModelFileError):
            load(path)


def test_a_model_file_with_pickled_objects_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    objects = np.array([{"a": 1}], dtype=object)
    np.savez(path, about=objects, vocabulary=objects, weights=objects)
    with pytest.raises(ModelFileError, match="allow_pickle"):
        load(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"no model file .*m\.npz"):
        load(tmp_path / "m.npz")


def test_each_shipped_model_has_a_card_with_its_version_and_licence() -> None:
    for language, file in shipped().items():
        model = load(file)
        assert model.origin.languages == (language,)
        card = (SHIPPED / f"{model.origin.name}.md").read_text("utf-8")
        assert model.version in card
        assert model.origin.licence in card


def test_the_shipped_thai_model_tells_praise_from_blame() -> None:
    model = load(shipped()["th"])
    judge = judge_of(model)
    assert judge.judge("บริการแย่มาก รอนานมาก ไม่มาอีกแล้ว", "th").label == "negative"
    assert judge.judge("อร่อยมาก ชอบมากเลยค่ะ", "th").label == "positive"
    assert judge.judge("บริการแย่มาก", "lo").label is None
