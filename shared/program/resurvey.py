"""The re-survey: when a customer is asked whether it is solved, and for how long."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, FiniteFloat, StringConstraints

from shared.program.parts import Language, Part

Sentence = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*\S[^\x00]*$")]


class ReSurvey(Part):
    """Whoever was answered is asked again, on the scale of their first rating, else yes or no."""

    after_hours: Annotated[FiniteFloat, Field(ge=0, le=8760)] = 24
    """Hours from the resolution until the question stands on the customer's page."""
    wait_days: Annotated[int, Field(ge=1, le=366)] = 7
    """Days for the answer. Without one the follow-up is verified as answered by nobody."""
    question: dict[Language, Sentence] = Field(default_factory=dict)
    """The question in your own words, by language (BCP 47); others read the product's."""
