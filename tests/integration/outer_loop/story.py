"""A small company, and what its customers meet: events for the outer loop, made from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import yaml

from shared.contracts.events import (
    FeedbackScored,
    FollowUpChange,
    FollowUpChanged,
    FollowUpState,
    RootCause,
)
from shared.ids import derived_id
from shared.program.document import Program

TENANT = "acme"
PROGRAM_YAML = """
tenant: acme
name: Acme Shops
time_zone: Asia/Vientiane
departments:
  - {id: finance, name: Finance, head: fatima}
  - {id: logistics, name: Logistics, head: lena}
  - {id: shops, name: Shops, head: sam}
owners:
  - {id: fatima, name: Fatima Haidari}
  - {id: lena, name: Lena Sok}
  - {id: sam, name: Sam Ortiz}
  - {id: olga, name: Olga Nurlan}
  - {id: pao, name: Pao Vang}
teams:
  - {id: refunds, name: Refunds, department: finance, lead: fatima, owners: [olga, fatima]}
  - {id: parcels, name: Parcels, department: logistics, lead: lena, owners: [pao, lena]}
  - {id: floor, name: Shop floor, department: shops, lead: sam, owners: [sam]}
touchpoints:
  - {id: returns, name: Returns, team: refunds}
  - {id: delivery, name: Home delivery, team: parcels}
  - {id: checkout, name: Checkout, team: floor}
default_team: floor
taxonomy:
  what:
    - {id: refund_late, name: The refund came late}
    - {id: parcel_lost, name: The parcel was lost}
    - {id: rude, name: Somebody was rude}
    - {id: queue, name: The queue was long}
    - {id: other, name: Something else}
  why:
    - {id: system, name: A system was down}
    - {id: staffing, name: Too few people}
    - {id: partner, name: A partner failed}
    - {id: unknown, name: We do not know}
sla:
  - {severity: low, resolve_hours: 120}
  - {severity: medium, resolve_hours: 72}
  - {severity: high, resolve_hours: 24}
  - {severity: critical, resolve_hours: 4}
systemic_issues: {customers: 5, days: 30}
"""
DAY_0 = datetime(2026, 9, 1, 9, tzinfo=UTC)
TEAMS = {
    "returns": ("refunds", "finance"),
    "delivery": ("parcels", "logistics"),
    "checkout": ("floor", "shops"),
}
_CONFIRMING = (FollowUpState.RESOLVED, FollowUpState.VERIFIED, FollowUpState.CLOSED)


def program_yaml(tenant: str = TENANT) -> str:
    """Return the company's program as it is handed in."""
    return PROGRAM_YAML.replace("tenant: acme", f"tenant: {tenant}")


def program(tenant: str = TENANT) -> Program:
    """Return the company's program."""
    return Program.model_validate(yaml.safe_load(program_yaml(tenant)) | {"version": 1})


def scored(
    name: str,
    *,
    customer: str = "c1",
    touchpoint: str = "returns",
    category: str = "detractor",
    at: datetime = DAY_0,
    tenant: str = TENANT,
) -> FeedbackScored:
    """Return a feedback event as scoring publishes it."""
    feedback_id = derived_id("feedback", tenant, name)
    return FeedbackScored.model_validate(
        {
            "specversion": "1.0",
            "id": str(feedback_id),
            "source": "urn:closedloop:scoring",
            "type": "feedback.scored.v1",
            "tenant": tenant,
            "data": {
                "feedback_id": str(feedback_id),
                "received_at": at.isoformat(),
                "feedback": {
                    "customer_id": customer,
                    "touchpoint": touchpoint,
                    "listening_post": "survey",
                    "occurred_at": at.isoformat(),
                    "rating": {"scale": "nps", "value": 2 if category == "detractor" else 9},
                },
                "score": {
                    "category": category,
                    "severity": "high" if category == "detractor" else "none",
                    "flagged": category == "detractor",
                    "reason": "by the rating",
                    "program_version": 1,
                },
            },
        },
        strict=False,
    )


