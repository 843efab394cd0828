"""Conditions of detection rules: CEL expressions over flat variables, checked before they run.

CEL is the Common Expression Language (github.com/google/cel-spec). The library checks no types
when it compiles, so a rule is tried on made-up events when its program is loaded.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from shared.errors import ClosedLoopError
from shared.program import cel_library as cel
from shared.program.document import DetectionRule
from shared.program.needed import Needed, needed_by
from shared.program.pattern_work import WorkError
from shared.program.work import MOST_WORK_OF_A_CONDITION, work_of

Value = str | float | bool | Mapping[str, str | float | bool]

#: Every variable, with what it holds where the event says nothing. A number that is absent is
#: not a number: no comparison with it holds, neither `value <= 3` nor `value > 3`.
VARIABLES: Mapping[str, Value] = {
    "category": "unrated",
    "scale": "",
    "value": float("nan"),
    "share": float("nan"),
    "has_rating": False,
    "text": "",
    "text_lower": "",
    "has_text": False,
    "language": "",
    "sentiment": "",
    "sentiment_probability": 0.0,
    "theme": "",
    "theme_probability": 0.0,
    "cause": "",
    "listening_post": "",
    "touchpoint": "",
    "journey": "",
    "segment": "",
    "place": "",
    "product": "",
    "account_id": "",
    "contact_requested": False,
    "solved_at_first_contact": "",
    "time_to_resolve_hours": float("nan"),
    "customer_value": float("nan"),
    "earlier_feedback_30d": 0.0,
    "earlier_detractors_90d": 0.0,
    "attributes": {},
}
FUNCTIONS = frozenset({"contains", "startsWith", "endsWith", "matches", "size"})
#: Longer ones are lists, and lists belong into an attribute or a segment.
LONGEST_CONDITION = 2000
#: One inside the other multiplies the work that a single event can cause.
MOST_LIST_MACROS = 2

#: Variables of which hardly two events have the same.
_FREE = frozenset(
    {
        "text",
        "text_lower",
        "attributes",
        "account_id",
        "sentiment_probability",
        "theme_probability",
        "time_to_resolve_hours",
        "customer_value",
    }
)
_MOST_REMEMBERED = 10_000
_TRIALS = 64
_TEXTS = ("", "refund", "A long and unhappy story.")
_CATEGORIES = ("promoter", "passive", "detractor", "unrated")
_SCALES = ("nps", "csat", "ces", "stars", "thumbs", "custom", "")
_SENTIMENTS = ("negative", "neutral", "positive", "")
_STRING = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
_LIST_MACRO = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
_OPERATOR = re.compile(r"\W|_.*_|_\[_\]")
_SYNTAX_ERROR = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*)")
#: Names are checked before: what is still undefined is a function for these arguments.
_UNDEFINED = re.compile(r"Undefined variable or function: '(\w+)'")
#: What CEL raises for an event on which a condition has no answer.
_NO_ANSWER = (LookupError, TypeError, ValueError, ArithmeticError, RuntimeError)


class ConditionError(ClosedLoopError):
    """A rule's condition can't be used; `rule` is the rule's id."""

    def __init__(self, rule: str, detail: str, *, remedy: str) -> None:
        super().__init__(detail, remedy=remedy)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class _Compiled:
    place: int
    rule: DetectionRule
    expression: cel.Program
    reads: frozenset[str]
    needed: Needed | None

    def may_hold(self, variables: Mapping[str, Value]) -> bool:
        """Tell whether the words are there without which the rule does not hold."""
        return self.needed is None or self.needed.is_in(str(variables[self.needed.text]))


class CompiledRules:
    """A program's rules, ready to be asked. `reads` names the variables that they need.

    Handing variables to CEL costs more than evaluating rules: the answers of rules that read
    none of `_FREE` are remembered by what they have read.
    """

    def __init__(self, rules: Sequence[_Compiled]) -> None:
        self.reads = _reads(rules)
        self._free = [rule for rule in rules if rule.reads & _FREE]
        self._closed = [rule for rule in rules if not rule.reads & _FREE]
        self._free_reads = _reads(self._free)
        self._closed_reads = sorted(_reads(self._closed))
        self._remembered: dict[tuple[Value, ...], _Compiled | None] = {}

    def first(self, variables: Mapping[str, Value]) -> DetectionRule | None:
        """Return the first rule that holds for an event, None where none does.

        `variables` has at least those in `reads`. A rule whose condition has no answer (an
        absent attribute, a number compared that the event does not have) does not hold.
        """
        found = self._first_closed(variables) if self._closed else None
        if not self._free:
            return found.rule if found else None
        earlier = [
            rule
            for rule in self._free
            if (found is None or rule.place < found.place) and rule.may_hold(variables)
        ]
        if earlier:
            context = {name: variables[name] for name in self._free_reads}
            found = _first(earlier, context) or found
        return found.rule if found else None

    def _first_closed(self, variables: Mapping[str, Value]) -> _Compiled | None:
        key = tuple([variables[name] for name in self._closed_reads])
        if key not in self._remembered:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            context = dict(zip(self._closed_reads, key, strict=True))
            self._remembered[key] = _first(self._closed, context)
        return self._remembered[key]


def _reads(rules: Sequence[_Compiled]) -> frozenset[str]:
    return frozenset().union(*(rule.reads for rule in rules))


def _first(rules: Sequence[_Compiled], variables: dict[str, Value]) -> _Compiled | None:
    context = cel.Context(variables)
    for rule in rules:
        try:
            if rule.expression.execute(context) is True:
                return rule
        except _NO_ANSWER:
            continue
    return None


