"""Public holidays by country and region, as the holidays package knows them."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays
import structlog

from shared.program.calendars import PublicHolidays

log = structlog.get_logger()


class UnknownHolidaysError(ValueError):
    """No holidays are known for a country or region. `part` is the one at fault."""

    def __init__(self, part: str, detail: str) -> None:
        super().__init__(detail)
        self.part = part


def check(wanted: PublicHolidays) -> None:
    """Raise UnknownHolidaysError when nothing is known about `wanted`."""
    regions = _regions().get(wanted.country)
    if regions is None:
        raise UnknownHolidaysError(
            "country",
            f"{wanted.country!r} has no known holidays; take two capital letters of ISO 3166-1,"
            " or leave it out and name the days as closures",
        )
    if wanted.region is not None and wanted.region not in regions:
        listed = ", ".join(regions) or "no regions"
        raise UnknownHolidaysError(
            "region", f"{wanted.region!r} is not one of {wanted.country}: {listed}"
        )


@cache
def free_days(country: str, region: str | None, year: int) -> frozenset[date]:
    """Return the public holidays of a year.

    A program is checked before it counts. Where a later release of the package no longer knows
    its region, the days are worked, which is logged: a program that counts is not taken away.
    """
    try:
        return frozenset(holidays.country_holidays(country, subdiv=region, years=year))
    except NotImplementedError:
        log.warning("holidays unknown", country=country, region=region)
        return frozenset()


@cache
def _regions() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=True)
