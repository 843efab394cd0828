"""Customers can be told in exactly the languages that they can read their page in."""

from __future__ import annotations

from services.routing.routes.languages import LANGUAGES, catalogue
from shared.contracts.communications import CUSTOMER_LANGUAGES, FALLBACK_LANGUAGE


def test_what_can_be_written_in_is_what_customers_pages_can_be_read_in() -> None:
    names = {tag: catalogue(tag).name for tag in LANGUAGES}
    assert dict(CUSTOMER_LANGUAGES) == names
    assert FALLBACK_LANGUAGE in names
