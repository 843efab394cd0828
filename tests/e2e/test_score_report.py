"""The report of an offline scoring in a real browser: no fault, no sideways scroll, no request."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.e2e.looks import faults_of, sideways_scroll
from tests.unit.offline.support import NPS, scored, written

SAID = [
    ("The train was delayed and late again", 1),
    ("The staff were rude to my mother", 9),
    ("The kitchen is on fire, call the fire brigade at once", ""),
    ("El tren llegó tarde y nadie nos dijo nada de nada", ""),
    ("รถไฟมาสายอีกแล้ว ไม่มีใครบอกอะไรเลย เหนื่อยมากจริง ๆ", 3),
    ("a" * 300, 4),
    ("", 10),
    ("x", 11),
]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    content = "words,score\n" + "".join(f'"{words}",{score}\n' for words, score in SAID * 7)
    page = tmp_path / "report.html"
    scored(written(tmp_path, content), rating=NPS, report=page)
    return page


@pytest.mark.parametrize("width", [1440, 390, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_report_has_no_fault_and_fits(
    browser: Browser, report: Path, width: int, scheme: str
) -> None:
    window = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,
    )
    page = await window.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    await page.goto(report.as_uri())

    assert await page.get_by_role("heading", level=1).inner_text() == "feedback.csv, scored"
    assert await page.get_by_role("img").count() >= 4
    assert await sideways_scroll(page) == 0
    assert await faults_of(page) == []
    assert requests == [report.as_uri()]
    await window.close()
