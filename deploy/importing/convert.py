"""A row becomes a feedback event, or it is said why it does not. Pure."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from deploy.importing.errors import RowRefusedError
from deploy.importing.mapping import (
    AttributeSource,
    ImportMapping,
    MomentSource,
    RatingSource,
    Source,
)
from deploy.importing.rows import Row
from shared.contracts.codec import parser
from shared.contracts.events import FeedbackSubmitted
from shared.contracts.records import Rejected

_check = parser(FeedbackSubmitted)

#: Stands in for the tenant in the check where the publisher's key decides it.
_SOME_TENANT = "tenant"

_REQUIRED = ("customer_id", "touchpoint", "listening_post")
_OPTIONAL = (
    "text",
    "language",
    "category",
    "account_id",
    "segment",
    "journey",
    "place",
    "product",
)


def convert(row: Row, mapping: ImportMapping, *, tenant: str | None = None) -> dict[str, Any]:
    """Return the feedback.submitted.v1 event that `row` is by `mapping`.

    Without `tenant` the event names none. Raises RowRefusedError for every row that is no valid
    event.
    """
    if row.fault:
        raise RowRefusedError("", row.fault)
    event = {
        "specversion": "1.0",
        "id": (_value(row, mapping.id, "id") if mapping.id else None) or row.digest,
        "source": mapping.source,
        "type": "feedback.submitted.v1",
        **({"tenant": tenant} if tenant is not None else {}),
        "data": _data(row, mapping),
    }
    try:
        _check(encoded({"tenant": _SOME_TENANT, **event}))
    except Rejected as rejected:
        raise RowRefusedError(
            rejected.field.removeprefix("data."), rejected.detail, remedy=rejected.remedy
        ) from None
    return event


def rating_of(row: Row, source: RatingSource) -> dict[str, Any] | None:
    """Return the rating that the row holds, None where its cell is empty.

    Raises RowRefusedError when it is no number; whether the scale has it is not looked at.
    """
    content = _value(row, source, "rating")
    if content is None:
        return None
    rating = {
        "scale": source.scale,
        "name": source.name,
        "value": _number(content, "rating.value"),
        "minimum": source.minimum,
        "maximum": source.maximum,
    }
    return {name: value for name, value in rating.items() if value is not None}


def encoded(event: dict[str, Any]) -> bytes:
    """Return the event as JSON in UTF-8."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _data(row: Row, mapping: ImportMapping) -> dict[str, Any]:
    data: dict[str, Any] = {
        **{name: _needed(row, getattr(mapping, name), name) for name in _REQUIRED},
        "occurred_at": _moment(row, mapping.occurred_at),
        "rating": rating_of(row, mapping.rating) if mapping.rating else None,
        **{name: _value(row, getattr(mapping, name), name) for name in _OPTIONAL},
        "contact": _contact(row, mapping),
        "attributes": _attributes(row, mapping),
    }
    return {name: value for name, value in data.items() if value not in (None, {})}


def _value(row: Row, source: Source | None, place: str) -> str | None:
    """Return the value that `source` gives for the row, None where all its cells are empty."""
    if source is None:
        return None
    content = source.constant
    for column in source.columns:
        content = row.cell(column, place)
        if content is not None:
            break
    if content is None:
        return None
    translated = _translated(source, content, place)
    return source.prefix + translated if translated else None


def _translated(source: Source, content: str, place: str) -> str:
    """Return what the mapping makes of the content; nothing means that the cell says nothing."""
    if source.values is None:
        return content
    if content not in source.values:
        raise RowRefusedError(
            place,
            f"{content[:80]!r} is not among the mapping's values.",
            remedy=f"Add it to {place}.values, or correct the cell.",
        )
    return source.values[content]


def _needed(row: Row, source: Source, place: str) -> str:
    value = _value(row, source, place)
    if value is None:
        columns = " and ".join(map(repr, source.columns))
        raise RowRefusedError(place, f"{place} is needed, and {columns} is empty.")
    return value


def _number(content: str, place: str) -> float:
    try:
        number = float(content)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RowRefusedError(place, f"{content[:80]!r} is not a number.")
    return number


def _contact(row: Row, mapping: ImportMapping) -> dict[str, str]:
    ways = {
        name: _value(row, getattr(mapping.contact, name), f"contact.{name}")
        for name in type(mapping.contact).model_fields
    }
    return {name: value for name, value in ways.items() if value is not None}


def _attributes(row: Row, mapping: ImportMapping) -> dict[str, str | float]:
    attributes = {
        name: _attribute(row, source, f"attributes.{name}")
        for name, source in mapping.attributes.items()
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _attribute(row: Row, source: AttributeSource, place: str) -> str | float | None:
    content = _value(row, source, place)
    if content is None or source.type == "text":
        return content
    return _number(content, place)


def _moment(row: Row, source: MomentSource) -> str:
    content = _needed(row, source, "occurred_at")
    try:
        moment = _read_moment(content, source.format)
        return _in_zone(moment, source.time_zone).isoformat()
    except (ValueError, OverflowError, OSError):
        form = {"iso": "a date and time in ISO 8601", "unix": "seconds since 1970"}
        raise RowRefusedError(
            "occurred_at",
            f"{content[:80]!r} is not {form.get(source.format, f'of the form {source.format}')}.",
        ) from None


def _read_moment(content: str, form: str) -> datetime:
    if form == "iso":
        return datetime.fromisoformat(content)
    if form == "unix":
        return datetime.fromtimestamp(_number(content, "occurred_at"), UTC)
    return datetime.strptime(content, form)  # noqa: DTZ007  (its zone is seen to afterwards)


def _in_zone(moment: datetime, zone: str | None) -> datetime:
    if moment.tzinfo is not None:
        return moment
    if zone is None:
        raise RowRefusedError(
            "occurred_at",
            "The moment does not say its time zone.",
            remedy="Add occurred_at.time_zone to the mapping.",
        )
    return moment.replace(tzinfo=ZoneInfo(zone))
