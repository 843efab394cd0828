"""What customers said before, for rules that ask for it.

A customer's feedback lies in one partition, in order, and is scored in that order: what came
earlier is the same in every reading of the topic, whatever the batches are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.contracts.events import Category

#: The variables of rules that need the history.
VARIABLES = frozenset({"earlier_feedback_30d", "earlier_detractors_90d"})
FEEDBACK_WITHIN = timedelta(days=30)
DETRACTORS_WITHIN = timedelta(days=90)
#: So much of what a customer said last is looked at: whoever said more has long been noticed.
#: It is the same in every reading, because what came in the same moment is ordered by its id.
MOST_EARLIER = 100

Customer = tuple[str, str]  #: tenant and customer_id


class Said(NamedTuple):
    """One thing that a customer said: when it came, which event, when it was said, as whom."""

    received_at: datetime
    feedback_id: UUID
    occurred_at: datetime
    category: str


class Earlier(NamedTuple):
    """How often a customer spoke up before an event, by the events' own moments."""

    feedback_30d: int = 0
    detractors_90d: int = 0


NOTHING_EARLIER = Earlier()


class History:
    """What the customers of one batch said before, growing as the batch is scored."""

    def __init__(self, past: Iterable[tuple[Customer, Said]] = ()) -> None:
        self._said: defaultdict[Customer, dict[UUID, Said]] = defaultdict(dict)
        for customer, said in past:
            self.add(customer, said)

    def add(self, customer: Customer, said: Said) -> None:
        """Take note of what a customer said; of the same event twice, the first counts."""
        self._said[customer].setdefault(said.feedback_id, said)

    def before(self, customer: Customer, feedback_id: UUID, occurred_at: datetime) -> Earlier:
        """Count what the customer said before the event `feedback_id`, which is not counted.

        What lies after `occurred_at`, by its own moment, is not earlier, even if it came first.
        """
        others = [
            said
            for said in self._last_said(customer, feedback_id)
            if said.occurred_at <= occurred_at
        ]
        return Earlier(
            sum(said.occurred_at > occurred_at - FEEDBACK_WITHIN for said in others),
            sum(
                said.category == Category.DETRACTOR
                and said.occurred_at > occurred_at - DETRACTORS_WITHIN
                for said in others
            ),
        )

    def _last_said(self, customer: Customer, besides: UUID) -> Sequence[Said]:
        said = [one for one in self._said[customer].values() if one.feedback_id != besides]
        return said if len(said) <= MOST_EARLIER else sorted(said)[-MOST_EARLIER:]
