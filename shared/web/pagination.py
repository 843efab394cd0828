"""Opaque cursors: where a page of a list ended, for the client to hand back as it is."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.web.problems import Problem

P = TypeVar("P")


def encode_cursor(position: Sequence[object]) -> str:
    """Return the cursor of `position`, the sort key of a page's last row (strings, numbers)."""
    text = json.dumps([str(step) for step in position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, shape: TypeAdapter[P]) -> P:
    """Return the position in `cursor` as `shape`, a tuple of the sort key's types.

    Raises Problem when it is not a cursor of such a list.
    """
    try:
        return shape.validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValidationError, binascii.Error, ValueError) as error:
        raise Problem(
            "The cursor is not one that this list gave out.",
            field="cursor",
            remedy="Start again without a cursor.",
        ) from error