def changed(  # noqa: PLR0913
    name: str,
    *,
    version: int = 4,
    state: FollowUpState = FollowUpState.RESOLVED,
    customer: str = "c1",
    touchpoint: str = "returns",
    what: str | None = "refund_late",
    why: str = "system",
    at: datetime = DAY_0,
    tenant: str = TENANT,
) -> FollowUpChanged:
    """Return a follow-up as routing publishes it after one change."""
    team, department = TEAMS.get(touchpoint, ("floor", "shops"))
    cause = RootCause(what=what, why=why) if what else None
    resolved_at = at + timedelta(hours=20)
    data = {
        "followup_id": str(derived_id("followup", tenant, name)),
        "version": version,
        "change": state.value,
        "state": state.value,
        "feedback_id": str(derived_id("feedback", tenant, name)),
        "customer_id": customer,
        "touchpoint": touchpoint,
        "team": team,
        "department": department,
        "owner": "olga",
        "severity": "high",
        "occurred_at": at.isoformat(),
        "opened_at": at.isoformat(),
        "due_at": (at + timedelta(hours=24)).isoformat(),
        "changed_at": (at + timedelta(hours=version)).isoformat(),
        "actor": "olga",
        "resolution": cause
        and {
            "root_cause": cause.model_dump(),
            "action_taken": "Called and paid.",
            "resolved_at": resolved_at.isoformat(),
        },
        "program_version": 1,
    }
    change = FollowUpChange.model_validate(data, strict=False)
    return FollowUpChanged(
        specversion="1.0",
        id=str(derived_id(str(change.followup_id), version)),
        source="urn:closedloop:routing",
        type="followup.changed.v1",
        tenant=tenant,
        data=change,
    )


def life(
    name: str, *, ends_with: int = 6, what: str = "refund_late", **facts: object
) -> list[FollowUpChanged]:
    """Return the versions of a follow-up that is opened, worked on, resolved and closed."""
    way = (
        FollowUpState.ASSIGNED,
        FollowUpState.ACKNOWLEDGED,
        FollowUpState.IN_PROGRESS,
        *_CONFIRMING,
    )
    return [
        changed(
            name,
            version=version,
            state=state,
            what=what if state in _CONFIRMING else None,
            **facts,  # type: ignore[arg-type]  # passed on as they are
        )
        for version, state in enumerate(way[:ends_with], start=1)
    ]


def history(
    seed: int, *, feedback: int = 400, days: int = 80, begins: datetime = DAY_0
) -> tuple[list[FeedbackScored], list[FollowUpChanged]]:
    """Return what is said in `days` days, and every change of the follow-ups that it leads to.

    Refunds at Returns go wrong from the fortieth day on; the rest is scattered.
    """
    chance = random.Random(seed)
    said, worked = [], []
    for number in range(feedback):
        day = days * number / feedback
        touchpoint = chance.choice(list(TEAMS))
        trouble = touchpoint == "returns" and day >= days / 2
        unhappy = chance.random() < (0.5 if trouble else 0.15)
        facts = {
            "customer": f"c{chance.randrange(feedback // 2)}",
            "touchpoint": touchpoint,
            "at": begins + timedelta(days=day, minutes=chance.randrange(600)),
        }
        name = f"{seed}-{number}"
        category = "detractor" if unhappy else chance.choice(["promoter", "passive"])
        said.append(scored(name, category=category, **facts))  # type: ignore[arg-type]  # as above
        if unhappy:
            what = "refund_late" if trouble else chance.choice(["parcel_lost", "rude", "queue"])
            why = chance.choice(["system", "staffing", "partner"])
            worked += life(name, ends_with=chance.randint(1, 6), what=what, why=why, **facts)
    return said, worked


def shuffled_with_repeats(events: Sequence[object], seed: int) -> list[object]:
    """Return the events in another order, a third of them twice."""
    chance = random.Random(seed)
    again = [*events, *chance.sample(list(events), len(events) // 3)]
    chance.shuffle(again)
    return again
