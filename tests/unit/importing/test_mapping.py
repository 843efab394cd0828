"""What a mapping may say, and how its faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.importing.errors import ImportFailedError
from deploy.importing.mapping import load_mapping
from tests.unit.importing.support import mapping

MAPPING = """\
source: urn:test
customer_id: customer
touchpoint: {constant: refunds}
listening_post: {constant: survey}
occurred_at: when
text: words
"""

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def written(folder: Path, content: str) -> Path:
    path = folder / "mapping.yaml"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_mapping_in_the_docs_loads(example: Path) -> None:
    assert load_mapping(example).source


def test_a_plain_name_is_a_column() -> None:
    assert mapping().customer_id.columns == ("customer",)


def test_scalars_are_text_whatever_yaml_makes_of_them(tmp_path: Path) -> None:
    content = MAPPING + "rating: {scale: thumbs, column: ok, values: {yes: 1, no: 0, 007: 1}}\n"

    loaded = load_mapping(written(tmp_path, content))

    assert loaded.rating
    assert loaded.rating.values == {"yes": "1", "no": "0", "007": "1"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("tuchpoint: x\n", "tuchpoint is not a field of a mapping"),
        ("rating: {column: score}\n", "rating.scale is missing"),
        ("rating: {scale: custom, column: score}\n", "a custom scale needs minimum and maximum"),
        ("rating: {scale: nps, column: score, minimum: 0}\n", "are for the custom scale only"),
        ("place: {column: a, constant: b}\n", "place: give one of column, first_of and constant"),
        ("place: {}\n", "place: give one of"),
        ("place: {column: a, values: {}}\n", "place.values: "),
        ("file: {encoding: utf-9}\n", "'utf-9' is no encoding"),
        ("file: {delimiter: ab}\n", "file.delimiter: "),
        ("file: {format: parquet}\n", "file.format: "),
        ("text: other\n", "'text' stands twice"),
        ("attributes: [a]\n", "attributes: "),
        ("place: [\n", "is not YAML"),
        ("rating: &a {scale: *b}\n", "is not YAML"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, change: str, told: str) -> None:
    with pytest.raises(ImportFailedError) as failed:
        load_mapping(written(tmp_path, MAPPING + change))

    assert told in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("line", "changed", "told"),
    [
        ("occurred_at: when", "occurred_at: {column: d, format: '%d.%m.%Y'}", "has no %z"),
        ("occurred_at: when", "occurred_at: {column: d, time_zone: Mars/X}", "is no time zone"),
        ("source: urn:test\n", "", "source is missing"),
        ("text: words", "place: words", "map rating, text or both"),
    ],
)
def test_a_mapping_that_lacks_something_says_what(
    tmp_path: Path, line: str, changed: str, told: str
) -> None:
    with pytest.raises(ImportFailedError, match=told):
        load_mapping(written(tmp_path, MAPPING.replace(line, changed)))


@pytest.mark.parametrize("content", ["", "[]", "just text", "1"])
def test_what_is_no_mapping_at_all_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(ImportFailedError):
        load_mapping(written(tmp_path, content))


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_bytes(b"source: \xff\xfe")

    with pytest.raises(ImportFailedError, match="not UTF-8"):
        load_mapping(path)


def test_a_missing_mapping_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImportFailedError, match="No such file"):
        load_mapping(tmp_path / "none.yaml")


def test_an_unknown_column_is_told_with_the_columns_that_there_are() -> None:
    with pytest.raises(ImportFailedError) as failed:
        mapping().check_columns(["id", "custmer", "when", "score", "words"])

    told = str(failed.value)
    assert "customer_id: the file has no column 'customer'." in told
    assert "Did you mean 'custmer'?" in told
    assert "'when', 'score', 'words'" in told


def test_columns_of_contact_and_attributes_are_checked_too() -> None:
    columns = ["id", "customer", "when", "score", "words"]
    mapping().check_columns(columns)

    for part in ({"contact": {"email": "mail"}}, {"attributes": {"fare": "class"}}):
        with pytest.raises(ImportFailedError):
            mapping(**part).check_columns(columns)
