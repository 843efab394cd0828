from __future__ import annotations

import re

from rich.console import Console

from deploy.backtest.report import report_page
from deploy.backtest.result import Backtest, LimitTold
from deploy.backtest.terminal import show
from tests.unit.backtest.support import concluded, job, program, said
from tests.unit.program.samples import rule

HAPPY = {"scale": "nps", "value": 10}


def result(text: str = "Wonderful") -> Backtest:
    events = [
        *(said(n) for n in range(7)),
        *(said(20 + n, text=text, rating=HAPPY) for n in range(3)),
    ]
    candidate = program([rule("category == 'promoter'", name="fan"), *program().rules])
    return concluded(job(candidate), events)


def shown(told: Backtest) -> str:
    console = Console(width=160, record=True, highlight=False, quiet=False)
    with console.capture() as captured:
        show(told, console)
    return captured.get()


def test_the_page_has_a_table_for_each_picture_with_the_same_numbers() -> None:
    page = report_page(result())
    assert page.count('<svg role="img"') == page.count("<desc id=") == 3
    assert "fan 0, then 3; detractor 7, then 7." in page
    line = re.search(r'<th scope="row">fan</th>(.*?)</tr>', page)
    assert line is not None
    assert re.findall(r">(\d+)<", line[1]) == ["0", "3", "3", "0"]


def test_what_customers_write_is_never_markup() -> None:
    page = report_page(result("<script>alert(1)</script> Wonderful"))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_asks_nobody_for_anything() -> None:
    page = report_page(result())
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)|url\(|@import""", page)


def test_a_time_without_events_says_why_and_what_to_do() -> None:
    empty = concluded(job(program()), [])
    page = report_page(empty)
    assert "Nothing to compare" in page
    assert "--since" in page
    assert "<svg role" not in page
    assert "there is nothing to compare" in shown(empty)


def test_a_broken_limit_is_named_on_the_page_and_on_the_terminal() -> None:
    limit = LimitTold(name="max_opened_share", limit=0.1, found=0.3, kept=False, detail="3 of 10.")
    told = result().model_copy(update={"limits": [limit]})
    assert "Limit max_opened_share is broken." in report_page(told)
    assert "Limit max_opened_share: BROKEN. 3 of 10." in shown(told)


def test_the_terminal_says_what_changes_and_shows_some() -> None:
    words = shown(result("Wonderful [bold]day[/bold]"))
    assert "The candidate opens 3 follow-ups that the program that counts does not" in words
    assert "Opened (high, fan): Wonderful [bold]day[/bold]" in words
