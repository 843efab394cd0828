"""The verdict of a program on an event: category, severity, flagged or not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from services.scoring.domain.analysis import Analysis, Judges, analyze, names_in
from services.scoring.domain.history import NOTHING_EARLIER, Earlier
from services.scoring.domain.history import VARIABLES as HISTORY
from services.scoring.domain.rating import Rating, categorize, default_severity, ends, in_words
from services.scoring.domain.review import Contradiction, review_of
from services.scoring.domain.variables import Judged, variables
from shared.contracts.events import Category, Feedback, Score, Severity
from shared.program.conditions import Value, compile_rules
from shared.program.document import DEFAULT_RULE, DetectionRule, Program

#: What a rating decides by itself is remembered for so many ratings.
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """A score, and as it stands in an event: compact JSON without absent fields."""

    score: Score
    json: str


class Scored(NamedTuple):
    """What was made of an event: the verdict, what was read in the text, what it rests on.

    `earlier` is None where the program's rules do not ask for it. With `co_creation` the
    customer may be asked to help make things better.
    """

    verdict: Verdict
    analysis: Analysis
    earlier: Earlier | None
    review: Contradiction | None
    co_creation: bool = False

    @property
    def score(self) -> Score:
        """The verdict's score."""
        return self.verdict.score


class Scorer:
    """Scores events by one version of a program, whose rules it compiles once.

    Verdicts are few, and making one costs more than finding it: they are remembered.
    """

    def __init__(self, program: Program, judges: Judges) -> None:
        self.program = program
        self.judges = judges
        self._rules = compile_rules(program.rules)
        self._co_creation = compile_rules([program.co_creation.rule] if program.co_creation else [])
        self._reads = self._rules.reads | self._co_creation.reads
        #: Whether a rule asks what the customer said before.
        self.reads_history = not self._reads.isdisjoint(HISTORY)
        self._by_rule: dict[tuple[str, Category], Verdict] = {}
        self._by_rating: dict[tuple[float | str, ...], tuple[Category, Verdict]] = {}

    def score(
        self,
        feedback: Feedback,
        earlier: Earlier = NOTHING_EARLIER,
        *,
        read: Analysis | None = None,
    ) -> Scored:
        """Read the text, then let the rules decide: the first one that holds.

        `read` is what judges of the same version have read in the text already.

        A detractor whom no rule mentions is flagged all the same, by the rule `detractor`;
        nobody else is flagged without a rule.
        """
        category, verdict = self._rated(feedback.rating)
        analysis = read or analyze(feedback.text, self.judges, names=names_in(feedback))
        known: dict[str, Value] = {}
        if self._reads:
            known = variables(self._reads, Judged(feedback, category, analysis, earlier))
        rule = self._rules.first(known)
        if rule is not None:
            verdict = self._by_its_rule(rule, category)
        return Scored(
            verdict,
            analysis,
            earlier if self.reads_history else None,
            review_of(category, analysis.sentiment),
            self._co_creation.first(known) is not None,
        )

    def _by_its_rule(self, rule: DetectionRule, category: Category) -> Verdict:
        key = (rule.id, category)
        if key not in self._by_rule:
            self._by_rule[key] = self._verdict(
                category, rule.severity, rule.reason, rule=rule.id, flagged=rule.flag
            )
        return self._by_rule[key]

    def _rated(self, rating: Rating | None) -> tuple[Category, Verdict]:
        """Return the category, and the verdict where no rule holds."""
        key = (rating.scale, rating.value, *ends(rating)) if rating else ()
        known = self._by_rating.get(key)
        if known is None:
            if len(self._by_rating) >= _MOST_REMEMBERED:
                self._by_rating.clear()
            known = self._by_rating[key] = self._without_rule(rating)
        return known

    def _without_rule(self, rating: Rating | None) -> tuple[Category, Verdict]:
        if rating is None:
            category, reason = Category.UNRATED, "No rating, and no rule holds"
            return category, self._verdict(category, Severity.NONE, reason)
        scale = self.program.scale(rating.scale)
        category = categorize(rating, scale)
        reason = f"A {category}: {in_words(rating)}"
        if category is not Category.DETRACTOR:
            return category, self._verdict(category, Severity.NONE, reason)
        severity = default_severity(rating, scale)
        verdict = self._verdict(category, severity, reason, rule=DEFAULT_RULE, flagged=True)
        return category, verdict

    def _verdict(
        self,
        category: Category,
        severity: Severity,
        reason: str,
        *,
        rule: str | None = None,
        flagged: bool = False,
    ) -> Verdict:
        score = Score(
            category=category,
            severity=severity,
            flagged=flagged,
            rule=rule,
            reason=reason,
            program_version=self.program.version,
            judges=self.judges.version,
        )
        return Verdict(score, score.model_dump_json(exclude_none=True))
