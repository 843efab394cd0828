"""A cell that a spreadsheet shows and never runs."""

from __future__ import annotations

#: What begins a formula in one spreadsheet or another (OWASP, CSV Injection), as wide letters too.
_BEGINS_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")


def harmless(text: str) -> str:
    """Return `text` so that a spreadsheet takes it for words, with an apostrophe before a formula.

    Customers write what they like, such as `=HYPERLINK(…)`. A number stays one, whatever its sign.
    """
    if text[:1] not in _BEGINS_FORMULA or not text or _is_number(text):
        return text
    return f"'{text}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and text == text.strip()
