"""The sample company's customers: who they are, and that some write more often than others."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from deploy.sample.company import Company

_EVENTS_PER_CUSTOMER = 2.2
_ACCOUNTS = 60
_REACHABLE_SHARE = 0.85
#: Above 1: the customers at the front of the list write more often.
_SKEW = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One made-up customer. `contact` is absent for those who did not leave one."""

    id: str
    language: str
    segment: str
    annual_value: float
    place: str
    account_id: str | None
    contact: dict[str, str] | None


def customer_base(company: Company, rng: Random, events: int) -> list[Customer]:
    """Return the customers that `events` events come from."""
    count = max(1, round(events / _EVENTS_PER_CUSTOMER))
    return [_customer(company, rng, f"c-{number:05d}") for number in range(1, count + 1)]


def somebody(rng: Random, customers: list[Customer]) -> Customer:
    """Return the customer who writes next."""
    return customers[int(len(customers) * rng.random() ** _SKEW)]


def _customer(company: Company, rng: Random, customer_id: str) -> Customer:
    habits = company.habits
    language = rng.choices(list(habits.languages), list(habits.languages.values()))[0]
    weights = [segment.weight for segment in habits.segments.values()]
    segment = rng.choices(list(habits.segments), weights)[0]
    book = company.phrasebooks[language]
    name = book.names.full(rng.choice(book.names.given), rng.choice(book.names.family))
    reachable = rng.random() < _REACHABLE_SHARE
    return Customer(
        id=customer_id,
        language=language,
        segment=segment,
        annual_value=round(rng.uniform(*habits.segments[segment].annual_value), 2),
        place=rng.choice(list(book.places)),
        account_id=f"acc-{rng.randint(1, _ACCOUNTS):03d}" if segment == "business" else None,
        contact={"name": name, "email": f"{customer_id}@example.com"} if reachable else None,
    )
