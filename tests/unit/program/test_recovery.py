"""The section `recovery` of a program: exact money, limits that make sense."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml

from shared.program.loading import ProgramError, read_program
from shared.program.recovery import Recovery, places_of, written
from tests.integration.routing.company import DOCUMENT

SECTION: dict[str, Any] = {
    "currency": "EUR",
    "owner": {"per_followup": 49.9, "per_customer": 100},
    "lead": {"per_followup": 200, "per_customer": 400},
}


def read(**changes: Any) -> Recovery:  # noqa: ANN401  (parts of a section)
    document = {**DOCUMENT, "recovery": {**SECTION, **changes}}
    recovery = read_program(yaml.safe_dump(document)).recovery
    assert recovery is not None
    return recovery


def test_a_number_is_taken_as_it_is_written() -> None:
    recovery = read()
    assert recovery.owner.per_followup == Decimal("49.9")
    assert recovery.kinds == ("refund", "voucher", "apology")
    assert recovery.customer_days == 365


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"currency": "euro"}, "recovery.currency"),
        ({"kinds": ["flowers"]}, "recovery.kinds"),
        ({"kinds": []}, "recovery.kinds"),
        ({"owner": {"per_followup": -1, "per_customer": 1}}, "recovery.owner.per_followup"),
        ({"owner": {"per_followup": ".nan", "per_customer": 1}}, "recovery.owner.per_followup"),
        ({"lead": {"per_followup": 40, "per_customer": 400}}, "recovery.lead.per_followup"),
        ({"owner": {"per_followup": 1.005, "per_customer": 2}}, "recovery.owner.per_followup"),
        ({"currency": "JPY"}, "recovery.owner.per_followup"),
        ({"customer_days": 0}, "recovery.customer_days"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_line(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(ProgramError) as refused:
        read(**changes)
    assert refused.value.faults[0].place.startswith(place), refused.value


@pytest.mark.parametrize(("currency", "text"), [("EUR", "5.00"), ("VND", "5"), ("KWD", "5.000")])
def test_an_amount_has_the_digits_of_its_currency(currency: str, text: str) -> None:
    assert written(Decimal(5), currency) == text
    assert len(text.partition(".")[2]) == places_of(currency)
