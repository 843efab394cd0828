"""Records that trip the handler: are they at fault, or are we?

One record that a handler cannot take must not stop its partition for ever, so it becomes a dead
letter. But when nearly everything fails, the handler is broken, and burying good events one by
one would only hide it: then the worker stops, and nothing is buried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from shared.contracts.records import Batch, Entry, Rejected
from shared.errors import ClosedLoopError

#: So many failures with no success between them are no coincidence.
MOST_IN_A_ROW = 5
#: The largest share of a batch that may fail, beyond a handful.
LARGEST_SHARE = 0.1

T = TypeVar("T")


class HandlerFaultError(ClosedLoopError):
    """The handler fails for reasons that cannot all lie in the data."""


def without(batch: Batch[T], error: Exception) -> Batch[T]:
    """Return the one-record `batch` with its event replaced by why it can't be handled.

    Raises `error` itself where the record had been rejected anyway: then what failed is ours.
    """
    (entry,) = batch.entries
    if isinstance(entry.decoded, Rejected):
        raise error
    reason = Rejected(
        "handler_failed",
        f"{type(error).__name__}: {error}".encode(errors="backslashreplace")
        .replace(b"\0", b"\\0")
        .decode()[:2000],
        remedy="The event is kept; replay it when the fault has been mended.",
    )
    return replace(batch, entries=[Entry(entry.record, reason)])


class Suspects:
    """Decides for one topic whether records that failed may be buried."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def convicted(self, batch: Batch[T], suspects: Sequence[Batch[T]]) -> Sequence[Batch[T]]:
        """Return `suspects` when they are few enough to be at fault themselves.

        Raises HandlerFaultError when there are too many: of one batch, or in a row.
        """
        if not suspects:
            self._in_a_row = 0
            return suspects
        succeeded = len(batch.entries) - len(suspects)
        self._in_a_row = len(suspects) + (0 if succeeded else self._in_a_row)
        allowed = max(MOST_IN_A_ROW, LARGEST_SHARE * len(batch.entries))
        if len(suspects) > allowed or self._in_a_row > max(MOST_IN_A_ROW, allowed):
            reason = suspects[-1].entries[0].decoded
            raise HandlerFaultError(
                f"{len(suspects)} of {len(batch.entries)} events failed, {self._in_a_row} in a "
                f"row; the last one with: {reason}",
                remedy="Nothing is lost: mend the handler and start the worker again.",
            )
        return suspects
