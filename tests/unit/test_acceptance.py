"""docs/acceptance.md names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"(?P<file>[\w/]+\.py)|`(?P<test>test_\w+)`")


def test_every_test_that_is_named_stands_in_the_file_that_is_named_before_it() -> None:
    text = (ROOT / "docs" / "acceptance.md").read_text("utf-8")
    source, missing, found = "", [], 0
    for named in _NAMED.finditer(text):
        if file := named["file"]:
            source = (ROOT / "tests" / file).read_text("utf-8")
        elif f"def {named['test']}(" in source:
            found += 1
        else:
            missing.append(named["test"])
    assert missing == []
    assert found > len(text.splitlines()) - 8, "each point names a test"
