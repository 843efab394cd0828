"""What the benchmarks found: build/bench.json for programs, docs/benchmarks.md for people."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from operator import truediv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One claim: what was measured, its runs, and the bound that it must keep."""

    claim: str
    figure: float
    bound: float
    at_least: bool
    unit: str
    runs: Mapping[str, Sequence[float]]

    @property
    def kept(self) -> bool:
        """Whether the figure keeps its bound."""
        return self.figure >= self.bound if self.at_least else self.figure <= self.bound


def ratio(
    claim: str, ours: Sequence[float], theirs: Sequence[float], bound: float, names: Sequence[str]
) -> Finding:
    """Return the median of the rounds' ratios, which must be at least `bound`.

    Both ran in each round, one after the other: what the machine's mood does to a round it does
    to both.
    """
    return Finding(
        claim=claim,
        figure=statistics.median(map(truediv, ours, theirs)),
        bound=bound,
        at_least=True,
        unit="×",
        runs={names[0]: ours, names[1]: theirs},
    )


def at_most(claim: str, runs: Sequence[float], bound: float, unit: str) -> Finding:
    """Return the median of `runs`, which must be at most `bound`."""
    return Finding(
        claim=claim,
        figure=statistics.median(runs),
        bound=bound,
        at_least=False,
        unit=unit,
        runs={claim: runs},
    )


def write(findings: Sequence[Finding]) -> None:
    """Write both files."""
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    found = {
        "machine": machine(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "findings": [asdict(finding) | {"kept": finding.kept} for finding in findings],
    }
    (build / "bench.json").write_text(json.dumps(found, indent=2) + "\n")
    (ROOT / "docs" / "benchmarks.md").write_text(_page(findings))


def machine() -> str:
    """Describe the machine: processor, cores, memory, system, Python."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}"
    )


def _page(findings: Sequence[Finding]) -> str:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Contestants run in turn, several rounds, on the same servers.",
        "A ratio is the median of the rounds' ratios, any other figure the median of the runs. The",
        "machine is small and shared: read the ratios, not the rates.",
        "",
        f"Machine: {machine()}.",
        "",
        "| claim | figure | bound | kept |",
        "| --- | ---: | ---: | --- |",
    ]
    for one in findings:
        sign = "≥" if one.at_least else "≤"
        lines.append(
            f"| {one.claim} | {one.figure:.2f} {one.unit} | {sign} {one.bound:g} {one.unit} "
            f"| {'yes' if one.kept else 'NO'} |"
        )
    lines += ["", "## The runs", "", "| contestant | median | each run |", "| --- | ---: | --- |"]
    seen: dict[str, Sequence[float]] = {}
    for one in findings:
        seen |= one.runs
    for name, runs in seen.items():
        each = ", ".join(_number(run) for run in runs)
        lines.append(f"| {name} | {_number(statistics.median(runs))} | {each} |")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
