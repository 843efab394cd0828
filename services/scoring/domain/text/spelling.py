"""One spelling for what Unicode can write in several ways."""

from __future__ import annotations

import re
import unicodedata

# Normalizing takes time that is quadratic in the length of a heap of accents, so a text is
# normalized piece by piece, cut between words where it has any.
_PIECE = 64
_PIECES = re.compile(rf"[\s\S]{{1,{_PIECE}}}(?:(?=\s)|\Z)|[\s\S]{{1,{_PIECE}}}")
# What is full of these takes long to normalize, and most Chinese text is.
_WIDE = re.compile("[\uff01-\uff5e…]")
_NARROW = {sign: unicodedata.normalize("NFKC", sign) for sign in map(chr, range(0xFF01, 0xFF5F))}
_NARROW["…"] = "..."


def normalized(text: str, most: int) -> str:
    """Return the beginning of `text`, at most `most` characters, in its compatibility form (NFKC).

    The work is bounded by `most`, also where one sign becomes eighteen.
    """
    text = _WIDE.sub(_narrow, text[:most])
    if len(text) <= _PIECE:
        return unicodedata.normalize("NFKC", text)[:most]
    done = ""
    for piece in _PIECES.findall(text):
        done += unicodedata.normalize("NFKC", piece)
        if len(done) >= most:
            break
    return done[:most]


def _narrow(wide: re.Match[str]) -> str:
    return _NARROW[wide[0]]
