"""Conditional requests (RFC 9110, section 13): a version as entity tag, and who must name it."""

from __future__ import annotations

import re
from http import HTTPStatus

from shared.web.problems import Problem

_TAG = re.compile(r'^"(\d{1,9})"$')


def etag(version: int) -> str:
    """Return the entity tag of a thing that counts its changes."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int:
    """Return the version that If-Match names.

    Raises Problem, 428 when the header is missing (RFC 6585, section 3), 400 when it is no tag
    of ours.
    """
    if not if_match:
        raise Problem(
            "Say which version you change.",
            status=HTTPStatus.PRECONDITION_REQUIRED,
            slug="version-needed",
            title="A version is needed",
            field="If-Match",
            remedy="Read it again and send its ETag as If-Match.",
        )
    tag = _TAG.match(if_match.strip())
    if not tag:
        raise Problem(
            "If-Match must hold one entity tag, as the ETag of an earlier answer gave it.",
            field="If-Match",
            remedy='For example: If-Match: "3"',
        )
    return int(tag[1])
