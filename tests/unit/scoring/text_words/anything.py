"""Text as bad as it comes: any sign, lone surrogates and control characters included."""

from __future__ import annotations

from hypothesis import strategies as st

#: Hypothesis leaves surrogates out unless it is told not to.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
#: What a scanner may stumble over when it comes in thousands.
TIRESOME = [
    "a", "a ", "1", "1 ", "1-", "a@", "@a.", "a.", "+", "(", " ", "\n", "!", "?", "*", "'", "a'",
    "AA00 ", "DE89 3704 ", "\u0e44\u0e21\u0e48", "不", "👍", "\u0301", "\u202e", "\x00", "\ud800",
    "ﷺ", "http://", "late ", "not very ", "‹mail› ",
]  # fmt: skip
LONG_TEXT = st.sampled_from(TIRESOME).map(lambda sign: (sign * 10_000)[:10_000])
