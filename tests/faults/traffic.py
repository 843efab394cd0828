"""What upstream systems put on the topic when they are at their worst."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from shared.contracts.records import Outgoing

TOPIC = "feedback.submitted.v1"
TENANT = "faults"
#: The id of the one valid event that trips the bug which tripping.py puts into scoring.
TRIPPING_ID = "ok-tripping"
DUPLICATE_SHARE = 0.05
MALFORMED_SHARE = 0.01

TEXTS = ("It was late again.", "All good.", "ດີຫຼາຍ", "ช้ามาก", "太慢了")

_CUSTOMERS = 5_000


def messages(size: int, *, seed: int) -> Iterator[Outgoing]:
    """Yield `size` messages: valid events, some of them twice, some malformed, one that trips."""
    rng = random.Random(seed)
    numbers = count()
    sent: list[Outgoing] = []
    for position in range(size):
        if position == size // 2:
            yield _message(_event(rng, TRIPPING_ID))
        elif sent and rng.random() < DUPLICATE_SHARE:
            yield rng.choice(sent[-2_000:])
        elif rng.random() < MALFORMED_SHARE:
            yield rng.choice(MALFORMED)(rng, next(numbers))
        else:
            sent.append(_message(_event(rng, f"ok-{next(numbers)}")))
            yield sent[-1]


def valid_messages(size: int, *, seed: int, texts: Sequence[str] = TEXTS) -> Iterator[Outgoing]:
    """Yield `size` valid events, no two alike; another seed gives other events."""
    rng = random.Random(seed)
    for number in range(size):
        yield _message(_event(rng, f"ok-{seed}-{number}", texts))


def _event(rng: random.Random, event_id: str, texts: Sequence[str] = TEXTS) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "urn:faults:survey",
        "type": TOPIC,
        "tenant": TENANT,
        "data": {
            "customer_id": f"customer-{rng.randrange(_CUSTOMERS)}",
            "touchpoint": rng.choice(["counter", "phone", "shop"]),
            "listening_post": "survey",
            "occurred_at": f"2026-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}T08:00:00Z",
            "rating": {"scale": "nps", "value": rng.randint(0, 10)},
            "text": rng.choice(texts),
        },
    }


def _message(event: dict[str, object]) -> Outgoing:
    data = event.get("data")
    customer = data.get("customer_id") if isinstance(data, dict) else "nobody"
    key = f"{TENANT}/{customer}".encode(errors="backslashreplace")
    return Outgoing(topic=TOPIC, key=key, value=json.dumps(event).encode())


Malformed = Callable[[random.Random, int], Outgoing]


def _changed(change: Callable[[dict[str, object], dict[str, object]], object]) -> Malformed:
    """Return a maker of events that are right but for one change of event or data."""

    def make(rng: random.Random, number: int) -> Outgoing:
        event = _event(rng, f"bad-{number}")
        data = event["data"]
        assert isinstance(data, dict)
        change(event, data)
        return _message(event)

    return make


def _random_bytes(rng: random.Random, number: int) -> Outgoing:
    return Outgoing(topic=TOPIC, key=str(number).encode(), value=rng.randbytes(rng.randint(1, 500)))


def _nothing(rng: random.Random, number: int) -> Outgoing:
    return Outgoing(topic=TOPIC, key=str(number).encode(), value=None)


MALFORMED: list[Malformed] = [
    _random_bytes,
    _nothing,
    _changed(lambda event, _: event.update(data="text instead of an object")),
    _changed(lambda event, _: event.update(specversion=1)),
    _changed(lambda event, _: event.pop("tenant")),
    _changed(lambda event, _: event.update(tenant="nobody-knows")),
    _changed(lambda event, _: event.update(type="feedback.submitted.v9")),
    _changed(lambda _, data: data.update(text="x" * 1_000_000)),
    _changed(lambda _, data: data.update(text="nul \0 in the middle")),
    _changed(lambda _, data: data.update(text="half a pair \ud800 of surrogates")),
    _changed(lambda _, data: data.update(customer_id="half \udfff")),
    _changed(lambda _, data: data.update(rating={"scale": "nps", "value": 10**400})),
    _changed(lambda _, data: data.update(rating={"scale": "nps", "value": 11})),
    _changed(lambda _, data: data.update(rating={"scale": "nps", "value": "nine"})),
    _changed(lambda _, data: data.update(attributes={"n": 1e308})),
    _changed(lambda _, data: data.update(occurred_at="0000-01-01T00:00:00Z")),
    _changed(lambda _, data: data.update(occurred_at="9999-12-31T23:59:59Z")),
    _changed(lambda _, data: data.update(occurred_at="yesterday")),
    _changed(lambda _, data: data.pop("touchpoint")),
    _changed(lambda _, data: data.update(colour="blue")),
]
