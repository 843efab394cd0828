"""Saved views: filters of the inbox that somebody keeps under a name, and may share with a team."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.routing.errors import IncompleteError, NotYoursError, RoutingError, UnknownError

MOST_VIEWS = 50
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A filter with a name. `query` is what stands behind the list's question mark, checked.

    `version` counts its changes from 1; `team` is whom it is shared with, None for nobody.
    """

    view_id: UUID
    maker: str
    maker_name: str
    version: int
    name: str
    query: str
    team: str | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks: `sees` are the teams whose views they find, `leads` those that they share with."""

    subject: str
    name: str
    sees: frozenset[str]
    leads: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewWishes:
    """What is to be different about a view: what is None stays, and so does `team` unless `shares`.

    `query` was checked by whoever reads the list's addresses.
    """

    name: str | None = None
    query: str | None = None
    team: str | None = None
    shares: bool = False


class UnknownViewError(UnknownError):
    """There is no such view, or it is somebody else's own."""


class StaleViewError(RoutingError):
    """The view was changed since the version that is named; `current` is how it stands."""

    def __init__(self, current: SavedView, named: int) -> None:
        super().__init__(
            f"The view has version {current.version}; you named {named}.",
            remedy="Look at it again and repeat your change.",
        )
        self.current = current


def made(
    view_id: UUID,
    viewer: Viewer,
    wishes: ViewWishes,
    present: Collection[SavedView],
    now: datetime,
) -> SavedView:
    """Return the new view that is wished for, beside those `present` of the same maker.

    Raises IncompleteError by field: `name` is missing, too long or taken, `team` is not one that
    the viewer leads, or there are MOST_VIEWS already.
    """
    if len(present) >= MOST_VIEWS:
        raise IncompleteError({"name": f"You keep {MOST_VIEWS} views: delete one first."})
    bare = SavedView(
        view_id=view_id,
        maker=viewer.subject,
        maker_name=viewer.name,
        version=0,
        name="",
        query=wishes.query or "",
        team=None,
        created_at=now,
        changed_at=now,
    )
    return changed(bare, viewer, replace(wishes, name=wishes.name or ""), present, now)


def changed(
    view: SavedView,
    viewer: Viewer,
    wishes: ViewWishes,
    present: Collection[SavedView],
    now: datetime,
) -> SavedView:
    """Return the view as it is wished to be, its version one higher.

    `present` are all views of its maker. Raises NotYoursError for who may not change it,
    IncompleteError as `made` does.
    """
    refuse_unless_theirs(view, viewer)
    name = view.name if wishes.name is None else _named(wishes.name, view, present)
    return replace(
        view,
        version=view.version + 1,
        name=name,
        query=view.query if wishes.query is None else wishes.query,
        team=_shared(wishes.team, view, viewer) if wishes.shares else view.team,
        changed_at=now,
    )


def is_seen_by(view: SavedView, viewer: Viewer) -> bool:
    """Whether somebody finds the view among theirs."""
    return view.maker == viewer.subject or view.team in viewer.sees


def may_change(view: SavedView, viewer: Viewer) -> bool:
    """Whether somebody may change the view: who made it, and a lead of its team."""
    return view.maker == viewer.subject or view.team in viewer.leads


def refuse_unless_theirs(view: SavedView, viewer: Viewer) -> None:
    """Raise NotYoursError unless the viewer may change the view."""
    if not may_change(view, viewer):
        raise NotYoursError(
            f"{view.maker_name} made this view.",
            remedy="Its maker and the team's lead change it; keep one of your own instead.",
        )


def _named(name: str, view: SavedView, present: Collection[SavedView]) -> str:
    plain = plain_name(name)
    if not plain:
        raise IncompleteError({"name": "Give the view a name."})
    if len(plain) > LONGEST_NAME:
        raise IncompleteError({"name": f"A name has up to {LONGEST_NAME} characters."})
    others = {one.name.casefold() for one in present if one.view_id != view.view_id}
    if plain.casefold() in others:
        raise IncompleteError({"name": f"There is a view {plain!r} already: choose another name."})
    return plain


def plain_name(name: str) -> str:
    """Return a name as one line in Unicode's composed form, without control characters."""
    composed = unicodedata.normalize("NFC", " ".join(name.split()))
    return "".join(one for one in composed if unicodedata.category(one) != "Cc").strip()


def _shared(team: str | None, view: SavedView, viewer: Viewer) -> str | None:
    if team is None or team == view.team or team in viewer.leads:
        return team
    theirs = ", ".join(sorted(viewer.leads))
    remedy = f"you may share with: {theirs}" if theirs else "only a team's lead shares views"
    raise IncompleteError({"team": f"You do not lead a team {team!r}; {remedy}."})


class SavedViews(Protocol):
    """One tenant's saved views, in one transaction."""

    async def lock(self, maker: str) -> None:
        """Let nobody else change the maker's views until the transaction ends."""
        ...

    async def seen(self, subject: str, teams: Collection[str]) -> Sequence[SavedView]:
        """Return somebody's own views and those shared with `teams`: own ones first, by name."""
        ...

    async def find(self, view_id: UUID) -> SavedView | None:
        """Return a view, whoever made it."""
        ...

    async def add(self, view: SavedView) -> None:
        """Keep a new view."""
        ...

    async def update(self, view: SavedView) -> None:
        """Keep a view as it is now."""
        ...

    async def delete(self, view_id: UUID) -> None:
        """Forget a view."""
        ...


class SavedViewTransactions(Protocol):
    """Opens transactions."""

    def of_views(self, tenant: str) -> AbstractAsyncContextManager[SavedViews]:
        """Open a transaction that sees what is `tenant`'s and nothing else."""
        ...
