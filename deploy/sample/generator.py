"""Ninety days of made-up feedback, the same for the same seed, with stories planted in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from deploy.sample.company import Company, Mood, Planted, Turn
from deploy.sample.customers import Customer, customer_base, somebody
from deploy.sample.days import Slot, slots
from deploy.sample.ratings import rating
from deploy.sample.words import Occasion, words
from shared.ids import feedback_id

#: Of those who are not unhappy, the share that is not happy either.
_NEUTRAL_SHARE = 0.26
_STORM_COMPLAINT_SHARE = 0.5
_AT_HOME_SHARE = 0.6
_HINT_SHARE = 0.7
_FARES = ("light", "standard", "flex")


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really happened: known to the generator and to the simulated owners only.

    `what` and `why` are ids of the program's taxonomy; `story` is the planted story at work,
    if one was. A customer who is not unhappy has a cause all the same: what they would have
    complained about, had they been.
    """

    mood: Mood
    what: str
    why: str
    story: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEvent:
    """A feedback.submitted.v1 event, its day in the sample (from 0), and the truth behind it."""

    event: Mapping[str, Any]
    day: int
    truth: Truth

    @property
    def feedback_id(self) -> UUID:
        """The id that the system gives the event."""
        return feedback_id(self.event["tenant"], self.event["source"], self.event["id"])

    def encoded(self) -> bytes:
        """Return the event as JSON."""
        return json.dumps(self.event, ensure_ascii=False, separators=(",", ":")).encode()


def generate(
    company: Company, *, seed: int, events: int, days: int, end: date
) -> Iterator[SampleEvent]:
    """Yield `events` events in the order of time, from the `days` days before `end`.

    Equal arguments give equal events, byte for byte.
    """
    rng = Random(f"closedloop sample {seed}")  # noqa: S311  (made-up people, no secrets)
    planted = company.planted.within(days)
    customers = customer_base(company, rng, events)
    scene = _Scene(company, planted, rng)
    series = f"{end:%Y%m%d}-{days}-{events}-{seed}"
    times = slots(company.habits, planted.wave, rng, events=events, days=days, end=end)
    for number, slot in enumerate(times, start=1):
        yield scene.event(f"{series}-{number:06d}", slot, somebody(rng, customers))


@dataclass(frozen=True, slots=True)
class _Scene:
    company: Company
    planted: Planted
    rng: Random

    def event(self, event_id: str, slot: Slot, customer: Customer) -> SampleEvent:
        habits = self.company.habits
        touchpoint = self._pick({name: habit.weight for name, habit in habits.touchpoints.items()})
        complains = self.rng.random() < habits.complaint_share
        post = "complaint_form" if complains else self._pick(habits.touchpoints[touchpoint].posts)
        truth = self._truth(touchpoint, slot.day, complains=complains)
        data = {
            "customer_id": customer.id,
            "touchpoint": touchpoint,
            "listening_post": post,
            "occurred_at": slot.moment.isoformat(),
            "rating": rating(self.rng, habits.listening_posts[post], truth.mood),
            **self._circumstances(customer, touchpoint, truth, complains=complains),
        }
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": f"{habits.source}:{post}",
            "type": "feedback.submitted.v1",
            "time": slot.moment.isoformat(),
            "tenant": self.company.program.tenant,
            "data": {name: value for name, value in data.items() if value is not None},
        }
        return SampleEvent(event=event, day=slot.day, truth=truth)

    def _pick(self, weights: Mapping[str, float]) -> str:
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def _truth(self, touchpoint: str, day: int, *, complains: bool) -> Truth:
        wave = self.planted.wave
        storm = _STORM_COMPLAINT_SHARE if complains else wave.extra_detractor_share
        if wave.covers(day) and self.rng.random() < storm:
            return Truth(mood="negative", what=wave.what, why=wave.why, story=wave.id)
        mood = self._mood(touchpoint, day, complains=complains)
        turn = self._turn(touchpoint, day)
        if mood == "negative" and turn and self.rng.random() < turn.share_of_detractors:
            return Truth(mood=mood, what=turn.what, why=turn.why, story=turn.id)
        what = self._pick(self.company.habits.touchpoints[touchpoint].causes)
        return Truth(mood=mood, what=what, why=self._pick(self.company.habits.reasons[what]))

    def _mood(self, touchpoint: str, day: int, *, complains: bool) -> Mood:
        if complains or self.rng.random() < self._detractor_share(touchpoint, day):
            return "negative"
        return "neutral" if self.rng.random() < _NEUTRAL_SHARE else "positive"

    def _detractor_share(self, touchpoint: str, day: int) -> float:
        for turn in (self.planted.fault, self.planted.fix):
            if turn.touchpoint == touchpoint:
                share = turn.detractor_share
                return share.after if day >= turn.first_day else share.before
        return self.company.habits.touchpoints[touchpoint].detractor_share or 0.0

    def _turn(self, touchpoint: str, day: int) -> Turn | None:
        """Return the story that makes customers unhappy here on this day."""
        fault, fix = self.planted.fault, self.planted.fix
        if touchpoint == fault.touchpoint and day >= fault.first_day:
            return fault
        if touchpoint == fix.touchpoint and day < fix.first_day:
            return fix
        return None

    def _circumstances(
        self, customer: Customer, touchpoint: str, truth: Truth, *, complains: bool
    ) -> dict[str, Any]:
        rng, habits = self.rng, self.company.habits
        book = self.company.phrasebooks[
            "en" if rng.random() < habits.english_share else customer.language
        ]
        at_home = rng.random() < _AT_HOME_SHARE
        occasion = Occasion(
            touchpoint=touchpoint,
            place=customer.place if at_home else rng.choice(list(book.places)),
            service=f"NR {rng.randint(101, 989)}",
            what=truth.what,
            story=truth.story,
        )
        writes = complains or rng.random() < habits.text_share[truth.mood]
        hinted = rng.random() < _HINT_SHARE
        return {
            "text": words(rng, book, occasion, self._written_mood(truth)) if writes else None,
            "language": book.language if writes and hinted else None,
            "account_id": customer.account_id,
            "segment": customer.segment,
            "journey": self._journey(touchpoint),
            "place": occasion.place,
            "product": rng.choice(_FARES),
            "contact": customer.contact,
            "attributes": {
                "annual_value": customer.annual_value,
                "service": occasion.service,
            },
        }

    def _written_mood(self, truth: Truth) -> Mood:
        if self.rng.random() >= self.company.habits.contradiction_share:
            return truth.mood
        return "positive" if truth.mood == "negative" else "negative"

    def _journey(self, touchpoint: str) -> str | None:
        for known in self.company.program.touchpoints:
            if known.id == touchpoint:
                return known.journey
        return None
