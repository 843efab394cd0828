"""The report says what was counted, and nothing in it comes from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.offline.report import share
from deploy.pages.pictures import Bar, bars, pareto
from tests.unit.offline.support import NPS, scored, written

FILE = "words,score\n" + "".join(
    f"{words},{score}\n"
    for words, score in [
        *[("The train was delayed and late", 1)] * 5,
        *[("The staff were rude to my mother", 9)] * 3,
        ("<script>alert(1)</script> is on fire", ""),
        ("", 10),
        ("", ""),
        ("x", 11),
    ]
)


@pytest.fixture
def page(tmp_path: Path) -> str:
    path = written(tmp_path, FILE, "a <b>.csv")
    scored(path, rating=NPS, report=tmp_path / "report.html")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def cells(page: str, head: str) -> list[list[str]]:
    """Return the table lines that start with `head`."""
    found = re.findall(rf'<tr><th scope="row">{re.escape(head)}</th>(.*?)</tr>', page)
    return [re.findall(r"<td[^>]*>(.*?)</td>", line) for line in found]


def test_themes_stand_in_their_order_with_their_sum_and_those_flagged(page: str) -> None:
    assert cells(page, "It came &lt;late&gt;") == [["5", "62.5 %", "62.5 %", "5"]]
    assert cells(page, "Staff did not help") == [["3", "37.5 %", "100.0 %", "0"]]
    assert cells(page, "not told")[0] == ["1", "", "", "1"]


def test_severities_and_categories_are_counted_over_the_scored_rows(page: str) -> None:
    assert cells(page, "critical") == [["1", "10.0 %"]]
    assert cells(page, "detractor") == [["5", "50.0 %"]]
    assert cells(page, "promoter") == [["4", "40.0 %"]]


def test_every_picture_has_a_title_words_and_a_table(page: str) -> None:
    assert page.count('<svg role="img"') == page.count("<title id=") == page.count("<desc id=")
    assert page.count('<svg role="img"') == page.count("as a table") - 1


def test_a_picture_says_the_numbers_of_its_table(page: str) -> None:
    assert "It came &lt;late&gt; 5; Staff did not help 3." in page


def test_examples_are_the_worst_first_and_masked(tmp_path: Path) -> None:
    words = [
        "Late, and mail me at ann@example.com or call +44 20 7946 0958",
        "It is on fire " + "and nobody comes " * 60,
    ]
    path = written(tmp_path, "words,score\n" + "".join(f'"{said}",1\n' for said in words))
    scored(path, rating=NPS, report=tmp_path / "report.html")

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    first, second = re.findall(r'<p class="words"[^>]*>(.*?)</p>', page, re.DOTALL)
    assert first.startswith("It is on fire")
    assert first.endswith(("nobody …", "and …", "comes …"))
    assert "Late, and mail me at" in second
    assert not {"ann@example.com", "7946"} & set(re.split(r"[ ,]", page))


def test_what_customers_write_is_never_markup(page: str) -> None:
    assert "<script" not in page
    assert "a &lt;b&gt;.csv" in page


def test_the_page_asks_nobody_for_anything(page: str) -> None:
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)|url\(|@import""", page)


def test_a_built_in_program_is_said_to_be_one(tmp_path: Path) -> None:
    path = written(tmp_path, FILE)
    scored(path, report=tmp_path / "report.html", built_in=True)

    assert "(built in)" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_without_ratings_there_is_no_picture_of_them(tmp_path: Path) -> None:
    path = written(tmp_path, FILE)
    scored(path, report=tmp_path / "report.html")

    assert "What the ratings say" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_file_in_which_nothing_is_told_has_a_page_all_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, "id,words\n1,\n")
    scored(path, report=tmp_path / "report.html")

    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Nothing in these rows tells it." in page
    assert 'role="img"' not in page


def test_a_share_of_few_rows_is_not_said() -> None:
    assert (share(2, 4), share(0, 0), share(2, 5)) == ("–", "–", "40.0 %")


counts = st.lists(st.integers(1, 10**9), min_size=1, max_size=15)


@given(counts=counts)
def test_the_share_of_a_pareto_grows_to_its_end_and_crosses_no_name(counts: list[int]) -> None:
    rows = [Bar(str(n), n) for n in sorted(counts, reverse=True)]
    picture = pareto(rows, name="p", title="P")
    lines = re.findall(r'class="total" x1="0" y1="([^"]*)" x2="([^"]*)" y2="([^"]*)"', picture)
    xs = [float(x) for _, x, _ in lines]
    assert xs == sorted(xs)
    assert (len(xs), xs[-1]) == (len(counts), 304.0)
    names = [float(y) for y in re.findall(r'<text x="0" y="([^"]*)"', picture)][: len(counts)]
    bases = [*names, names[-1] + 46]
    for (start, _, end), above, below in zip(lines, bases, bases[1:], strict=False):
        assert start == end
        assert above < float(start) < below - 14 + 4


@given(counts=counts, zeros=st.integers(0, 3))
def test_a_bar_is_as_long_as_its_number_and_none_is_hidden(counts: list[int], zeros: int) -> None:
    picture = bars([Bar("b", n, n) for n in counts + [0] * zeros], name="p", title="P")
    widths = [float(w) for w in re.findall(r'class="bar light" [^>]*? width="([^"]*)"', picture)]
    for n, width in zip(counts, widths, strict=False):
        assert width == pytest.approx(max(304 * n / max(counts), 1.5), abs=0.06)
    assert widths[len(counts) :] == [0.0] * zeros


def test_a_long_name_is_cut_before_a_letter_and_never_within_one() -> None:
    thai = "ที่" * 30
    (label,) = re.findall(
        r'<text x="0"[^>]*>(.*?)</text>', bars([Bar(thai, 1)], name="p", title="")
    )
    assert label.endswith("…")
    assert label[:-1] in {"ที่" * n for n in range(1, 31)}
