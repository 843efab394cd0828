"""Whose open inbox a change concerns."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What a transaction has changed: follow-ups of these teams and owners, before or after.

    An owner None stands for nobody. A set that is None may be anybody's: there were too many.
    """

    tenant: str
    teams: AbstractSet[str] | None = None
    owners: AbstractSet[str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What an open inbox shows: of a tenant, only these teams and owners when they are named."""

    tenant: str
    teams: AbstractSet[str] | None = None
    owners: AbstractSet[str | None] | None = None

    def is_met_by(self, touched: Touched) -> bool:
        """Return whether the inbox may look different after the change."""
        return (
            self.tenant == touched.tenant
            and _meet(self.teams, touched.teams)
            and _meet(self.owners, touched.owners)
        )


def _meet(
    wanted: AbstractSet[str] | AbstractSet[str | None] | None,
    touched: AbstractSet[str] | AbstractSet[str | None] | None,
) -> bool:
    return wanted is None or touched is None or not wanted.isdisjoint(touched)
