"""The sample company as its files describe it: behaviour, planted stories, phrases, program."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field

from shared.program.document import Program, ScaleName

HERE = Path(__file__).parent

Mood = Literal["negative", "neutral", "positive"]
Share = Annotated[float, Field(ge=0, le=1)]
Weights = Mapping[str, float]

#: The length of the sample that planted.yaml counts its days in.
PLANTED_DAYS = 90


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ListeningPost(_Part):
    """Where customers are asked. Without a scale they only write."""

    scale: ScaleName | None = None
    name: str | None = None
    minimum: float | None = None
    maximum: float | None = None


class Segment(_Part):
    """A kind of customer and what one of them spends in a year, in dollars, from and to."""

    weight: float
    annual_value: tuple[float, float]


class TouchpointHabits(_Part):
    """How much and what is said at a touchpoint. A planted story brings its own share."""

    weight: float
    detractor_share: Share | None = None
    posts: Weights
    causes: Weights


class Habits(_Part):
    """company.yaml: how the customers behave when no story is at work."""

    source: str
    time_zone: str
    languages: Weights
    segments: Mapping[str, Segment]
    listening_posts: Mapping[str, ListeningPost]
    complaint_share: Share
    text_share: Mapping[Mood, Share]
    contradiction_share: Share
    english_share: Share
    weekdays: tuple[float, ...]
    hours: tuple[float, ...]
    touchpoints: Mapping[str, TouchpointHabits]
    reasons: Mapping[str, Weights]

    @cached_property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)


class _Story(_Part):
    id: str
    story: str
    first_day: int
    what: str
    why: str


class BeforeAfter(_Part):
    """A share before a day and from that day on."""

    before: Share
    after: Share


class Turn(_Story):
    """A fault that begins, or a fix that takes effect, on `first_day` at one touchpoint."""

    touchpoint: str
    share_of_detractors: Share
    detractor_share: BeforeAfter


class Wave(_Story):
    """More feedback, and more unhappy customers, everywhere for some days."""

    days: int
    volume: float
    extra_detractor_share: Share

    def covers(self, day: int) -> bool:
        """Tell whether `day` (from 0) lies in the wave."""
        return self.first_day <= day < self.first_day + self.days


class Planted(_Part):
    """planted.yaml: what is hidden in the sample."""

    fault: Turn
    fix: Turn
    wave: Wave

    def within(self, days: int) -> Planted:
        """Return the stories with their days moved in proportion to a sample of `days`."""

        def moved(day: int) -> int:
            return round(day * days / PLANTED_DAYS)

        wave = self.wave
        wave_end = moved(wave.first_day + wave.days)
        first_day = moved(wave.first_day)
        return Planted(
            fault=self.fault.model_copy(update={"first_day": moved(self.fault.first_day)}),
            fix=self.fix.model_copy(update={"first_day": moved(self.fix.first_day)}),
            wave=wave.model_copy(
                update={"first_day": first_day, "days": max(1, wave_end - first_day)}
            ),
        )


class Names(_Part):
    """Given and family names of one language, and how they are joined."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    join: str
    family_first: bool = False

    def full(self, given: str, family: str) -> str:
        """Return the full name, in the language's order."""
        return self.join.join((family, given) if self.family_first else (given, family))


Sentences = Mapping[str, tuple[str, ...]]


class Phrasebook(_Part):
    """What customers write in one language.

    Unhappy sentences stand by what went wrong and by story, the others by touchpoint; `any`
    fits everywhere. Places and names are written as the language writes them.
    """

    language: str
    places: Mapping[str, str]
    names: Names
    negative: Sentences
    stories: Sentences
    neutral: Sentences
    positive: Sentences
    closing: Sentences


class Company(_Part):
    """Everything that the generator goes by."""

    habits: Habits
    planted: Planted
    phrasebooks: Mapping[str, Phrasebook]
    program: Program


def load_company() -> Company:
    """Read the sample company from the files beside this module."""
    habits = Habits.model_validate(_read(HERE / "company.yaml"))
    books = [_read(HERE / "phrases" / f"{language}.yaml") for language in habits.languages]
    return Company(
        habits=habits,
        planted=Planted.model_validate(_read(HERE / "planted.yaml")),
        phrasebooks={book["language"]: Phrasebook.model_validate(book) for book in books},
        program=Program.model_validate(yaml.safe_load(program_yaml())),
    )


def program_yaml() -> str:
    """Return the sample company's program as it is written."""
    return (HERE / "program.yaml").read_text(encoding="utf-8")


def _read(path: Path) -> dict[str, object]:
    document: dict[str, object] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document
