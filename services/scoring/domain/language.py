"""The language of a text, as a BCP 47 tag, or nothing where it can't be told.

CLD2 decides: it knows Hmong (RPA) besides the larger languages and tells Kazakh from Russian.
What it is unsure of, what is mixed and what is too short stays without a language: a wrong one
would send a customer to someone who can't read them.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

import pycld2

#: Letters that a text needs at least, fewer in scripts that write a word or syllable a sign.
FEWEST_LETTERS = 8
FEWEST_SIGNS = 2
#: The share (%) of a text that its language must have; what has less is mixed.
LEAST_SHARE = 70
#: CLD2's score per kilobyte that a language needs which is not expected, and any language in a
#: text shorter than this: random letters and names have less, and so has Russian taken for
#: Serbian.
LEAST_SCORE = 600
FEWEST_CHARACTERS = 20
#: What Hmong needs instead: a Hmong sentence always has more, one that is half English less.
LEAST_HMONG_SCORE = 1350
#: English with less may be mixed, and is asked about half by half: CLD2 takes an English
#: sentence and a Spanish one for English.
CLEAR_ENGLISH_SCORE = 1000
#: Characters that are looked at: the first lines tell the language of the rest.
LONGEST_SAMPLE = 1000

_EXPECTED = frozenset({"en", "es", "hmn", "kk", "lo", "ru", "th", "zh", "zh-Hant"})
_SIDE_BY_SIDE = frozenset({"en", "es", "hmn"})
_SIGNS = frozenset({"zh", "zh-Hant", "ja", "ko", "th", "lo", "km", "my"})
_TAGS = {"zh-Hant": "zh", "iw": "he", "jw": "jv", "no": "nb", "sr-ME": "sr"}
_ADDRESS = re.compile(r"https?://\S+|(?<!\S)[^\s@]++@\S+")


def language_of(text: str | None) -> str | None:
    """Return the language of `text` as a BCP 47 tag, None where it can't be told."""
    if not text:
        return None
    sample = text[:LONGEST_SAMPLE]
    if "://" in sample or _may_have_mail_address(sample):
        sample = _ADDRESS.sub(" ", sample)
    answer = _detect(sample)
    language = answer.language
    if not _is_clear(answer, len(sample)) or not _is_enough(sample, language):
        return None
    if language == "en" and answer.score < CLEAR_ENGLISH_SCORE and _has_two(sample):
        return None
    return _TAGS.get(language, language)


def _may_have_mail_address(sample: str) -> bool:
    """Tell whether an @ stands behind something: what names a person begins with it."""
    return sample.count("@") > sample.count(" @") + sample.startswith("@")


class _Answer(NamedTuple):
    """Whether CLD2 is sure, the first language, its share (%) and its score."""

    is_reliable: bool
    language: str
    share: int
    score: float


def _is_clear(answer: _Answer, characters: int) -> bool:
    is_expected = answer.language in _EXPECTED and characters >= FEWEST_CHARACTERS
    least = LEAST_HMONG_SCORE if answer.language == "hmn" else 0 if is_expected else LEAST_SCORE
    return answer.is_reliable and answer.share >= LEAST_SHARE and answer.score >= least


def _has_two(sample: str) -> bool:
    """Return whether the halves of `sample` are in two languages that are met side by side."""
    middle = sample.find(" ", len(sample) // 2)
    halves = _detect(sample[:middle]), _detect(sample[middle:])
    languages = {half.language for half in halves if half.is_reliable}
    return len(languages & _SIDE_BY_SIDE) > 1


def _is_enough(sample: str, language: str) -> bool:
    if language.startswith(("un", "xx-")):  # no language, or a script that has many
        return False
    needed = FEWEST_SIGNS if language in _SIGNS else FEWEST_LETTERS
    letters = filter(str.isalpha, sample[:64])
    return next(islice(letters, needed - 1, None), None) is not None


def _detect(sample: str) -> _Answer:
    try:
        answer = pycld2.detect(sample, isPlainText=True, bestEffort=True)
    except (pycld2.error, UnicodeEncodeError):
        # It takes no control characters, nor code points that Unicode has not given out.
        printable = "".join(sign if sign.isprintable() else " " for sign in sample)
        answer = pycld2.detect(printable, isPlainText=True, bestEffort=True)
    is_reliable, _, ((_, language, share, score), *_) = answer
    return _Answer(is_reliable, language, share, score)
