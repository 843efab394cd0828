"""Drafts are kept and forgotten: one request, one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.routing.domain.drafts import (
    Draft,
    DraftForm,
    DraftTransactions,
    Typed,
    made,
    together,
)
from services.routing.errors import UnknownFollowUpError


async def drafts_of(
    transactions: DraftTransactions, tenant: str, followup_id: UUID, person: str
) -> Mapping[DraftForm, Draft]:
    """Return what a person has begun to write about a case, by form."""
    async with transactions.of_drafts(tenant) as drafts:
        return together(await drafts.of_case(followup_id, person))


async def keep_draft(
    transactions: DraftTransactions,
    tenant: str,
    followup_id: UUID,
    person: str,
    typed: Typed,
    now: datetime,
) -> Draft | None:
    """Keep what stands in a form, and forget it when that is nothing.

    Raises UnknownFollowUpError.
    """
    draft = made(typed, now)
    async with transactions.of_drafts(tenant) as drafts:
        if not await drafts.has_case(followup_id):
            raise UnknownFollowUpError(f"There is no follow-up {followup_id}.")
        if draft:
            await drafts.save(followup_id, person, draft, typed.key)
        await drafts.forget(followup_id, person, typed.form, spare_own=draft is not None)
    return draft


async def forget_draft(
    transactions: DraftTransactions, tenant: str, followup_id: UUID, person: str, form: DraftForm
) -> None:
    """Forget a draft, as when its form was sent."""
    async with transactions.of_drafts(tenant) as drafts:
        await drafts.forget(followup_id, person, form, spare_own=False)
