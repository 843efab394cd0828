"""The departments of the sample: somebody proposes plans, heads review and approve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from deploy.sample.casework import PlanIdea
from deploy.sample.company import Company
from deploy.sample.site import Desk, Office, expected

ISSUES = "/outer-loop/v1/issues"
PLANS = "/outer-loop/v1/plans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Those who plan, on the day at which the sample ends."""

    office: Office
    company: Company
    end: date

    async def propose(self, ideas: Sequence[PlanIdea]) -> int:
        """Bring each idea as far as it shall come, for the issues that are there.

        Returns how many plans there are now. An issue gets one plan, however often this runs.
        """
        office_of_care = self.office.desk("sample", "Sample", "auditor")
        issues: list[dict[str, Any]] = (await office_of_care.get(ISSUES))["issues"]
        plans = 0
        for idea in ideas:
            issue = next((issue for issue in issues if idea.fits(issue)), None)
            if issue is not None:
                issues.remove(issue)
                await self._bring_on(idea, issue)
                plans += 1
        return plans

    async def _bring_on(self, idea: PlanIdea, issue: Mapping[str, Any]) -> None:
        who, issue_id = idea.proposed_by, issue["issue_id"]
        desk = self.office.desk(who.id, who.name, "contributor")
        proposal = idea.proposal(self.end)
        key = f"sample-{issue_id}"
        posted = await desk.post(f"{ISSUES}/{issue_id}/plans", proposal, key=key)
        plan = expected(posted).json()
        plan["version"] = await self._say_how_measured(desk, plan, idea, issue["touchpoint"])
        if idea.reach != "proposed":
            plan = await _review(desk, plan)
        if idea.reach == "approved":
            for decision in plan["decisions"]:
                await self._approve(plan["plan_id"], decision["department"])

    async def _say_how_measured(
        self, desk: Desk, plan: Mapping[str, Any], idea: PlanIdea, touchpoint: str
    ) -> int:
        """Give a plan a design where its issue suggests none; return the plan's version."""
        place = f"{PLANS}/{plan['plan_id']}/impact"
        known = (await desk.get(place))["design"]
        if known and known["set_by"] != idea.proposed_by.id:
            return int(plan["version"])
        set_by_hand = await desk.put(
            f"{place}/design",
            idea.design(touchpoint, self.end),
            version=plan["version"],
            key=f"sample-{plan['plan_id']}-design",
        )
        return int(expected(set_by_hand).json()["version"])

    async def _approve(self, plan_id: str, department_id: str) -> None:
        program = self.company.program
        (head,) = (one.head for one in program.departments if one.id == department_id)
        desk = self.office.desk(head, program.owner_name(head), "department_head")
        decision = {"department": department_id, "decision": "approved"}
        key = f"sample-{plan_id}-{department_id}"
        expected(await desk.post(f"{PLANS}/{plan_id}/decisions", decision, key=key))


async def _review(desk: Desk, plan: dict[str, Any]) -> dict[str, Any]:
    """Put a proposed plan under review; return it as it stands then."""
    changed = await desk.patch(
        f"{PLANS}/{plan['plan_id']}",
        {"state": "under_review"},
        version=plan["version"],
        key=f"sample-{plan['plan_id']}-review",
    )
    reviewed: dict[str, Any] = expected(changed).json()
    return reviewed
