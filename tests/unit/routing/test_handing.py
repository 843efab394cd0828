"""Take, give, hand over: who may, to whom, and what is said of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.routing.domain.commands import Changed, ChangeFollowUp, change
from services.routing.domain.followup import FollowUp
from services.routing.domain.handing import recipients
from services.routing.domain.opening import open_followup
from services.routing.domain.transitions import Actor, Standing, standing
from services.routing.errors import IncompleteError, NotYoursError
from shared.contracts.events import FollowUpState
from shared.program.document import Program
from tests.integration.routing.company import DOCUMENT, NOW, scored

TODAY = NOW.date()
#: Noy is away and ana, of another team, stands in.
PROGRAM = Program.model_validate(
    {
        **DOCUMENT,
        "absences": [
            {
                "owner": "noy",
                "first_day": TODAY,
                "last_day": TODAY + timedelta(days=9),
                "deputy": "ana",
            }
        ],
    }
)
MALI = Actor(subject="mali", roles=frozenset({"frontline_owner"}))
NOY = Actor(subject="noy", roles=frozenset({"frontline_owner"}))
SOMCHAI = Actor(subject="somchai", roles=frozenset({"frontline_owner"}))
ANA = Actor(subject="ana", roles=frozenset({"frontline_owner"}))
LEAD = Actor(subject="vilay", roles=frozenset({"team_lead"}))
MALIS = open_followup(scored(1).data, PROGRAM, defaultdict(int), NOW)
NOYS = replace(MALIS, owner="noy")


def gives(followup: FollowUp, actor: Actor, owner: str, **more: Any) -> Changed:  # noqa: ANN401
    return change(followup, ChangeFollowUp(owner=owner, **more), actor, PROGRAM, NOW)


def test_who_takes_it_needs_no_note() -> None:
    after = gives(MALIS, SOMCHAI, "somchai")
    assert (after.change, after.followup.owner) == ("taken", "somchai")
    assert after.why == after.followup.why
    assert after.why is not None
    assert (after.why.words, after.why.by) == ("Taken by Somchai Dee.", "somchai")


@pytest.mark.parametrize("note", [None, "", " \n"])
def test_what_is_ones_own_is_not_handed_over_without_a_word(note: str | None) -> None:
    with pytest.raises(IncompleteError) as refused:
        gives(MALIS, MALI, "somchai", note=note)
    assert set(refused.value.faults) == {"note"}


def test_who_hands_over_says_what_the_next_one_has_to_know() -> None:
    after = gives(MALIS, MALI, "somchai", note="Call her\nafter six.")
    assert (after.change, after.followup.owner) == ("handed_over", "somchai")
    assert after.why is not None
    assert after.why.words == ("Handed over to Somchai Dee by Mali Chan, with: Call her after six.")


def test_a_lead_gives_it_with_or_without_a_note() -> None:
    silent, spoken = gives(MALIS, LEAD, "somchai"), gives(MALIS, LEAD, "somchai", note="Please.")
    assert silent.why
    assert spoken.why
    assert silent.change == "assigned"
    assert silent.why.words == "Given to Somchai Dee by Vilay Sing."
    assert spoken.why.words == "Given to Somchai Dee by Vilay Sing, with: Please."


def test_a_long_note_is_cut_in_the_sentence() -> None:
    after = gives(MALIS, LEAD, "somchai", note="word " * 1000)
    assert after.why is not None
    assert len(after.why.words) < 300
    assert after.why.words.endswith(" …")


def test_a_colleague_gives_away_nothing_that_is_not_theirs() -> None:
    with pytest.raises(NotYoursError, match="takes the team's lead"):
        gives(MALIS, SOMCHAI, "vilay", note="Yours.")


def test_nobody_who_is_away_is_given_it_unless_a_lead_insists() -> None:
    for actor in (MALI, LEAD):
        with pytest.raises(IncompleteError, match="Noy Keo is away until 29 November") as refused:
            gives(MALIS, actor, "noy", note="Yours.")
        assert set(refused.value.faults) == {"owner"}
    with pytest.raises(IncompleteError, match="ask the team's lead"):
        gives(MALIS, MALI, "noy", note="Yours.", insist=True)
    assert gives(MALIS, LEAD, "noy", insist=True).followup.owner == "noy"


def test_who_works_although_the_program_says_they_are_away_may_take_it() -> None:
    assert gives(MALIS, NOY, "noy").change == "taken"


def test_the_deputy_works_on_what_is_the_absent_ones_and_on_nothing_else() -> None:
    assert standing(NOYS, ANA, PROGRAM, NOW) is Standing.OWNER
    assert standing(MALIS, ANA, PROGRAM, NOW) is Standing.READER
    later = NOW + timedelta(days=10)
    assert standing(NOYS, ANA, PROGRAM, later) is Standing.READER
    wish = ChangeFollowUp(state=FollowUpState.ACKNOWLEDGED)
    after = change(NOYS, wish, ANA, PROGRAM, NOW)
    assert (after.followup.state, after.followup.owner) == (FollowUpState.ACKNOWLEDGED, "noy")
    assert after.why is None
    with pytest.raises(NotYoursError):
        change(NOYS, wish, ANA, PROGRAM, later)


def test_the_deputy_may_take_it_or_hand_it_over_with_a_note() -> None:
    assert gives(NOYS, ANA, "ana").followup.owner == "ana"
    with pytest.raises(IncompleteError):
        gives(NOYS, ANA, "mali")
    assert gives(NOYS, ANA, "mali", note="Noy began.").change == "handed_over"


def test_it_can_be_given_to_the_team_its_lead_and_deputies_and_nobody_else() -> None:
    found = {one.owner: one.away_until for one in recipients(NOYS, PROGRAM, NOW)}
    until = TODAY + timedelta(days=9)
    assert found == {"mali": None, "noy": until, "somchai": None, "vilay": None, "ana": None}
    assert "ana" not in {one.owner for one in recipients(MALIS, PROGRAM, NOW)}
    with pytest.raises(IncompleteError, match="not an owner of team"):
        gives(MALIS, LEAD, "ana")


def test_a_lead_gives_on_without_a_note_what_nobody_could_be_given() -> None:
    assert MALIS.why is not None
    alarm = replace(MALIS, owner="vilay", why=replace(MALIS.why, is_last_resort=True))
    assert alarm.is_last_resort
    after = gives(alarm, LEAD, "mali").followup
    assert (after.owner, after.is_last_resort) == ("mali", False)
    with pytest.raises(IncompleteError):
        gives(replace(MALIS, owner="vilay"), LEAD, "mali")


def test_insisting_alone_changes_nothing() -> None:
    with pytest.raises(IncompleteError, match="Nothing is to be changed"):
        change(MALIS, ChangeFollowUp(insist=True), LEAD, PROGRAM, NOW)
