"""What customers are given: never more than whoever decided may decide on, in any order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.changes import event_of
from services.routing.domain.followup import FollowUp
from services.routing.domain.merging import Person
from services.routing.domain.opening import open_followup
from services.routing.domain.recovering import (
    Given,
    Made,
    RecoveryWish,
    Verdict,
    decide,
    left_alone,
    level_for,
    offer,
)
from services.routing.domain.recovery import Recovery
from services.routing.domain.transitions import Actor
from services.routing.errors import IncompleteError, NotYoursError, RecoveryError, RoutingError
from shared.contracts.events import FollowUpState
from shared.program.document import Program
from shared.program.escalation import Level
from tests.integration.routing.company import DOCUMENT, NOW, PROGRAM, scored

SECTION: dict[str, Any] = {
    "currency": "EUR",
    "owner": {"per_followup": 50, "per_customer": 80},
    "lead": {"per_followup": 200, "per_customer": 300},
}
DEPARTMENTS = [{"id": "logistics", "name": "Logistics", "head": "somchai"}]
PROGRAM_WITH = Program.model_validate(
    {
        **DOCUMENT,
        "departments": [*DEPARTMENTS, DOCUMENT["departments"][1]],
        "recovery": SECTION,
    }
)
SPACE = UUID("5b0c1f2e-6a3d-8c4b-9e21-7f6a5d4c3b2a")


def person(subject: str, role: str) -> Person:
    return Person(actor=Actor(subject=subject, roles=frozenset({role})), name=subject.title())


MALI, NOY = person("mali", "frontline_owner"), person("noy", "frontline_owner")
LEAD, HEAD = person("vilay", "team_lead"), person("somchai", "department_head")
OTHER_LEAD, ADMIN = person("ana", "team_lead"), person("root", "cx_admin")
EVERYBODY = (MALI, NOY, LEAD, HEAD, OTHER_LEAD, ADMIN)


def opened(number: int) -> FollowUp:
    event = scored(number, customer_id="C-1")
    return open_followup(event.data, PROGRAM_WITH, defaultdict(int), NOW)


def wish(amount: str | None = "20.00", kind: str = "refund", **more: Any) -> RecoveryWish:  # noqa: ANN401
    parts = {"currency": "EUR" if amount else None, "why": "It came late."}
    return RecoveryWish(kind=kind, amount=Decimal(amount) if amount else None, **{**parts, **more})


def offered(what: RecoveryWish, by: Person = MALI, given: Given | None = None) -> Made:
    return offer(
        uuid5(SPACE, "one"),
        replace(opened(1), owner="mali"),
        what,
        person=by,
        given=given or Given(),
        program=PROGRAM_WITH,
        now=NOW,
    )


def decided(
    recovery: Recovery, by: Person, decision: str = "approved", given: Given | None = None
) -> Made:
    verdict = Verdict(decision="approved" if decision == "approved" else "refused", why="So be it.")
    return decide(
        recovery,
        opened(1),
        verdict,
        person=by,
        given=given or Given(),
        program=PROGRAM_WITH,
        now=NOW,
    )


@dataclass
class Purse:
    """Two follow-ups of one customer, and all that was asked for and decided, in order."""

    followups: list[FollowUp] = field(
        default_factory=lambda: [replace(opened(n), owner="mali") for n in (1, 2)]
    )
    recoveries: list[Recovery] = field(default_factory=list)

    def given(self, followup: FollowUp) -> Given:
        paid = [one for one in self.recoveries if one.decision == "approved" and one.amount]
        of_it = [one for one in paid if one.followup_id == followup.followup_id]
        return Given(
            followup=sum((one.amount or Decimal(0) for one in of_it), Decimal(0)),
            customer=sum((one.amount or Decimal(0) for one in paid), Decimal(0)),
        )

    def offer(self, index: int, what: RecoveryWish, by: Person) -> None:
        followup = self.followups[index]
        name = uuid5(SPACE, f"{len(self.recoveries)}")
        made = offer(
            name,
            followup,
            what,
            person=by,
            given=self.given(followup),
            program=PROGRAM_WITH,
            now=NOW,
        )
        self.followups[index] = made.changed.followup
        self.recoveries.append(made.recovery)

    def decide(self, number: int, verdict: Verdict, by: Person) -> None:
        at = number % len(self.recoveries)
        recovery = self.recoveries[at]
        index = [one.followup_id for one in self.followups].index(recovery.followup_id)
        followup = self.followups[index]
        made = decide(
            recovery,
            followup,
            verdict,
            person=by,
            given=self.given(followup),
            program=PROGRAM_WITH,
            now=NOW,
        )
        self.followups[index], self.recoveries[at] = made.changed.followup, made.recovery


amounts = st.decimals("0.01", "250", places=2)
offers = st.tuples(st.just("offer"), st.integers(0, 1), amounts, st.sampled_from(EVERYBODY))
verdicts = st.tuples(
    st.just("decide"),
    st.integers(0, 20),
    st.sampled_from(["approved", "refused"]),
    st.sampled_from(EVERYBODY),
)


@given(st.lists(offers | verdicts, max_size=40))
def test_no_order_of_requests_gives_more_than_whoever_decided_may_decide_on(
    acts: list[tuple[str, int, Any, Person]],
) -> None:
    purse = Purse()
    for act, number, what, by in acts:
        before = list(purse.recoveries)
        try:
            if act == "offer":
                purse.offer(number, wish(str(what)), by)
            elif before:
                purse.decide(number, Verdict(decision=what, why="So be it."), by)
        except RoutingError:
            assert purse.recoveries == before
            continue
        for one in purse.recoveries:
            if one not in before and one.decision == "approved":
                _within_limits(one, purse)


def _within_limits(one: Recovery, purse: Purse) -> None:
    followup = next(each for each in purse.followups if each.followup_id == one.followup_id)
    given, policy = purse.given(followup), PROGRAM_WITH.recovery
    assert policy is not None
    if one.given_alone:
        assert given.keeps(policy.owner)
    elif one.last.by == "vilay":
        assert given.keeps(policy.lead)
    else:
        assert one.last.by == "somchai"
    assert one.given_alone or one.last.by != one.first.by


@given(amounts, amounts, amounts)
def test_more_is_never_decided_lower_and_what_is_left_is_all_that_is_left(
    amount: Decimal, for_it: Decimal, before: Decimal
) -> None:
    policy = PROGRAM_WITH.recovery
    assert policy is not None
    so_far = Given(followup=for_it, customer=for_it + before)
    level = level_for(amount, so_far, policy)
    assert level <= level_for(amount + 1, so_far, policy)
    assert (level is Level.OWNER) == (amount <= left_alone(so_far, policy))


def test_what_is_within_the_limit_is_given_at_once_and_the_next_cent_waits() -> None:
    at_once = offered(wish("50"))
    assert (at_once.recovery.decision, at_once.changed.change) == ("approved", "recovery_approved")
    assert at_once.recovery.given_alone
    waits = offered(wish("50.01"))
    assert (waits.recovery.decision, waits.changed.change) == ("offered", "recovery_offered")
    spent = Given(followup=Decimal(0), customer=Decimal(79))
    assert offered(wish("1.01"), given=spent).recovery.decision == "offered"


def test_an_apology_costs_nothing_and_takes_no_approval() -> None:
    made = offered(wish(None, "apology"), given=Given(followup=Decimal(900)))
    told = event_of(made.changed, "mali").data.recovery
    assert told is not None
    assert (told.decision, told.amount, told.currency) == ("approved", None, None)


def test_the_event_says_what_is_to_be_paid_as_text() -> None:
    told = event_of(offered(wish("12.5")).changed, "mali").data.recovery
    assert told is not None
    assert (told.amount, told.currency, told.given_alone) == ("12.50", "EUR", True)


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        (wish("20", "bitcoin"), {"kind"}),
        (wish(None), {"amount"}),
        (wish("0.00"), {"amount"}),
        (wish("1.005"), {"amount"}),
        (wish("5", "apology"), {"amount"}),
        (wish("5", currency="USD"), {"currency"}),
        (wish("5", why=" \n"), {"why"}),
    ],
)
def test_what_is_wrong_with_a_wish_is_said_by_field(what: RecoveryWish, fields: set[str]) -> None:
    with pytest.raises(IncompleteError) as refused:
        offered(what)
    assert set(refused.value.faults) == fields


def test_a_program_without_a_section_offers_nothing() -> None:
    with pytest.raises(IncompleteError, match="a CX admin adds a section"):
        offer(
            uuid5(SPACE, "x"),
            replace(opened(1), owner="mali"),
            wish(),
            person=MALI,
            given=Given(),
            program=PROGRAM,
            now=NOW,
        )


@pytest.mark.parametrize("state", [FollowUpState.CLOSED, FollowUpState.MERGED])
def test_nothing_is_offered_for_what_is_not_open(state: FollowUpState) -> None:
    with pytest.raises(RecoveryError):
        offer(
            uuid5(SPACE, "x"),
            replace(opened(1), owner="mali", state=state),
            wish(),
            person=MALI,
            given=Given(),
            program=PROGRAM_WITH,
            now=NOW,
        )


def test_who_does_not_work_on_it_offers_nothing() -> None:
    for stranger in (NOY, OTHER_LEAD, HEAD):
        with pytest.raises(NotYoursError):
            offered(wish(), stranger)


def test_nobody_decides_on_their_own_nor_above_their_rank() -> None:
    mine = offered(wish("100"), LEAD).recovery
    with pytest.raises(NotYoursError, match="offered themselves"):
        decided(mine, LEAD)
    assert decided(mine, HEAD).recovery.decision == "approved"
    large = offered(wish("200.01")).recovery
    with pytest.raises(NotYoursError, match="above what the team's lead may approve") as refused:
        decided(large, LEAD)
    assert "Somchai Dee" in refused.value.remedy
    assert decided(large, LEAD, "refused").recovery.decision == "refused"
    assert decided(large, HEAD).recovery.decision == "approved"
    for stranger in (NOY, OTHER_LEAD, ADMIN):
        with pytest.raises(NotYoursError, match="Only the team's lead"):
            decided(large, stranger)


def test_what_was_given_meanwhile_counts_when_it_is_approved() -> None:
    waits = offered(wish("150")).recovery
    meanwhile = Given(followup=Decimal(60), customer=Decimal(60))
    with pytest.raises(NotYoursError, match="above what the team's lead"):
        decided(waits, LEAD, given=meanwhile)


def test_what_is_decided_is_decided_once() -> None:
    waits = offered(wish("150")).recovery
    for done in (decided(waits, LEAD).recovery, offered(wish("5")).recovery):
        with pytest.raises(RecoveryError, match="already"):
            decided(done, HEAD)


def test_a_refusal_says_why_and_another_currency_is_not_approved() -> None:
    waits = offered(wish("150")).recovery
    with pytest.raises(IncompleteError) as refused:
        decide(
            waits,
            opened(1),
            Verdict(decision="refused", why=" "),
            person=LEAD,
            given=Given(),
            program=PROGRAM_WITH,
            now=NOW + timedelta(hours=1),
        )
    assert set(refused.value.faults) == {"why"}
    with pytest.raises(RecoveryError, match="counts in LAK no more"):
        decided(replace(waits, currency="LAK"), LEAD)
