"""CloudEvents in HTTP's binary mode: attributes in headers, the body is the data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import unquote

from pydantic_core import from_json

from shared.contracts.records import Rejected

_PREFIX = "ce-"


def structured(headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Return the event as one JSON object: the attributes of `headers`, the data as sent.

    Attribute values are percent-decoded (CloudEvents 1.0, HTTP protocol binding, 3.1.3.2).
    Raises Rejected with the code `not_json` when the body is not one JSON value.
    """
    try:
        from_json(body)
    except ValueError as error:
        raise Rejected(
            "not_json",
            f"The data is not JSON: {error}.",
            field="data",
            remedy="Send the event's data as one JSON object.",
        ) from None
    attributes = {
        name.removeprefix(_PREFIX): unquote(value)
        for name, value in headers
        if name.startswith(_PREFIX)
    }
    envelope = json.dumps({**attributes, "datacontenttype": "application/json"}).encode()
    return b"".join((envelope[:-1], b',"data":', body, b"}"))