def compile_rules(rules: Sequence[DetectionRule]) -> CompiledRules:
    """Compile rules that were checked when their program was activated.

    Raises ConditionError for one that is not CEL or reads an unknown variable.
    """
    compiled = []
    for place, rule in enumerate(rules):
        expression = _compile(rule)
        reads = frozenset(expression.variables()) & VARIABLES.keys()
        compiled.append(_Compiled(place, rule, expression, reads, needed_by(rule.when)))
    return CompiledRules(compiled)


def check(rule: DetectionRule) -> None:
    """Check that the rule's condition is CEL, reads what there is, answers yes or no, and soon.

    Raises ConditionError, whose detail and remedy are for the author of the program.
    """
    expression = _compile(rule)
    _refuse_slow(rule)
    for variables in _trials(rule.when):
        _try(rule, expression, variables)


def _compile(rule: DetectionRule) -> cel.Program:
    source = rule.when
    if len(source) > LONGEST_CONDITION:
        raise ConditionError(
            rule.id,
            f"The condition has {len(source):,} characters, {LONGEST_CONDITION:,} are allowed.",
            remedy="Split it into several rules.",
        )
    try:
        expression: cel.Program = cel.compile(source)
    except ValueError as error:
        raise ConditionError(
            rule.id,
            f"The condition is not CEL: {_complaint(error)}.",
            remedy="Correct the expression; text stands in quotes.",
        ) from error
    _refuse_unknown_names(rule, expression)
    return expression


def _refuse_unknown_names(rule: DetectionRule, expression: cel.Program) -> None:
    bare = _STRING.sub("''", rule.when)
    bound = _LIST_MACRO.findall(bare)
    if len(bound) > MOST_LIST_MACROS:
        raise ConditionError(
            rule.id,
            f"The condition goes through lists {len(bound)} times, {MOST_LIST_MACROS} are allowed.",
            remedy="Split it into several rules.",
        )
    _refuse_unknown(rule, "variable", set(expression.variables()) - set(bound), VARIABLES.keys())
    called = {name for name in expression.functions() if not _OPERATOR.match(name)}
    _refuse_unknown(rule, "function", called, FUNCTIONS)


def _refuse_unknown(rule: DetectionRule, kind: str, names: set[str], known: Set[str]) -> None:
    if unknown := sorted(names - known):
        raise ConditionError(
            rule.id,
            f"There is no {kind} {unknown[0]!r}.",
            remedy=f"Use one of {', '.join(sorted(known))}.",
        )


def _refuse_slow(rule: DetectionRule) -> None:
    try:
        steps = work_of(rule.when)
    except WorkError as error:
        raise ConditionError(
            rule.id,
            f"The condition could take for ever: {error}.",
            remedy="Write the pattern out, or use contains.",
        ) from error
    if steps > MOST_WORK_OF_A_CONDITION:
        raise ConditionError(
            rule.id,
            f"The condition can take {steps:,} steps for one event,"
            f" {MOST_WORK_OF_A_CONDITION:,} are allowed.",
            remedy="Shorten its lists, or replace patterns by words and contains.",
        )


def _try(rule: DetectionRule, expression: cel.Program, variables: Mapping[str, Value]) -> None:
    try:
        answer = expression.execute(cel.Context(dict(variables)))
    except LookupError:
        return  # an attribute that this event does not have: then the rule does not hold
    except _NO_ANSWER as error:
        raise ConditionError(
            rule.id,
            f"The condition fails: {_complaint(error)}.",
            remedy="Correct it: text goes with text, numbers with numbers (1.0, not 1, in sums).",
        ) from error
    if not isinstance(answer, bool):
        raise ConditionError(
            rule.id,
            f"The condition gives {answer!r}, not true or false.",
            remedy="Compare it with something.",
        )


def _trials(source: str) -> Iterator[dict[str, Value]]:
    """Yield made-up events: their texts and numbers are those that the condition names.

    They have no attributes, whose types are the publishers' own.
    """
    chance = random.Random(source)  # noqa: S311  (made-up events, the same at every check)
    texts = [first or second for first, second in _STRING.findall(source)] + list(_TEXTS)
    numbers = [float(number) for number in _NUMBER.findall(source)] + [0.0, 1.0]
    for _ in range(_TRIALS):
        yield {
            name: _made_up(name, default, chance, texts, numbers)
            for name, default in VARIABLES.items()
        }


def _made_up(
    name: str, default: Value, chance: random.Random, texts: list[str], numbers: list[float]
) -> Value:
    if name == "category":
        return chance.choice(_CATEGORIES)
    if name == "scale":
        return chance.choice(_SCALES)
    if name == "sentiment":
        return chance.choice(_SENTIMENTS)
    if isinstance(default, bool):
        return chance.random() < 0.5  # noqa: PLR2004  (a coin)
    if isinstance(default, float):
        return chance.choice(numbers)
    return chance.choice(texts) if isinstance(default, str) else default


def _complaint(error: Exception) -> str:
    """Return what the library says about a condition, short and without its own hints."""
    text = str(error).strip("'")
    if place := _SYNTAX_ERROR.search(text):
        line, column, words = place.groups()
        return f"line {line}, column {column}: {words.split(' expecting ')[0]}"
    if text.startswith("No such overload"):
        return "it compares or combines values of different kinds"
    if undefined := _UNDEFINED.match(text):
        return f"{undefined[1]} is used with the wrong kind of value"
    return text.splitlines()[0].split(". ")[0].rstrip(". ")
