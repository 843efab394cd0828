"""What scoring's pages share: templates, and the words that they are given."""

from __future__ import annotations

from pathlib import Path

from services.scoring.domain import wording
from services.scoring.domain.marking import whole_signs
from shared.web.pages import page_templates

PAGES = page_templates(Path(__file__).parents[1] / "templates")


def _furnish() -> None:
    words = PAGES.env
    words.filters["certainty"] = wording.certainty
    words.filters["rating"] = wording.rating_words
    words.filters["language"] = wording.language_words
    words.filters["stem"] = _shown
    words.filters["category"] = wording.category_words
    words.globals["contradictions"] = wording.CONTRADICTIONS
    words.globals["decisions"] = wording.DECISIONS


def _shown(phrase: str) -> str:
    """Return a phrase for people: a star stands for the rest of the word."""
    shown = whole_signs(phrase)
    return f"{shown[:-1]}…" if shown.endswith("*") else shown


_furnish()
