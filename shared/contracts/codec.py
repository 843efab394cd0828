"""From bytes on a topic to a validated event and back.

Decoding validates a record once, in one call; only what is refused takes longer, because then
it is worked out in words (refusals.py) what its publisher has to change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.contracts.events import CloudEvent
from shared.contracts.records import Record, Rejected
from shared.contracts.refusals import refusal

E = TypeVar("E", bound=CloudEvent[Any])


def parser(model: type[E]) -> Callable[[bytes], E]:
    """Return a function that reads one event of `model` from its JSON.

    The function raises Rejected (its codes: refusals.py) for whatever is no such event, and
    nothing else. Whether fields that the model doesn't name are refused or passed over is the
    model's own decision (`CloudEvent.unknown_fields`).
    """
    validate = model.__pydantic_validator__.validate_json
    unknown_fields = model.unknown_fields

    def parse(value: bytes) -> E:
        try:
            event: E = validate(value, extra=unknown_fields)
        except ValidationError as error:
            raise refusal(value, error) from None
        return event

    return parse


def decoder(model: type[E]) -> Callable[[Record], E]:
    """Return a function that reads one event of `model` from a record's value.

    It raises Rejected as `parser` does, besides for a record without a value.
    """
    parse = parser(model)

    def decode(record: Record) -> E:
        if not record.value:
            raise Rejected(
                "empty",
                "The message has no value.",
                remedy="Send the whole CloudEvent as the message's value.",
            )
        return parse(record.value)

    return decode


def encode(event: CloudEvent[Any]) -> bytes:
    """Return the event as compact JSON in UTF-8, without absent fields.

    Equal events give equal bytes: fields stand in the model's order, attributes in their
    names' order.
    """
    return event.__pydantic_serializer__.to_json(event, exclude_none=True)


def key_of(tenant: str, customer_id: str) -> bytes:
    """Return the key that keeps one customer's events in order: they share a partition."""
    return f"{tenant}/{customer_id}".encode()
