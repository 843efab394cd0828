r"""How much work a regular expression makes, told from its letters alone.

CEL hands them to Rust's regex crate, which bounds a search by the length of the pattern (counted
repetitions written out) times that of the text and never backtracks (docs.rs/regex, "Untrusted
input"). But a pattern is compiled anew for every event, and a class such as \w has 140,000
letters: compiling is what costs, and what is counted here, in the steps of work.py.
"""

from __future__ import annotations

import re


class WorkError(ValueError):
    """A condition can do more work than an event is worth, or as much as the event likes."""


_LETTER = 20
_LETTER_OF_EITHER_CASE = 100
_WEIGHTS = {"any": 80, "set": 80, "bound": 100, "open": 20, "close": 0, "end": 0}
#: The digits and spaces of all scripts; their letters; what Unicode calls by a name.
_CLASSES = {"d": 600, "s": 500, "w": 4400, "p": 2500}
_TOKEN = re.compile(
    r"""\\(?:(?P<class>[dDsSwW])|(?P<named>[pP](?:\{[^}]*\}|.)))
    |(?P<bound>\\[bB])
    |(?P<escaped>\\(?:[xuU]\{[^}]*\}|.))
    |(?P<flags>\(\?[a-zA-Z-]*\))
    |(?P<open>\((?:\?[a-zA-Z-]*:|\?P?<\w+>)?)
    |(?P<close>\))
    |(?P<set>\[\^?\]?)
    |(?P<end>\])
    |(?P<count>\{\d*,?\d*\})
    |(?P<repeat>[*+?])
    |(?P<any>\.)
    |(?P<letter>.)""",
    re.VERBOSE | re.DOTALL,
)
#: In a set such as [(.+] these are letters.
_PLAIN_IN_A_SET = frozenset({"flags", "open", "close", "count", "repeat", "any"})
_FLAGS = re.compile(r"\(\?([a-zA-Z]+)")


def work_of_pattern(pattern: str) -> int:
    """Return the steps that compiling `pattern` and searching a text of 10 kB can take.

    Raises WorkError for a pattern with the flag x, in which spaces and comments hide the rest.
    """
    flags = "".join(_FLAGS.findall(pattern))
    if "x" in flags:
        raise WorkError("a pattern with the flag x can't be weighed")
    return _Weighing(_LETTER_OF_EITHER_CASE if "i" in flags else _LETTER).of(pattern)


class _Weighing:
    """The weights of a pattern's parts, a list for each group or set that is open."""

    def __init__(self, letter: int) -> None:
        self._letter = letter
        self._open: list[list[int]] = [[]]
        self._sets = 0

    def of(self, pattern: str) -> int:
        for token in _TOKEN.finditer(pattern):
            kind = token.lastgroup or ""
            if self._sets and kind in _PLAIN_IN_A_SET:
                kind = "letter"
            self._take(kind, token[0])
        return sum(map(sum, self._open))

    def _take(self, kind: str, word: str) -> None:
        if kind == "count":
            self._repeat(
                max(int(times or 0) for times in word[1:-1].split(",")) + word.endswith(",}")
            )
        elif kind in {"close", "end"} and len(self._open) > 1:
            self._close(is_set=kind == "end")
        elif kind not in {"flags", "repeat"}:
            self._add(kind, word)

    def _add(self, kind: str, word: str) -> None:
        if kind in {"open", "set"}:
            self._open.append([])
            self._sets += kind == "set"
        if kind in {"class", "named"}:
            weight = _CLASSES[word[1].lower()]
        else:
            weight = _WEIGHTS.get(kind, self._letter)
        self._open[-1].append(weight)

    def _close(self, *, is_set: bool) -> None:
        self._sets -= is_set
        weight = sum(self._open.pop())
        self._open[-1].append(weight)

    def _repeat(self, times: int) -> None:
        """Count what stands before as often as it is written out; {2,} is twice and once more."""
        if self._open[-1]:
            self._open[-1][-1] *= max(times, 1)
