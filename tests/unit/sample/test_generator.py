"""The sample's feedback: repeatable, valid, varied."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.sample.company import load_company
from deploy.sample.days import apportion
from deploy.sample.generator import SampleEvent, generate
from shared.contracts.codec import parser
from shared.contracts.events import FeedbackSubmitted

END = date(2026, 7, 1)
COMPANY = load_company()


def sample(
    *, seed: int = 7, events: int = 400, days: int = 90, end: date = END
) -> list[SampleEvent]:
    return list(generate(COMPANY, seed=seed, events=events, days=days, end=end))


@pytest.fixture(scope="module")
def whole() -> list[SampleEvent]:
    """Give the whole sample."""
    return sample(events=20_000)


def data_of(event: SampleEvent) -> Any:  # noqa: ANN401  (JSON)
    return event.event["data"]


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert [event.encoded() for event in sample()] == [event.encoded() for event in sample()]


def test_another_seed_gives_another_sample() -> None:
    others = {event.encoded() for event in sample(seed=8)}

    assert not others & {event.encoded() for event in sample()}


def test_the_bytes_do_not_depend_on_the_process() -> None:
    program = (
        "import hashlib, datetime; from deploy.sample.company import load_company\n"
        "from deploy.sample.generator import generate\n"
        "told = generate(load_company(), seed=7, events=300, days=90,"
        " end=datetime.date(2026, 7, 1))\n"
        "print(hashlib.sha256(b''.join(event.encoded() for event in told)).hexdigest())"
    )

    def printed(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, check=True
        )
        return done.stdout.decode()

    assert printed("1") == printed("2")


def test_every_event_passes_the_contract(whole: list[SampleEvent]) -> None:
    parse = parser(FeedbackSubmitted)
    for event in whole:
        parsed = parse(event.encoded())
        assert parsed.tenant == "sample"


def test_every_event_has_an_id_of_its_own(whole: list[SampleEvent]) -> None:
    assert len({event.event["id"] for event in whole}) == 20_000
    assert len({event.feedback_id for event in whole}) == 20_000


def test_the_events_stand_in_order_on_the_days_before_the_end(whole: list[SampleEvent]) -> None:
    moments = [datetime.fromisoformat(event.event["data"]["occurred_at"]) for event in whole]
    days = [moment.date() for moment in moments]

    assert moments == sorted(moments)
    assert days[0] == END - timedelta(days=90)
    assert days[-1] == END - timedelta(days=1)
    assert [event.day for event in whole] == [(day - days[0]).days for day in days]


def test_there_is_a_week_and_a_day_in_it(whole: list[SampleEvent]) -> None:
    moments = [datetime.fromisoformat(event.event["data"]["occurred_at"]) for event in whole]
    weekdays = Counter(moment.weekday() for moment in moments)
    hours = Counter(moment.hour for moment in moments)

    assert weekdays[4] > 1.1 * weekdays[5]
    assert hours[19] > 5 * hours[3]


def test_every_scale_and_listening_post_occurs(whole: list[SampleEvent]) -> None:
    scales = Counter(data_of(event).get("rating", {}).get("scale") for event in whole)
    posts = {data_of(event)["listening_post"] for event in whole}

    assert set(scales) == {"nps", "csat", "ces", "stars", "thumbs", "custom", None}
    assert min(scales.values()) > 200
    assert posts == set(COMPANY.habits.listening_posts)


def test_about_half_of_the_customers_use_words(whole: list[SampleEvent]) -> None:
    written = sum("text" in data_of(event) for event in whole)

    assert 0.45 < written / len(whole) < 0.55


def test_some_customers_write_again_and_most_do_not_write_often(whole: list[SampleEvent]) -> None:
    times = Counter(data_of(event)["customer_id"] for event in whole)

    assert max(times.values()) > 5
    assert sum(count > 1 for count in times.values()) > 0.3 * len(times)
    assert sum(count <= 5 for count in times.values()) > 0.8 * len(times)


def test_a_customer_stays_the_same_person(whole: list[SampleEvent]) -> None:
    seen: dict[str, tuple[object, ...]] = {}
    for event in whole:
        data = data_of(event)
        person = (data["segment"], str(data.get("contact")), data["attributes"]["annual_value"])
        assert seen.setdefault(data["customer_id"], person) == person


def test_every_address_is_one_that_nobody_has(whole: list[SampleEvent]) -> None:
    addresses = [
        data_of(event)["contact"]["email"] for event in whole if "contact" in data_of(event)
    ]

    assert addresses
    assert all(address.endswith("@example.com") for address in addresses)


@settings(max_examples=20)
@given(
    events=st.integers(1, 60),
    days=st.integers(1, 120),
    end=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    seed=st.integers(),
)
def test_any_size_has_exactly_its_events(events: int, days: int, end: date, seed: int) -> None:
    told = sample(seed=seed, events=events, days=days, end=end)

    assert len(told) == events
    assert all(0 <= event.day < days for event in told)


@given(
    total=st.integers(0, 10_000),
    weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=200),
)
def test_shares_add_up_and_are_fair(total: int, weights: list[float]) -> None:
    shares = apportion(total, weights)

    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) <= 1 + 1e-6
