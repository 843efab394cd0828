"""The customer's page in the customer's language: catalogues, dates, and which one is theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

#: What the page can be read in, English first; as tags of BCP 47.
LANGUAGES = ("en", "zh", "th", "lo", "kk", "hmn", "es")
FALLBACK = "en"
_FOLDER = Path(__file__).parents[1] / "languages"
#: Other names of the same: Chinese as it is spoken, Hmong's members.
_SAME = {"cmn": "zh", "yue": "zh", "mww": "hmn", "hnj": "hmn"}
_MOST_ACCEPTED = 20
_MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """One language's words. `reviewed`: somebody who speaks it has read them."""

    tag: str
    name: str
    reviewed: bool
    weekdays: Sequence[str]
    months: Sequence[str]
    moment: str
    zone: str
    cities: Mapping[str, str]
    words: Mapping[str, str]

    def __call__(self, key: str, **parts: object) -> str:
        """Return the words under `key`, with their parts filled in."""
        return self._of(key).format(**parts)

    def many(self, key: str, n: int) -> str:
        """Return the words for `n` of something: those for one where the language has them."""
        one = self.words.get(f"{key}_one") if n == 1 else None
        return one or self._of(f"{key}_other").format(n=n)

    def holds(self, key: str) -> bool:
        """Return whether there are words under `key`, in this language or in English."""
        return key in self.words or key in catalogue(FALLBACK).words

    def at(self, when: datetime, zone: str) -> str:
        """Say a moment as people in `zone` read it from a clock, and name the zone."""
        there = when.astimezone(ZoneInfo(zone))
        return self.moment.format(
            weekday=self.weekdays[there.weekday()],
            day=there.day,
            month=self.months[there.month - 1],
            time=f"{there:%H:%M}",
            zone=self._zone(there, zone),
        )

    def _zone(self, there: datetime, zone: str) -> str:
        city = zone.rpartition("/")[2]
        offset = there.utcoffset()
        if offset is None or city in {"UTC", "GMT"}:
            return "UTC"
        named = self.zone.format(city=self.cities.get(city, city.replace("_", " ")))
        return f"{named} ({_offset(int(offset.total_seconds()) // _MINUTE_S)})"

    def _of(self, key: str) -> str:
        found = self.words.get(key)
        return found if found is not None else catalogue(FALLBACK).words[key]


@cache
def catalogue(tag: str) -> Catalogue:
    """Return the words of a language that is one of LANGUAGES."""
    text = (_FOLDER / f"{tag}.yaml").read_text(encoding="utf-8")
    return Catalogue(tag=tag, **yaml.safe_load(text))


def language_for(chosen: str | None, spoken: str | None, accepted: str) -> Catalogue:
    """Return the customer's language: chosen, else written in, else the browser's, else English."""
    wanted = [chosen or "", spoken or "", *_accepted(accepted)]
    return catalogue(next(filter(None, map(known_tag, wanted)), FALLBACK))


def known_tag(tag: str) -> str | None:
    """Return the one of LANGUAGES that a tag means, None when it is none of them."""
    first = tag.replace("_", "-").partition("-")[0].lower()
    found = _SAME.get(first, first)
    return found if found in LANGUAGES else None


def _accepted(header: str) -> list[str]:
    """Return the tags of Accept-Language (RFC 9110, section 12.5.4), the most wanted first."""
    weighed = []
    for part in header.split(",")[:_MOST_ACCEPTED]:
        tag, _, quality = part.strip().partition(";")
        weighed.append((_weight(quality), tag.strip()))
    return [tag for weight, tag in sorted(weighed, key=lambda one: -one[0]) if weight > 0]


def _weight(quality: str) -> float:
    name, _, number = quality.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0


def _offset(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"
