"""What a text touches of all that makes customers satisfied or not, in praise and in complaint."""

from __future__ import annotations

from collections.abc import Sequence

from services.scoring.domain.text.words import WordsJudge
from shared.program.document import Cause, Driver


class Drivers:
    """Finds a program's drivers in texts: by the theme that was told, and by their own words.

    `themes` are the entries of taxonomy.what: a driver that names one means those below it too.
    A word that can't be looked for is passed over.
    """

    def __init__(self, drivers: Sequence[Driver], themes: Sequence[Cause]) -> None:
        self._by_theme = {
            theme.id: {one.id for one in drivers if {theme.id, theme.parent} & {*one.themes}}
            for theme in themes
        }
        words = {one.id: one.words for one in drivers if one.words}
        self._words = WordsJudge(words) if words else None
        self._order = [one.id for one in drivers]

    def touched(self, text: str, language: str | None, theme: str | None) -> tuple[str, ...]:
        """Return the ids of the drivers that `text` touches, in the program's order."""
        found = set(self._by_theme.get(theme or "", ()))
        if self._words:
            found |= self._words.mentioned(text, language)
        return tuple(one for one in self._order if one in found) if found else ()
