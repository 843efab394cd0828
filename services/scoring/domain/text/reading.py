"""A text as the judges that go by words read it: its beginning, cut into words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from services.scoring.domain.text.spelling import normalized

#: Characters of a text that are read: who complains says so before that.
LONGEST_READ = 2_000
# Thai and Lao, Khmer and Burmese, kana, Chinese: written without spaces between words.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"

#: Stands among the words where a sentence ends, so that no phrase goes beyond.
END = "."
ENDS = frozenset(".!?;\n…。！？；")

_SIGNS_THAT_END = "".join(map(re.escape, sorted(ENDS)))
_SPACED = rf"[^\W_{UNSPACED}]++"
_WORDS = re.compile(rf"[{UNSPACED}]++|{_SPACED}(?:'{_SPACED})*+|[{_SIGNS_THAT_END}]++")
_BEGINS_UNSPACED = re.compile(rf"[{UNSPACED}]").match
# ASCII text is cut without a regular expression, in a third of the time; sign for sign, because
# only then is translating fast.
_ASCII_WORDS = {
    sign: END if chr(sign) in ENDS else " "
    for sign in range(128)
    if not (chr(sign).isalnum() or chr(sign) == "'")
}
_DOTS = re.compile(r"\.{2,}")
_LINK = re.compile(r"https?://\S+")
# What masking.py puts in the place of personal data says nothing.
_MASKED = re.compile("‹[a-z]+›")


class Reading(NamedTuple):
    """What is read of a text: it, in one spelling, its words framed, and its web addresses.

    The parts of a web address are no words.
    """

    text: str
    words: str
    links: int


# The judges of one text ask one after the other; the second finds it read.
@lru_cache(maxsize=1)
def read(text: str) -> Reading:
    """Read `text`, of which the first `LONGEST_READ` characters count."""
    text, links = readable(text), 0
    if "://" in text:
        text, links = _LINK.subn(" ", text)
    if "‹" in text:
        text = _MASKED.sub(" ", text)
    return Reading(text, framed(_words(text)), links)


def readable(text: str) -> str:
    """Return what is read of `text`: its beginning, lower-case, in one spelling of each sign."""
    text = text[:LONGEST_READ]
    if not text.isascii():
        text = normalized(text, LONGEST_READ).replace("’", "'").replace("ʼ", "'")
    return text.lower()


def framed(words: list[str]) -> str:
    """Return `words` in one line, each between two spaces of its own.

    So a word is found whole, and the one after it too, by who looks for " word ".
    """
    return f" {'  '.join(words)} "


def is_without_spaces(word: str) -> bool:
    """Return whether `word` is of a script that puts no spaces between words."""
    return _BEGINS_UNSPACED(word) is not None


def _words(text: str) -> list[str]:
    """Return the words of a readable text; what is written without spaces is one word."""
    if not text.isascii():
        return [END if word[0] in ENDS else word for word in _WORDS.findall(text)]
    text = text.replace("''", " ").translate(_ASCII_WORDS)
    if END + END in text:
        text = _DOTS.sub(END, text)
    words = text.replace(END, f" {END} ").split()
    return [word for word in (word.strip("'") for word in words) if word] if "'" in text else words
