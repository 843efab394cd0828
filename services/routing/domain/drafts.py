"""What a person has typed into a form of a case and not sent yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

#: The forms of a case in which people write.
DraftForm = Literal["next", "assign", "contact", "resolved", "reply", "channel-reply", "offer"]

KEPT_FOR = timedelta(days=30)

#: The field with words in each form. The others are choices, of which there is one.
_WORDS: Mapping[DraftForm, str] = {
    "next": "note",
    "assign": "note",
    "contact": "note",
    "resolved": "action_taken",
    "reply": "text",
    "channel-reply": "message",
    "offer": "why",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the fields of a form; `key` is the one under which it would be sent."""

    form: DraftForm
    fields: Mapping[str, str]
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stood in the fields of a form at a moment, by their names."""

    form: DraftForm
    fields: Mapping[str, str]
    saved_at: datetime


def made(typed: Typed, now: datetime) -> Draft | None:
    """Return what is to be kept: None where nothing is written or chosen."""
    written = {name: text for name, text in typed.fields.items() if text.strip()}
    return Draft(form=typed.form, fields=written, saved_at=now) if written else None


def together(drafts: Iterable[Draft]) -> Mapping[DraftForm, Draft]:
    """Return one draft a form. Where cases were merged there may be several: no word is lost.

    The words of all follow each other; of the choices, those of the first that has one stay.
    """
    found: dict[DraftForm, Draft] = {}
    for draft in drafts:
        first = found.get(draft.form)
        found[draft.form] = _joined(first, draft) if first else draft
    return found


def _joined(first: Draft, second: Draft) -> Draft:
    words = _WORDS[first.form]
    said = "\n\n".join(one.fields[words] for one in (first, second) if words in one.fields)
    fields = {**second.fields, **first.fields, **({words: said} if said else {})}
    return Draft(form=first.form, fields=fields, saved_at=max(first.saved_at, second.saved_at))


class Drafts(Protocol):
    """One person's drafts, in a transaction."""

    async def has_case(self, followup_id: UUID) -> bool:
        """Return whether there is such a follow-up."""
        ...

    async def of_case(self, followup_id: UUID, person: str) -> Sequence[Draft]:
        """Return the drafts for a case, then those for cases that went into it."""
        ...

    async def save(self, followup_id: UUID, person: str, draft: Draft, key: str) -> None:
        """Keep the draft in place of the former, unless the form of this key was sent."""
        ...

    async def forget(
        self, followup_id: UUID, person: str, form: DraftForm, *, spare_own: bool
    ) -> None:
        """Forget what stood in a form, for the case (unless spared) and those that went into it."""
        ...


class DraftTransactions(Protocol):
    """Opens transactions."""

    def of_drafts(self, tenant: str) -> AbstractAsyncContextManager[Drafts]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        ...
