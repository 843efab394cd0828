"""outer_loop.changed.v1: what is known of systemic issues and their plans."""

from __future__ import annotations

from collections.abc import Sequence

from services.routing.domain.issues import IssueNews, newest, thing_of
from shared.contracts.plans import OuterLoopChanged
from shared.contracts.records import Outcome


async def keep_news(news: IssueNews, events: Sequence[OuterLoopChanged]) -> list[Outcome]:
    """Keep the highest version of each issue and plan; return an outcome for each event, in order.

    Events may come in any order and more than once: one that says nothing newer changes nothing.
    """
    known = await news.known_versions([thing_of(event.data) for event in events])
    fresh = newest(events, known)
    if fresh:
        await news.keep(fresh)
    untold = {event.id for event in fresh}
    outcomes = []
    for event in events:
        outcomes.append(Outcome(fresh=event.id in untold))
        untold.discard(event.id)
    return outcomes
