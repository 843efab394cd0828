"""`make evaluate`: how well texts are understood, beside what others would use.

Writes docs/accuracy.md, and exits with 1 where a bound is not kept.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

_NEEDED = ("sklearn", "vaderSentiment", "textblob", "snownlp", "pythainlp")


def main() -> None:
    """Measure everything that there is the data and the software for."""
    absent = [name for name in _NEEDED if find_spec(name) is None]
    if absent:
        _say(f"Nothing was measured: install {', '.join(absent)}, which serve as baselines.")
        return
    _measure()


def _measure() -> None:
    # The baselines are packages that the product does without.
    from tests.evaluate.corpora import DATA  # noqa: PLC0415
    from tests.evaluate.findings import write  # noqa: PLC0415
    from tests.evaluate.sections import EACH, sections  # noqa: PLC0415

    absent = [name for name in EACH if not (DATA / name).exists()]
    if absent:
        _say(f"Nothing was measured: {', '.join(absent)} not found in ../shared/data.")
        return
    found = []
    for section in sections():
        found.append(section)
        for one in section.findings:
            kept = "" if one.kept else "NOT KEPT "
            _say(f"{kept}{section.title}: {one.what}: {one.value:.4f} {one.bound}")
    write(found)
    if not all(one.kept for section in found for one in section.findings):
        raise SystemExit(1)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
