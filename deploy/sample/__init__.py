"""The sample company: feedback, owners and plans that show the whole loop at work.

Everything goes through the public APIs, as it would come from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from deploy.sample.casework import Casework, load_casework
from deploy.sample.company import load_company, program_yaml
from deploy.sample.generator import SampleEvent, generate
from deploy.sample.owners import Owners
from deploy.sample.planning import ISSUES, Planning
from deploy.sample.publisher import publish
from deploy.sample.settling import settled
from deploy.sample.site import Office, Site, open_office

__all__ = ["PlayReport", "Site", "play", "program_yaml"]

#: Called with the phase, how much of it is done, and how much there is to do.
Progress = Callable[[str, int, int], None]

MEASURES = "/followups/v1/measures"
_FOLLOWUPS_WITHIN_S = 300.0
_ISSUES_WITHIN_S = 60.0
_STILL_S = 30.0
_ISSUES_STILL_S = 5.0
_NEVER_ENOUGH = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayReport:
    """What was played. `published` counts what was sent, the `duplicates_sent` among it."""

    published: int
    duplicates_sent: int
    followups_worked: int
    plans: int


async def play(
    site: Site,
    *,
    seed: int = 7,
    events: int = 20_000,
    days: int = 90,
    end: date,
    progress: Progress,
) -> PlayReport:
    """Play the sample at `site`, where its program is active: publish, work, plan.

    The feedback is that of the `days` days before `end`. The same arguments name the same
    events, so that playing again adds none. The phases that `progress` hears of are `publish`,
    `settle`, `work` and `plan`. Raises SampleError or ImportFailedError when the site does not
    play along.
    """
    company, casework = load_company(), load_casework()
    told = list(generate(company, seed=seed, events=events, days=days, end=end))
    repeated = await publish(site, told, seed=seed, progress=partial(progress, "publish"))
    async with open_office(site) as office:
        await _settled_followups(office, told, partial(progress, "settle"))
        owners = Owners(
            office=office,
            company=company,
            casework=casework,
            events={event.feedback_id: event for event in told},
            seed=seed,
            days=days,
        )
        worked = await owners.work(partial(progress, "work"))
        progress("plan", 0, len(casework.plans))
        await _settled_issues(office, casework)
        plans = await Planning(office=office, company=company, end=end).propose(casework.plans)
        progress("plan", plans, len(casework.plans))
    return PlayReport(
        published=len(told) + repeated,
        duplicates_sent=repeated,
        followups_worked=worked,
        plans=plans,
    )


async def _settled_followups(
    office: Office, told: Sequence[SampleEvent], progress: Callable[[int, int], None]
) -> None:
    """Wait until each unhappy customer has a follow-up, or no more are opened."""
    unhappy = sum(event.truth.mood == "negative" for event in told)
    reader = office.desk("sample", "Sample", "auditor")

    async def count() -> int:
        # Lists count no further than people read; the measures count all.
        opened: int = (await reader.get(MEASURES))["all"]["opened"]
        progress(min(opened, unhappy), unhappy)
        return opened

    await settled(count, enough=unhappy, still_s=_STILL_S, within_s=_FOLLOWUPS_WITHIN_S)


async def _settled_issues(office: Office, casework: Casework) -> None:
    """Wait until no more issues open; a small sample may open none."""
    reader = office.desk("sample", "Sample", "auditor")

    async def count() -> int:
        opened: int = (await reader.get(ISSUES))["total"]
        return opened

    await settled(count, enough=_NEVER_ENOUGH, still_s=_ISSUES_STILL_S, within_s=_ISSUES_WITHIN_S)
