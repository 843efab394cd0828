"""An issue whose plan is carried out, and the customers whose feedback led to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from shared.contracts.communications import LoopCommunicationTold, ToldCustomer
from shared.contracts.events import FeedbackScored, FollowUpChanged, FollowUpState, Judgement
from shared.ids import derived_id
from tests.integration.outer_loop.batches import NOW, Worker
from tests.integration.outer_loop.conftest import Caller
from tests.integration.outer_loop.story import changed, scored
from tests.integration.outer_loop.test_api import decide, patch, under_review


def reachable(event: FollowUpChanged, *, by_mail: bool = True, **data: object) -> FollowUpChanged:
    """Return the change of a follow-up whose customer can, or can't, be written to."""
    given = {"can_be_written_to": True if by_mail else None, **data}
    return event.model_copy(update={"data": event.data.model_copy(update=given)})


def suggesting(event: FeedbackScored, what: str, language: str = "en") -> FeedbackScored:
    """Return feedback whose words suggest a cause."""
    given = {"theme": Judgement(label=what, probability=0.9), "language": language}
    return event.model_copy(update={"data": event.data.model_copy(update=given)})


async def heard(worker: Worker) -> str:
    """Have eight customers say something; return the issue's id.

    c0 to c4: confirmed by owners, c4 without an address; c5 and c6: their words alone suggest it,
    c6 without an address; c7: something else.
    """
    languages = ["en", "th", "th", "lo", "en", "zh", "en"]
    await worker.feedback(
        [
            *(
                suggesting(scored(f"f{n}", customer=f"c{n}"), "refund_late", language)
                for n, language in enumerate(languages)
            ),
            suggesting(scored("f7", customer="c7"), "rude"),
        ]
    )
    await worker.followups(
        [reachable(changed(f"f{n}", customer=f"c{n}"), by_mail=n != 4) for n in range(5)]
        + [
            reachable(
                changed(
                    f"f{n}", customer=f"c{n}", version=1, what=None, state=FollowUpState.ASSIGNED
                ),
                by_mail=n != 6,
            )
            for n in (5, 6, 7)
        ]
    )
    [row] = await worker.rows("SELECT issue_id FROM outer_loop.systemic_issue")
    return str(row["issue_id"])


async def approved_plan(call: Caller, issue_id: str) -> dict[str, Any]:
    """Return a plan that every department has agreed to."""
    plan = await under_review(call(), issue_id)
    await decide(call("fatima", "department_head"), plan, "finance", "approved")
    answer = await decide(call("lena", "department_head"), plan, "logistics", "approved")
    approved: dict[str, Any] = answer.raise_for_status().json()
    return approved


async def carried_out(call: Caller, issue_id: str, *, further: tuple[str, ...] = ()) -> str:
    """Carry out a plan for the issue; return its id."""
    plan = await moved(call(), await approved_plan(call, issue_id), "in_progress")
    items = [item["item_id"] for item in plan["items"]]
    plan = (await patch(call(), plan, done=items)).raise_for_status().json()
    for state in ("implemented", *further):
        plan = await moved(call(), plan, state, reason="As the weeks since have shown.")
    return str(plan["plan_id"])


async def moved(
    client: AsyncClient, plan: dict[str, Any], state: str, **why: str
) -> dict[str, Any]:
    """Move the plan; return it as it is then."""
    answer = await patch(client, plan, state=state, **why)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    return after


def outcome(message: dict[str, Any], why_not: str | None = None) -> LoopCommunicationTold:
    """Return what routing says became of a message."""
    sent = message["data"]
    named = ("communication_id", "issue_id", "followup_id", "customer_id")
    data = {name: sent[name] for name in named} | {
        "outcome": "not_reachable" if why_not else "told",
        "language": None if why_not else "en",
        "why_not": why_not,
        "at": (NOW + timedelta(hours=1)).isoformat(),
    }
    return LoopCommunicationTold(
        specversion="1.0",
        id=str(derived_id("told", sent["communication_id"], sent["customer_id"])),
        source="urn:closedloop:routing",
        type="loop.communication.told.v1",
        tenant=message["tenant"],
        data=ToldCustomer.model_validate(data, strict=False),
    )
