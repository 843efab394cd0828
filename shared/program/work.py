"""How much work one event can make a condition do, told from the expression alone.

The bound is one of structure and not of time: a condition is accepted everywhere or nowhere,
however busy the machine is that checks it. A step is about a tenth of a microsecond with a text
of 10 kB, on the machine where the weights were measured (common-expression-language 0.10).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from shared.program.pattern_work import WorkError, work_of_pattern

#: What one condition may do, about a millisecond, and all of a program's rules together.
MOST_WORK_OF_A_CONDITION = 10_000
MOST_WORK_OF_A_PROGRAM = 25_000

_OPERATION = 1
#: One look through a text of 10 kB, in a script of two bytes a letter.
_LOOK_THROUGH = 15
_MATCH = 100
#: Copying such a text.
_COPY = 3
_MOST_ATTRIBUTES = 50
_COMPARISON = 3
_LOOKS = frozenset({"contains", "startsWith", "endsWith", "size"})
_COMPARISONS = frozenset({"in", "==", "!=", "<", ">", "<=", ">="})
_MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
_NUMBERS_ONLY = frozenset(
    {
        "value",
        "share",
        "time_to_resolve_hours",
        "customer_value",
        "earlier_feedback_30d",
        "earlier_detractors_90d",
    }
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*)
    |(?P<text>[bB]?[rR]?(?:'{3}.*?'{3}|"{3}.*?"{3})
      |[bB]?[rR]'[^'\n]*'|[bB]?[rR]"[^"\n]*"
      |[bB]?'(?:[^'\\\n]|\\.)*'|[bB]?"(?:[^"\\\n]|\\.)*")
    |(?P<name>[A-Za-z_]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<sign>[=!<>]=|&&|\|\||\S)""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A word of an expression: `kind` is text, name, number or sign."""

    kind: str
    word: str


class _Bracket(NamedTuple):
    """An open bracket: where, and how often what it holds runs for each time it is reached."""

    place: int
    times: int


def tokens_of(condition: str) -> list[Token]:
    """Return the words of `condition`, a CEL expression, without comments."""
    return [
        Token(found.lastgroup or "", found[0])
        for found in _TOKEN.finditer(condition)
        if found.lastgroup != "comment"
    ]


def work_of(condition: str) -> int:
    """Return the steps that `condition`, a CEL expression, can take with the worst event.

    Each word counts once for every element of the lists that are gone through around it; looking
    through a text counts as one of 10 kB, an added text as often as it can be copied, a regular
    expression as it is built. Raises WorkError for a regular expression that does not stand in
    the condition as plain text, or that is itself too large.
    """
    tokens = tokens_of(condition)
    steps, times, opened, closed = 0, 1, [], dict[int, int]()
    for place, token in enumerate(tokens):
        steps += times * _weight(tokens, place)
        if token.word in _OPENING:
            repeated = _repeated(tokens, place, closed)
            opened.append(_Bracket(place, repeated))
            times *= repeated
        elif token.word in _CLOSING and opened:
            bracket = opened.pop()
            times //= bracket.times
            closed[place] = bracket.place
    return steps + _copied(tokens)


def _weight(tokens: list[Token], place: int) -> int:
    kind, word = tokens[place]
    if kind == "text":
        return _OPERATION
    if word == "matches" and tokens[place + 1 : place + 2] == [Token("sign", "(")]:
        return _MATCH + _work_of_match(tokens[place + 1 : place + 4])
    if word in _LOOKS:
        return _LOOK_THROUGH
    return _COMPARISON if word in _COMPARISONS else _OPERATION


def _work_of_match(argument: list[Token]) -> int:
    """Return the work of the pattern in `('…')`, the tokens after `matches`."""
    kinds, words = zip(*argument, strict=True) if argument else ((), ())
    if kinds != ("sign", "text", "sign") or words[0] != "(" or words[2] != ")":
        raise WorkError("matches takes one pattern, in quotes, and nothing that an event brings")
    return work_of_pattern(_unquoted(words[1]))


def _unquoted(text: str) -> str:
    """Return what a string literal says; of an escape the sign after it, which is enough here."""
    prefix, quote, rest = re.split(r"('{3}|\"{3}|'|\")", text, maxsplit=1)
    said = rest[: -len(quote)]
    return said if "r" in prefix.lower() else re.sub(r"\\(.)", r"\1", said)


def _repeated(tokens: list[Token], place: int, closed: dict[int, int]) -> int:
    """Return how often what the bracket at `place` holds can run."""
    is_macro = place >= 3 and tokens[place - 1].word in _MACROS and tokens[place - 2].word == "."  # noqa: PLR2004  (list, dot, name)
    if not is_macro:
        return 1
    end = place - 3
    if tokens[end].word == "attributes":
        return _MOST_ATTRIBUTES
    start = closed.get(end)
    is_list = start is not None and tokens[start].word == "[" and not _follows_value(tokens, start)
    within = tokens[start : end + 1] if is_list else tokens
    elements = sum(token.word == "," for token in within) + 1
    # What a list is made from elsewhere can grow with each sum.
    return elements if is_list else max(elements, _MOST_ATTRIBUTES) * (_sums(tokens) + 1)


def _follows_value(tokens: list[Token], place: int) -> bool:
    """Tell whether a bracket takes an element out of something, rather than making a list."""
    before = tokens[place - 1] if place else Token("sign", "")
    is_word = before.kind in {"name", "text"} and before.word not in {"in"}
    return is_word or before.word in _CLOSING


def _sums(tokens: list[Token]) -> int:
    return sum(token.word == "+" for token in tokens)


def _copied(tokens: list[Token]) -> int:
    """Return the work of sums of texts: each copies what those before it have put together.

    A list that is gone through can put together anew what was put together before.
    """
    macros = sum(one.word == "." and two.word in _MACROS for one, two in pairwise(tokens))
    of_numbers = not macros and all(
        token.kind in {"sign", "number"} or token.word in _NUMBERS_ONLY for token in tokens
    )
    return 0 if of_numbers else _COPY * _sums(tokens) ** (2 + macros)
