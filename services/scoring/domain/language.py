"""The language of a text, as a BCP 47 tag, or nothing where it can't be told.

CLD2 decides: it knows Hmong (RPA) besides the larger languages and tells Kazakh from Russian.
What it is unsure of, what is mixed and what is too short stays without a language: a wrong one
would send a customer to someone who can't read them.
"""

from __future__ import annotations

import re
from itertools import islice

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
#: Characters that are looked at: the first lines tell the language of the rest.
LONGEST_SAMPLE = 1000

_EXPECTED = frozenset({"en", "es", "hmn", "kk", "lo", "ru", "th", "zh", "zh-Hant"})
_SIGNS = frozenset({"zh", "zh-Hant", "ja", "ko", "th", "lo", "km", "my"})
_TAGS = {"zh-Hant": "zh", "iw": "he", "jw": "jv", "no": "nb", "sr-ME": "sr"}
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")


def language_of(text: str | None) -> str | None:
    """Return the language of `text` as a BCP 47 tag, None where it can't be told."""
    if not text:
        return None
    sample = text[:LONGEST_SAMPLE]
    if "@" in sample or "://" in sample:
        sample = _ADDRESS.sub(" ", sample)
    is_reliable, language, share, score = _detect(sample)
    is_expected = language in _EXPECTED and len(sample) >= FEWEST_CHARACTERS
    is_clear = is_reliable and share >= LEAST_SHARE and (is_expected or score >= LEAST_SCORE)
    if not is_clear or not _is_enough(sample, language):
        return None
    return _TAGS.get(language, language)


def _is_enough(sample: str, language: str) -> bool:
    if language.startswith(("un", "xx-")):  # no language, or a script that has many
        return False
    needed = FEWEST_SIGNS if language in _SIGNS else FEWEST_LETTERS
    letters = filter(str.isalpha, sample[:64])
    return next(islice(letters, needed - 1, None), None) is not None


def _detect(sample: str) -> tuple[bool, str, int, float]:
    """Return whether CLD2 is sure, the first language, its share (%) and its score."""
    try:
        answer = pycld2.detect(sample, isPlainText=True, bestEffort=True)
    except (pycld2.error, UnicodeEncodeError):
        # It takes no control characters, nor code points that Unicode has not given out.
        printable = "".join(sign if sign.isprintable() else " " for sign in sample)
        answer = pycld2.detect(printable, isPlainText=True, bestEffort=True)
    is_reliable, _, ((_, language, share, score), *_) = answer
    return is_reliable, language, share, score
