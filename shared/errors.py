"""The one base of the errors that are raised on purpose."""

from __future__ import annotations


class ClosedLoopError(Exception):
    """Something that this software foresees and can name, with a remedy for who meets it.

    `detail` says what is wrong, `remedy` what to do about it; both are whole sentences.
    """

    def __init__(self, detail: str, *, remedy: str = "") -> None:
        super().__init__(f"{detail} {remedy}".rstrip())
        self.detail = detail
        self.remedy = remedy


class TransientError(ClosedLoopError):
    """A server is away, busy or restarting: the same attempt may go through later."""


class SettingsError(ClosedLoopError):
    """A setting is missing or cannot be used."""
