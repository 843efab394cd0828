"""An open inbox hears of what may concern it, and of nothing that can't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.adapters.live import touched_of
from services.routing.domain.watching import Interest, Touched

_TEAMS = st.none() | st.frozensets(st.sampled_from(["delivery", "billing", "shop"]))
_OWNERS = st.none() | st.frozensets(st.sampled_from(["mali", "noy", None]))


@given(teams=_TEAMS, owners=_OWNERS, touched_teams=_TEAMS, touched_owners=_OWNERS)
def test_another_tenants_change_never_concerns(
    teams: frozenset[str] | None,
    owners: frozenset[str | None] | None,
    touched_teams: frozenset[str] | None,
    touched_owners: frozenset[str | None] | None,
) -> None:
    interest = Interest(tenant="demo", teams=teams, owners=owners)
    touched = Touched(tenant="other", teams=touched_teams, owners=touched_owners)
    assert not interest.is_met_by(touched)


@pytest.mark.parametrize(
    ("interest", "concerns"),
    [
        (Interest(tenant="demo"), True),
        (Interest(tenant="demo", owners={"mali"}), True),
        (Interest(tenant="demo", owners={"noy"}), False),
        (Interest(tenant="demo", owners={None}), True),
        (Interest(tenant="demo", teams={"billing", "delivery"}), True),
        (Interest(tenant="demo", teams={"billing"}), False),
        (Interest(tenant="demo", teams=set()), False),
    ],
)
def test_a_change_concerns_the_views_that_show_its_teams_and_owners(
    interest: Interest, concerns: bool
) -> None:
    touched = touched_of('{"tenant": "demo", "teams": ["delivery"], "owners": ["mali", null]}')
    assert interest.is_met_by(touched) is concerns


def test_a_change_that_names_nobody_may_concern_anybody() -> None:
    assert Interest(tenant="demo", owners={"noy"}).is_met_by(touched_of('{"tenant": "demo"}'))
