"""What every judge of a text can do, whether it goes by words or by a trained model."""

from __future__ import annotations

from typing import Protocol

from services.scoring.domain.text.opinion import Opinion


class Judge(Protocol):
    """Judges texts. Total: any text has an opinion, and none makes it raise."""

    def judge(self, text: str, language: str | None, *, explain: bool = False) -> Opinion:
        """Return the opinion on `text`, whose language (BCP 47) may be unknown."""
        ...
