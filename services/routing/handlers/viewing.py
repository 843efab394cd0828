"""Views are kept, changed and deleted: one request, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from services.routing.domain.saved_views import (
    SavedView,
    SavedViews,
    SavedViewTransactions,
    StaleViewError,
    UnknownViewError,
    Viewer,
    ViewWishes,
    changed,
    is_seen_by,
    made,
    refuse_unless_theirs,
)
from shared.clock import Clock


async def views_of(
    transactions: SavedViewTransactions, tenant: str, viewer: Viewer
) -> Sequence[SavedView]:
    """Return all that somebody sees: their own first, then those shared with their teams."""
    async with transactions.of_views(tenant) as views:
        return await views.seen(viewer.subject, viewer.sees)


async def read_view(
    transactions: SavedViewTransactions, tenant: str, viewer: Viewer, view_id: UUID
) -> SavedView:
    """Return one view; raises UnknownViewError, for somebody else's own, too."""
    async with transactions.of_views(tenant) as views:
        return await _found(views, viewer, view_id)


async def keep_view(
    transactions: SavedViewTransactions,
    tenant: str,
    viewer: Viewer,
    wishes: ViewWishes,
    clock: Clock,
) -> SavedView:
    """Keep a new view; raises what `made` raises, and then nothing is kept."""
    async with transactions.of_views(tenant) as views:
        present = await _present(views, viewer.subject)
        view = made(uuid4(), viewer, wishes, present, clock.now())
        await views.add(view)
    return view


async def change_view(
    transactions: SavedViewTransactions,
    tenant: str,
    viewer: Viewer,
    view_id: UUID,
    *,
    version: int,
    wishes: ViewWishes,
    clock: Clock,
) -> SavedView:
    """Change a view at `version`; raises Unknown-, StaleViewError and what `changed` raises."""
    async with transactions.of_views(tenant) as views:
        maker = (await _found(views, viewer, view_id)).maker
        present = await _present(views, maker)
        view = await _found(views, viewer, view_id)
        refuse_unless_theirs(view, viewer)
        _refuse_stale(view, version)
        after = changed(view, viewer, wishes, present, clock.now())
        await views.update(after)
    return after


async def delete_view(
    transactions: SavedViewTransactions,
    tenant: str,
    viewer: Viewer,
    view_id: UUID,
    *,
    version: int,
) -> None:
    """Forget a view at `version`; raises Unknown-, NotYours- and StaleViewError."""
    async with transactions.of_views(tenant) as views:
        await views.lock((await _found(views, viewer, view_id)).maker)
        view = await _found(views, viewer, view_id)
        refuse_unless_theirs(view, viewer)
        _refuse_stale(view, version)
        await views.delete(view_id)


async def _present(views: SavedViews, maker: str) -> Sequence[SavedView]:
    await views.lock(maker)
    return await views.seen(maker, ())


async def _found(views: SavedViews, viewer: Viewer, view_id: UUID) -> SavedView:
    view = await views.find(view_id)
    if view is None or not is_seen_by(view, viewer):
        raise UnknownViewError(f"There is no view {view_id}.")
    return view


def _refuse_stale(view: SavedView, version: int) -> None:
    if view.version != version:
        raise StaleViewError(view, version)
