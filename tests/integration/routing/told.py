"""What the outer loop tells of systemic issues and of the plans for them."""

from __future__ import annotations

from uuid import UUID

from shared.contracts.plans import OuterLoopChange, OuterLoopChanged, PlanState
from shared.ids import derived_id
from tests.integration.routing.company import NOW, TENANT


def issue_id(what: str, touchpoint: str = "delivery", tenant: str = TENANT) -> UUID:
    """Return the id of an issue."""
    return derived_id("systemic_issue", tenant, touchpoint, what)


def issue(
    what: str,
    *,
    touchpoint: str = "delivery",
    tenant: str = TENANT,
    customers: int = 7,
    version: int = 1,
) -> OuterLoopChanged:
    """Return that an issue opened, or how it stands at a version."""
    return _told(
        tenant,
        OuterLoopChange(
            kind="systemic_issue",
            issue_id=issue_id(what, touchpoint, tenant),
            version=version,
            change="opened",
            touchpoint=touchpoint,
            what=what,
            customers=customers,
            state="open",
            changed_at=NOW,
            actor="program",
        ),
    )


def plan(
    what: str, state: PlanState, *, version: int, customers: int = 7, number: int = 1
) -> OuterLoopChanged:
    """Return how a plan for an issue at `delivery` stands at a version."""
    return _told(
        TENANT,
        OuterLoopChange(
            kind="action_plan",
            issue_id=issue_id(what),
            plan_id=derived_id("plan", what, number),
            version=version,
            change="moved",
            touchpoint="delivery",
            what=what,
            customers=customers,
            state=state,
            changed_at=NOW,
            actor="vilay",
        ),
    )


def _told(tenant: str, change: OuterLoopChange) -> OuterLoopChanged:
    thing = change.plan_id or change.issue_id
    return OuterLoopChanged(
        specversion="1.0",
        id=str(derived_id("outer_loop.changed.v1", str(thing), change.version)),
        source="urn:closedloop:outer_loop",
        type="outer_loop.changed.v1",
        time=NOW,
        subject=str(change.issue_id),
        tenant=tenant,
        data=change,
    )
