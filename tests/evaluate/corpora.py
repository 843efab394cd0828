"""The labelled texts that models are judged by; none of them is part of this project."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as Xml

DATA = Path(__file__).parents[3] / "shared" / "data"
EARLIER = 0.8
INNER = 0.75
_UNKNOWN_REASONS = {"", "Can't Tell"}


class Labelled(NamedTuple):
    """Texts and the label of each."""

    texts: Sequence[str]
    labels: Sequence[str]


class Halves(NamedTuple):
    """What to learn from, and what to judge by."""

    learn: Labelled
    judge: Labelled


class Complaint(NamedTuple):
    """A complaint about an airline, and the reason that people found in it."""

    airline: str
    text: str
    reason: str


class Reviewed(NamedTuple):
    """A sentence with the polarity of each aspect that it speaks of."""

    text: str
    aspects: dict[str, str]


def airline_sentiment() -> Halves:
    """Return the airline tweets with their sentiment, split by time."""
    rows = _airline()
    return _by_time([row["text"] for row in rows], [row["airline_sentiment"] for row in rows])


def airline_reasons() -> Halves:
    """Return the airline's complaints whose reason is known, split by time."""
    known = airline_complaints()
    return _by_time([one.text for one in known], [one.reason for one in known])


def airline_complaints() -> list[Complaint]:
    """Return the airlines' complaints whose reason is known, in order of time."""
    return [
        Complaint(row["airline"], row["text"], row["negativereason"])
        for row in _airline()
        if row["negativereason"] not in _UNKNOWN_REASONS
    ]


def within(learn: Labelled) -> Halves:
    """Return what there is to learn from, split anew: its first three quarters, and the rest."""
    return _cut(learn.texts, learn.labels, INNER)


def mams(part: str) -> list[Reviewed]:
    """Return the sentences of MAMS-ACSA's `part`: train, val or test."""
    root = Xml.parse(DATA / "mams_en" / f"{part}.xml").getroot()  # noqa: S314  (our own copy)
    return [
        Reviewed(
            sentence.findtext("text", ""),
            {
                one.attrib["category"]: one.attrib["polarity"]
                for one in sentence.iter()
                if one.tag == "aspectCategory"
            },
        )
        for sentence in root.iter("sentence")
    ]


def asap(part: str) -> list[Reviewed]:
    """Return the reviews of ASAP's `part` (train, dev or test), with the aspects they mention."""
    path = DATA / "asap_zh" / f"{part}_sample.csv"
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return [_review(row) for row in csv.DictReader(file) if row["reviewbody"]]


def _review(row: dict[str, str]) -> Reviewed:
    said = {"-1": "negative", "0": "neutral", "1": "positive"}
    names = [name for name in row if name not in {"index", "reviewbody", "star"}]
    marks = {name: (row[name] or "").removesuffix(".0") for name in names}
    return Reviewed(
        row["reviewbody"], {name: said[mark] for name, mark in marks.items() if mark in said}
    )


def _airline() -> list[dict[str, str]]:
    with (DATA / "airline_feedback.csv").open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda row: row["tweet_created"])


def _by_time(texts: Sequence[str], labels: Sequence[str]) -> Halves:
    return _cut(texts, labels, EARLIER)


def _cut(texts: Sequence[str], labels: Sequence[str], share: float) -> Halves:
    cut = int(len(texts) * share)
    return Halves(Labelled(texts[:cut], labels[:cut]), Labelled(texts[cut:], labels[cut:]))
