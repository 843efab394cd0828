"""What is counted over the rows: the numbers of the summary and of the report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from deploy.offline.verdicts import Judged
from services.scoring.domain.text.masking import mask
from shared.contracts.events import Severity

#: How many flagged rows of each severity are kept to be shown: the first ones.
EXAMPLES = 4
_LONGEST_EXAMPLE = 600


class Example(NamedTuple):
    """A flagged row to be shown: its words are masked, and cut where they are many."""

    row: int
    severity: Severity
    reason: str
    language: str | None
    text: str


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of rows: `rows` = `scored` + `silent` + `refused`.

    A silent row has neither words nor a rating. What could not be told is counted under "".
    Languages, sentiments, themes and causes count the scored rows with words (`worded`).
    """

    rows: int = 0
    scored: int = 0
    silent: int = 0
    refused: int = 0
    worded: int = 0
    flagged: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    sentiments: Counter[str] = field(default_factory=Counter)
    themes: Counter[str] = field(default_factory=Counter)
    flagged_themes: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    examples: dict[Severity, list[Example]] = field(default_factory=dict)

    def add(self, row: int, judged: Judged) -> None:
        """Count a scored row; `row` is its number in the file, from 1."""
        verdict = judged.verdict
        self.rows += 1
        self.scored += 1
        self.categories[judged.category.value] += 1
        self.severities[judged.severity.value] += 1
        if judged.text is not None:
            self.worded += 1
            self.languages[verdict.language or ""] += 1
            self.sentiments[verdict.sentiment or ""] += 1
            self.themes[verdict.theme or ""] += 1
            self.causes[verdict.cause or ""] += 1
        if verdict.flagged:
            self._add_flagged(row, judged)

    def add_silent(self) -> None:
        """Count a row that says nothing."""
        self.rows += 1
        self.silent += 1

    def add_refused(self) -> None:
        """Count a row that could be no event."""
        self.rows += 1
        self.refused += 1

    def _add_flagged(self, row: int, judged: Judged) -> None:
        self.flagged += 1
        self.rules[judged.verdict.rule or ""] += 1
        if judged.text is None:
            return
        self.flagged_themes[judged.verdict.theme or ""] += 1
        shown = self.examples.setdefault(judged.severity, [])
        if len(shown) < EXAMPLES:
            text, language = _excerpt(mask(judged.text)), judged.verdict.language
            shown.append(Example(row, judged.severity, judged.reason, language, text))

    def merge(self, later: Tally) -> None:
        """Add the counts of rows that stand behind those counted here."""
        for name in ("rows", "scored", "silent", "refused", "worded", "flagged"):
            setattr(self, name, getattr(self, name) + getattr(later, name))
        for name in _COUNTERS:
            getattr(self, name).update(getattr(later, name))
        for severity, examples in later.examples.items():
            shown = self.examples.setdefault(severity, [])
            shown.extend(examples[: EXAMPLES - len(shown)])


def _excerpt(text: str) -> str:
    """Return the beginning of a long text, cut between two words where it has any."""
    if len(text) <= _LONGEST_EXAMPLE:
        return text
    return text[:_LONGEST_EXAMPLE].rsplit(maxsplit=1)[0] + " …"


_COUNTERS = (
    "languages",
    "sentiments",
    "themes",
    "flagged_themes",
    "causes",
    "categories",
    "severities",
    "rules",
)
