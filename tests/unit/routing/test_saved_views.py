"""Saved views: names, who may change and share them; and what is no filter of the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.saved_views import (
    LONGEST_NAME,
    MOST_VIEWS,
    SavedView,
    Viewer,
    ViewWishes,
    changed,
    is_seen_by,
    made,
    may_change,
    plain_name,
)
from services.routing.errors import IncompleteError, NotYoursError
from services.routing.routes.saved_filters import checked, query_of
from tests.integration.routing.company import PROGRAM

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def viewer(subject: str, *sees: str, leads: tuple[str, ...] = ()) -> Viewer:
    return Viewer(
        subject=subject,
        name=subject.title(),
        sees=frozenset({*sees, *leads}),
        leads=frozenset(leads),
    )


MALI = viewer("mali", "delivery-care")
NOY = viewer("noy", "delivery-care")
VILAY = viewer("vilay", leads=("delivery-care",))


def kept(name: str = "Late ones", by: Viewer = MALI, number: int = 1, **wishes: str) -> SavedView:
    wished = ViewWishes(name=name, query="view=mine", shares=True, **wishes)
    return made(UUID(int=number), by, wished, [], NOW)


def test_a_new_view_has_version_1_and_its_makers_name() -> None:
    view = kept("  Late \n ones ")
    assert (view.version, view.name, view.maker, view.maker_name) == (
        1,
        "Late ones",
        "mali",
        "Mali",
    )


@pytest.mark.parametrize("name", ["", "   ", "\x00\x1f", "x" * (LONGEST_NAME + 1)])
def test_a_name_that_is_none_or_too_long_is_refused(name: str) -> None:
    with pytest.raises(IncompleteError) as refused:
        kept(name)
    assert refused.value.faults.keys() == {"name"}


def test_two_views_of_one_person_differ_in_more_than_case() -> None:
    first = kept("Späte Fälle")
    wished = ViewWishes(name="SPÄTE  FÄLLE")
    with pytest.raises(IncompleteError, match="already"):
        made(UUID(int=2), MALI, wished, [first], NOW)
    assert changed(first, MALI, wished, [first], NOW).name == "SPÄTE FÄLLE"


def test_nobody_keeps_more_than_so_many() -> None:
    present = [kept(f"View {number}", number=number) for number in range(MOST_VIEWS)]
    with pytest.raises(IncompleteError, match="delete one first"):
        made(UUID(int=99), MALI, ViewWishes(name="One more"), present, NOW)


def test_only_a_lead_shares_and_with_a_team_of_theirs_alone() -> None:
    with pytest.raises(IncompleteError) as refused:
        kept(team="delivery-care")
    assert refused.value.faults.keys() == {"team"}
    with pytest.raises(IncompleteError, match="you may share with: delivery-care"):
        kept(by=VILAY, team="billing-care")
    assert kept(by=VILAY, team="delivery-care").team == "delivery-care"


def test_a_shared_view_is_seen_by_the_team_and_changed_by_its_maker_and_the_lead() -> None:
    own, shared = kept(by=VILAY), kept(by=VILAY, team="delivery-care")
    assert not is_seen_by(own, NOY)
    assert is_seen_by(shared, NOY)
    assert not may_change(shared, NOY)
    with pytest.raises(NotYoursError, match="Vilay made this view"):
        changed(shared, NOY, ViewWishes(name="Mine now"), [shared], NOW)
    successor = replace(VILAY, subject="ana")
    assert changed(shared, successor, ViewWishes(name="Ours"), [shared], NOW).version == 2


def test_who_leads_no_longer_still_renames_what_is_shared_and_ends_it() -> None:
    shared = kept(by=VILAY, team="delivery-care")
    former = viewer("vilay")
    again = ViewWishes(name="Renamed", team="delivery-care", shares=True)
    assert changed(shared, former, again, [shared], NOW).team == "delivery-care"
    assert changed(shared, former, ViewWishes(shares=True), [shared], NOW).team is None


def test_what_is_not_wished_for_stays() -> None:
    shared = kept(by=VILAY, team="delivery-care")
    after = changed(shared, VILAY, ViewWishes(), [shared], NOW)
    assert replace(after, version=1) == shared


@given(st.text())
def test_a_plain_name_is_one_line_and_stays_as_it_is(name: str) -> None:
    plain = plain_name(name)
    assert plain_name(plain) == plain
    assert plain.splitlines() in ([], [plain])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "view": st.sampled_from(["mine", "team", "unowned", "all"]),
            "due": st.sampled_from(["any", "overdue", "hour", "today", "waiting", "reopened"]),
            "severity": st.sampled_from(["critical", "low", ""]),
            "team": st.sampled_from([team.id for team in PROGRAM.teams]),
            "owner": st.sampled_from([owner.id for owner in PROGRAM.owners]),
            "older": st.integers(1, 3650).map(str),
            "breach_from": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
            "escalated": st.sampled_from(["true", "false", ""]),
            "q": st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200),
            "cursor": st.just("a-page"),
        },
    )
)
def test_what_the_list_asks_for_is_kept_and_read_again(parts: dict[str, str]) -> None:
    query = query_of(checked(urlencode(parts), PROGRAM))
    assert "cursor" not in query
    assert checked(query, PROGRAM) == checked(urlencode(parts), PROGRAM)
    assert query_of(checked(f"?{query}", PROGRAM)) == query


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("view=nope", "query.view", "'mine', 'team', 'unowned' or 'all'"),
        ("view=mine&fruit=apple", "query.fruit", "no such part"),
        ("older=0", "query.older", "greater than or equal to 1"),
        ("severity=angry", "query.severity", "not 'angry'"),
        ("breach_from=2026-11-20T09:30", "query.breach_from", "timezone"),
        ("q=%00", "query.q", "not '\\x00'"),
        ("team=gone", "query.team", "program version 1 has no team 'gone'"),
        ("owner=gone&team=gone", "query.owner", "no owner 'gone'"),
        ("rule=gone", "query.rule", "no rule 'gone'"),
        ("touchpoint=gone", "query.touchpoint", "no touchpoint 'gone'"),
    ],
)
def test_what_is_no_filter_is_refused_by_its_part(query: str, field: str, says: str) -> None:
    with pytest.raises(IncompleteError) as refused:
        checked(query, PROGRAM)
    assert says in refused.value.faults[field]
