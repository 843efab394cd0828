"""Service recovery: what customers may be given to make it good, and who decides on how much."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.program.parts import Part

RecoveryKind = Literal["refund", "voucher", "apology"]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
#: Exact, never a float: a number in YAML is taken as it is written.
Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]

# Currencies whose unit is not made of a hundred smaller ones: ISO 4217, list one.
_WITHOUT_PARTS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"}
    | {"RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_OF_A_THOUSAND = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_PLACES = 2


def places_of(currency: str) -> int:
    """Return how many digits an amount of `currency` has after the point."""
    if currency in _WITHOUT_PARTS:
        return 0
    return _PLACES + (currency in _OF_A_THOUSAND)


def written(amount: Decimal, currency: str) -> str:
    """Return an amount with the digits that its currency has: 49.9 EUR is '49.90'."""
    return f"{amount:.{places_of(currency)}f}"


class RecoveryLimits(Part):
    """What may be given in all, so that many small gifts are no way around a limit."""

    per_followup: Money
    """For one follow-up, those merged into it included."""
    per_customer: Money
    """For one customer, in the days that customer_days says."""


class Recovery(Part):
    """Refunds, vouchers and apologies. Nobody approves what they offered themselves."""

    currency: Currency
    """ISO 4217, such as EUR. Amounts of another one, from an earlier version, are not added up."""
    kinds: Annotated[tuple[RecoveryKind, ...], Field(min_length=1)] = (
        "refund",
        "voucher",
        "apology",
    )
    """What may be offered. An apology costs nothing and takes no approval."""
    owner: RecoveryLimits
    """What an owner may give alone."""
    lead: RecoveryLimits
    """What the team's lead may approve. Above it the department's head decides."""
    customer_days: Annotated[int, Field(ge=1, le=3660)] = 365
    """The days looked back on for what a customer was given."""

    @model_validator(mode="after")
    def _trusts_leads_with_no_less(self) -> Self:
        for name in ("per_followup", "per_customer"):
            owner, lead = getattr(self.owner, name), getattr(self.lead, name)
            if lead < owner:
                raise ValueError(
                    f"lead.{name}: {lead} is less than the {owner} that an owner may give alone"
                )
        return self

    @model_validator(mode="after")
    def _names_amounts_that_can_be_paid(self) -> Self:
        places = places_of(self.currency)
        for who, limits in (("owner", self.owner), ("lead", self.lead)):
            for name in ("per_followup", "per_customer"):
                if has_more_places(getattr(limits, name), places):
                    raise ValueError(
                        f"{who}.{name}: {self.currency} has {places} digits after the point"
                    )
        return self


def has_more_places(amount: Decimal, places: int) -> bool:
    """Return whether `amount` is no whole number of the currency's smallest part."""
    return amount != amount.quantize(Decimal(1).scaleb(-places))
