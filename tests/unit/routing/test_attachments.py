"""Files of cases: which are taken, and what their names come to."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.attachments import (
    LARGEST_FILE_BYTES,
    MOST_FILES,
    Attachment,
    accepted,
    plain_name,
    refuse_too_many,
)
from services.routing.errors import IncompleteError
from services.routing.routes.case_files import size_words

KEPT = Attachment(
    attachment_id=UUID(int=1),
    followup_id=UUID(int=2),
    version=2,
    name="photo.jpg",
    size=3,
    digest=b"",
    by="mali",
    at=datetime(2026, 11, 2, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("photo.jpg", "photo.jpg"),
        ("C:\\Users\\Mali\\ໃບຮັບເງິນ.pdf", "ໃບຮັບເງິນ.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("  ..  ", "file"),
        ("", "file"),
        (f"{'long ' * 60}.pdf", f"{('long ' * 60)[:116]}.pdf"),
    ],
)
def test_a_name_is_one_readable_line_with_its_true_ending(given_name: str, name: str) -> None:
    assert plain_name(given_name) == name


@given(st.text())
def test_any_name_comes_to_one_that_fits(name: str) -> None:
    plain = plain_name(name)
    assert 0 < len(plain) <= 120
    assert not {"/", "\\"} & set(plain)
    assert all(not unicodedata.category(one).startswith("C") for one in plain)


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", "is empty"), (bytes(LARGEST_FILE_BYTES + 1), "larger than 10 MB")],
)
def test_what_is_empty_or_too_large_is_refused_by_name(content: bytes, fault: str) -> None:
    with pytest.raises(IncompleteError, match=rf"photo\.jpg .*{fault}|photo\.jpg {fault}") as told:
        accepted("photo.jpg", content)
    assert set(told.value.faults) == {"file"}


def test_no_file_at_all_is_asked_for() -> None:
    with pytest.raises(IncompleteError, match="Choose a file"):
        accepted("", b"")


def test_a_file_of_the_largest_size_is_taken_as_it_is() -> None:
    file = accepted("photo.jpg", bytes(LARGEST_FILE_BYTES))
    assert len(file.content) == LARGEST_FILE_BYTES
    assert "content" not in repr(file)


def test_a_case_holds_so_many_and_no_more() -> None:
    files = [replace(KEPT, version=version) for version in range(2, 1 + MOST_FILES)]
    refuse_too_many(files)
    with pytest.raises(IncompleteError, match="20 files"):
        refuse_too_many([*files, KEPT])


@pytest.mark.parametrize(
    ("size", "words"), [(412, "412 bytes"), (2048, "2 kB"), (2_500_000, "2.38 MB")]
)
def test_sizes_are_said(size: int, words: str) -> None:
    assert size_words(size) == words
