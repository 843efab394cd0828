"""Customers are told what changed: written, revised, approved. Each runs in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.outer_loop.domain.communication import (
    Candidate,
    LoopCommunication,
    approved,
    recipients,
    refuse_too_early,
    revised,
    written,
)
from services.outer_loop.domain.issue import IssueKey
from services.outer_loop.domain.plan import ActionPlan
from services.outer_loop.domain.telling_ports import TellingWork
from services.outer_loop.errors import NotFoundError, PlanError, StaleVersionError
from shared.clock import Clock
from shared.contracts.codec import encode, key_of
from shared.contracts.communications import LoopCommunication as Message
from shared.contracts.communications import LoopCommunicationSent
from shared.contracts.records import Outgoing
from shared.ids import derived_id

TOPIC: Final = "loop.communication.v1"
_SOURCE = "urn:closedloop:outer_loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What somebody writes for customers, by language, and how far it goes."""

    actor: str
    texts: Mapping[str, str]
    with_suggested: bool = False


async def write_communication(
    work: TellingWork, plan_id: UUID, words: Words, *, communication_id: UUID, clock: Clock
) -> LoopCommunication:
    """Begin to tell about a plan's change.

    Raises NotFoundError without such a plan, PlanError before the change is made or while
    another draft of the plan waits, InvalidPlanError for words that can't be sent.
    """
    plan = await _plan(work, plan_id)
    refuse_too_early(plan.state)
    if await work.draft_of(plan_id):
        raise PlanError(
            "There is a draft for this plan already.",
            remedy="Change that one, or send it first.",
        )
    now = clock.now()
    communication = LoopCommunication(
        communication_id=communication_id,
        tenant=plan.tenant,
        issue_id=plan.issue_id,
        plan_id=plan_id,
        version=1,
        texts=written(words.texts),
        with_suggested=words.with_suggested,
        written_by=words.actor,
        written_at=now,
        changed_at=now,
    )
    await work.keep(communication)
    return communication


async def revise_communication(
    work: TellingWork, communication_id: UUID, expected: int, words: Words, *, clock: Clock
) -> LoopCommunication:
    """Change the words of a draft.

    Raises NotFoundError, StaleVersionError when somebody was faster, PlanError when it is sent.
    """
    before = await _locked(work, communication_id, expected)
    after = revised(before, words.texts, with_suggested=words.with_suggested, at=clock.now())
    await work.keep(after)
    return after


async def approve_communication(
    work: TellingWork, communication_id: UUID, expected: int, *, actor: str, clock: Clock
) -> LoopCommunication:
    """Send a draft: one message for each customer who may be told and was not yet.

    Raises NotFoundError, StaleVersionError, and PlanError when it is sent already, the plan is
    no longer one to tell of, or nobody may be told.
    """
    before = await _locked(work, communication_id, expected)
    plan = await _plan(work, before.plan_id)
    refuse_too_early(plan.state)
    issue = await work.issue(before.issue_id)
    after = approved(before, by=actor, at=clock.now())
    found = await work.candidates(after.issue_id, await changed_at(work, plan))
    whom = recipients(found, with_suggested=after.with_suggested)
    await work.keep(after)
    fresh = set(await work.address(after, whom))
    told = [one for one in whom if one.customer_id in fresh]
    if issue is None or not told:
        raise PlanError(
            "There is nobody whom it may be sent to.",
            remedy="Wait until customers leave an address, or include those whose words suggest "
            "the cause.",
        )
    await work.publish([_message(after, one, issue.key) for one in told])
    return after


async def changed_at(work: TellingWork, plan: ActionPlan) -> datetime:
    """Return when the plan's change was made: whoever met the issue later has not led to it."""
    return await work.implemented_at(plan.plan_id) or plan.changed_at


def _message(sent: LoopCommunication, to: Candidate, key: IssueKey) -> Outgoing:
    event = LoopCommunicationSent(
        specversion="1.0",
        id=str(derived_id(TOPIC, str(sent.communication_id), to.customer_id)),
        source=_SOURCE,
        type=TOPIC,
        time=sent.changed_at,
        subject=to.customer_id,
        tenant=sent.tenant,
        data=Message(
            communication_id=sent.communication_id,
            issue_id=sent.issue_id,
            plan_id=sent.plan_id,
            followup_id=to.followup_id,
            customer_id=to.customer_id,
            touchpoint=key.touchpoint,
            what=key.what,
            basis=to.basis,
            texts=dict(sent.texts),
            approved_by=sent.approved_by or sent.written_by,
            approved_at=sent.changed_at,
        ),
    )
    return Outgoing(topic=TOPIC, key=key_of(sent.tenant, to.customer_id), value=encode(event))


async def _plan(work: TellingWork, plan_id: UUID) -> ActionPlan:
    plan = await work.plan(plan_id)
    if plan is None:
        raise NotFoundError(f"There is no plan {plan_id}.")
    return plan


async def _locked(work: TellingWork, communication_id: UUID, expected: int) -> LoopCommunication:
    communication = await work.communication(communication_id)
    if communication is None:
        raise NotFoundError(f"There is no communication {communication_id}.")
    if communication.version != expected:
        raise StaleVersionError(
            expected=expected, current=communication.version, thing="communication"
        )
    return communication
