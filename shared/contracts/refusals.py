"""Why a message is refused, in words that its publisher can act on.

The codes, which dead letters carry and the HTTP API answers with:

- `empty`             the message has no value
- `not_utf8`          its bytes are not UTF-8
- `not_json`          its text is not JSON (RFC 8259)
- `not_a_cloudevent`  it is JSON, but not a CloudEvents 1.0 event in structured mode
- `wrong_event`       it is an event of another type than the topic's
- `missing_field`     a required field is absent
- `unknown_field`     a field that the contract doesn't name
- `wrong_type`        a field holds another JSON type, such as text for a number
- `invalid_value`     a field has the right type and a value that is not allowed
- `too_large`         it is larger than its topic takes (said by the HTTP API)
- `foreign_tenant`    its tenant is not the publisher's (said by the HTTP API)
- `unknown_tenant`    no program is active for its tenant (said by the services)
- `handler_failed`    it met a fault of ours (said by the workers)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.event_types import EVENTS
from shared.contracts.events import PATTERNS
from shared.contracts.records import Rejected

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

#: Beyond this many faults a message is not one event with a slip in it: they are not listed.
_LISTED_FAULTS = 1000
_NAMED_BESIDES = 3
_LOOKED_AT_BESIDES = 20
_LONGEST_NAME = 80

_TYPE_NAMES = {
    "bool_type": "true or false",
    "datetime_type": "text that says a moment",
    "dict_type": "an object",
    "float_type": "a number",
    "int_type": "a whole number",
    "model_attributes_type": "an object",
    "model_type": "an object",
    "string_type": "text",
    "uuid_type": "text that says a UUID",
}
_SUBJECTS = ("Input ", "String ", "Dictionary ", "UUID input ")


def refusal(value: bytes, error: ValidationError) -> Rejected:
    """Return the reason why `value` is not the event that was expected.

    It names the fault that stands first in the event, the envelope before the data, and
    mentions the other fields that are at fault.
    """
    if error.error_count() > _LISTED_FAULTS:
        return Rejected(
            "invalid_value",
            f"The message has {error.error_count():,} faults.",
            remedy="Compare it with the schema of the topic's events.",
        )
    faults = error.errors(include_url=False)
    if faults[0]["type"] == "json_invalid":
        return _unreadable(value, faults[0]["ctx"]["error"])
    first = _most_telling(faults, min(range(len(faults)), key=lambda n: _urgency(faults[n])))
    return _mentioning(_explained(first), _dotted(first), faults[:_LOOKED_AT_BESIDES])


def _urgency(fault: ErrorDetails) -> int:
    """Rank what makes it no event of this kind at all before the rest."""
    place = fault["loc"][:1]
    return 0 if place in {(), ("specversion",)} else 1 if place == ("type",) else 2


def _most_telling(faults: Sequence[ErrorDetails], first: int) -> ErrorDetails:
    """Return the fault at `first`, or of several for its field one that isn't only the type.

    A value that may be text, a number or a boolean fails once for each, one after the other.
    """
    place = _dotted(faults[first])
    same = [fault for fault in faults[first : first + 3] if _dotted(fault) == place]
    return next((fault for fault in same if fault["type"] not in _TYPE_NAMES), same[0])


def _mentioning(rejected: Rejected, place: str, faults: Sequence[ErrorDetails]) -> Rejected:
    """Return the refusal with the other fields that are at fault, in so far as there are any."""
    others = [name for name in dict.fromkeys(map(_dotted, faults)) if name != place]
    if not others:
        return rejected
    named = ", ".join(others[:_NAMED_BESIDES]) + (" and more" * (len(others) > _NAMED_BESIDES))
    return Rejected(
        rejected.code,
        f"{rejected.detail} Also at fault: {named}.",
        field=rejected.field,
        remedy=rejected.remedy,
    )


def _unreadable(value: bytes, complaint: str) -> Rejected:
    try:
        value.decode()
    except UnicodeDecodeError as error:
        return Rejected(
            "not_utf8",
            f"Byte {error.start} (0x{value[error.start]:02x}) is not UTF-8: {error.reason}.",
            remedy="Encode the message as UTF-8.",
        )
    remedy = "Send one JSON object, without comments or trailing commas."
    if value.startswith(BYTE_ORDER_MARK):
        complaint = "it starts with a byte order mark"
        remedy = "Leave the byte order mark out."
    elif "hex escape" in complaint:
        remedy = r"A surrogate such as \ud83d needs its other half behind it."
    return Rejected("not_json", f"The message is not JSON: {complaint}.", remedy=remedy)


def _explained(fault: ErrorDetails) -> Rejected:
    field = _dotted(fault)
    if field in {"", "specversion"}:
        return _no_cloudevent(fault, field)
    return _EXPLANATIONS.get(fault["type"], _invalid_value)(fault, field)


def _no_cloudevent(fault: ErrorDetails, field: str) -> Rejected:
    if fault["loc"] == ():
        detail = f"The message is {_json_type(fault['input'])}, not a CloudEvent."
    elif fault["type"] == "missing":
        detail = "specversion is missing: the message is not a CloudEvent in structured mode."
    else:
        detail = "specversion should be '1.0'."
    return Rejected(
        "not_a_cloudevent",
        detail,
        field=field,
        remedy="Send the whole CloudEvents 1.0 event, attributes and data, as one JSON object.",
    )


def _missing_field(_fault: ErrorDetails, field: str) -> Rejected:
    return Rejected("missing_field", f"{field} is missing.", field=field, remedy="Add it.")


def _unknown_field(_fault: ErrorDetails, field: str) -> Rejected:
    elsewhere = ", or put it into data.attributes" if field.startswith("data.") else ""
    return Rejected(
        "unknown_field",
        f"{field} is not a field of this event.",
        field=field,
        remedy=f"Check its spelling; leave it out{elsewhere}.",
    )


def _wrong_type(fault: ErrorDetails, field: str) -> Rejected:
    expected = _TYPE_NAMES[fault["type"]]
    if "attributes" in fault["loc"][:-2]:
        expected = "text, a number, true or false"
    return Rejected(
        "wrong_type",
        f"{field} should be {expected}, not {_json_type(fault['input'])}.",
        field=field,
        remedy=f"Send {expected}.",
    )


def _wrong_scale(fault: ErrorDetails, field: str) -> Rejected:
    return Rejected(
        "invalid_value",
        f"{field}.scale should be one of {fault['ctx']['expected_tags']}.",
        field=f"{field}.scale",
        remedy="Correct the value.",
    )


def _missing_scale(fault: ErrorDetails, field: str) -> Rejected:
    return _missing_field(fault, f"{field}.scale")


def _wrong_constant(fault: ErrorDetails, field: str) -> Rejected:
    if field != "type":
        return _invalid_value(fault, field)
    expected, actual = fault["ctx"]["expected"], fault["input"]
    known = isinstance(actual, str) and actual in EVENTS
    return Rejected(
        "wrong_event",
        f"type should be {expected}.",
        field="type",
        remedy=f"Publish {actual} on its own topic." if known else f"Give the type {expected}.",
    )


def _invalid_value(fault: ErrorDetails, field: str) -> Rejected:
    return Rejected(
        "invalid_value", f"{_sentence(fault, field)}.", field=field, remedy="Correct the value."
    )


_EXPLANATIONS: Mapping[str, Callable[[ErrorDetails, str], Rejected]] = {
    **dict.fromkeys(_TYPE_NAMES, _wrong_type),
    "extra_forbidden": _unknown_field,
    "literal_error": _wrong_constant,
    "missing": _missing_field,
    "union_tag_invalid": _wrong_scale,
    "union_tag_not_found": _missing_scale,
}


def _sentence(fault: ErrorDetails, field: str) -> str:
    """Return pydantic's message with the field for its subject."""
    rule = PATTERNS.get(fault.get("ctx", {}).get("pattern", ""))
    if rule:
        return f"{field} {rule}"
    message = fault["msg"].replace(" after validation", "")
    for subject in _SUBJECTS:
        if message.startswith(subject):
            return f"{field} {message.removeprefix(subject)}"
    return f"{field}: {message.removeprefix('Value error, ')}"


def _dotted(fault: ErrorDetails) -> str:
    """Return the fault's place in the event, in dotted form.

    pydantic adds names of its own: behind `rating` the scale that it took, behind an
    attribute's name the type that it tried.
    """
    place = [_printable(part) for part in fault["loc"]]
    if "attributes" in place:
        del place[place.index("attributes") + 2 :]
    if "rating" in place:
        rating = place.index("rating")
        del place[rating + 1 : rating + 2]
    return ".".join(place)


def _printable(part: str | int) -> str:
    """Return a publisher's name for a field so that a header or a log line can carry it."""
    text = str(part)[:_LONGEST_NAME] or '""'
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _json_type(value: Any) -> str:  # noqa: ANN401  (whatever JSON can hold)
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"
