"""Where customers meet the company, and where it listens to them."""

from __future__ import annotations

from typing import Literal

from shared.contracts.events import Name
from shared.program.parts import Id, Named
from shared.program.scales import ScaleName

PostKind = Literal[
    "survey", "review", "complaint", "call", "chat", "message", "social", "interview", "other"
]


class Touchpoint(Named):
    """Where customers meet the company; `team` answers for it. `id` is what publishers send."""

    team: Id
    """The team that answers for it."""
    journey: Name | None = None
    """The journey of the customer that it belongs to."""
    skill: Id | None = None
    """A skill that whoever answers for it needs."""


class ListeningPost(Named):
    """Where the company listens: a survey, a review site, a complaint form. `id` is sent."""

    kind: PostKind
    """What kind of place it is."""
    scale: ScaleName | None = None
    """The scale that its ratings are given on, where it asks for one."""
