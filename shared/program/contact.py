"""How customers are contacted: how often somebody tries, and who writes to them."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.program.channels import MOST_CHANNELS, ReplyChannel
from shared.program.parts import MailAddress, Part, ids

_LANGUAGE = "^[a-z]{2,3}$"
_PLACE = re.compile(r"\{([^{}]*)\}")
_PLACES = frozenset({"name", "company", "owner", "promise_link"})


def _known_places(line: str) -> str:
    for place in _PLACE.findall(line):
        if place not in _PLACES:
            names = ", ".join(f"{{{name}}}" for name in sorted(_PLACES))
            raise ValueError(f"{{{place}}} is no place for a name: {names} are")
    return line


#: One line of a mail, with places for names.
Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
    AfterValidator(_known_places),
]


class UnreachableAfter(Part):
    """How often owners try in vain before a customer may count as unreachable."""

    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Attempts since the customer was last reached."""
    days: Annotated[int, Field(ge=1, le=20)] = 2
    """The days, in the program's time zone, that they are spread over."""

    @model_validator(mode="after")
    def _has_an_attempt_for_each_day(self) -> Self:
        if self.days > self.attempts:
            raise ValueError(f"{self.attempts} attempts can't be made on {self.days} days")
        return self


class ReplyWording(Part):
    """What stands around an owner's words in mails of one language; what is absent stays."""

    subject: Line | None = None
    """The subject; {company} is the company's name."""
    greeting: Line | None = None
    """How a customer is greeted whose {name} is known."""
    greeting_unnamed: Line | None = None
    """How a customer is greeted whose name is not known."""
    quote: Line | None = None
    """What stands before the customer's own words."""
    promise: Line | None = None
    """What leads to the page that shows the customer their case: {promise_link}."""
    closing: Line | None = None
    """What stands before the owner's and the company's name."""


class ReplyMail(Part):
    """Who writes to customers, in which words."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    sender: MailAddress = Field(alias="from")
    """The address that replies come from, and that customers answer to."""
    wording: dict[Annotated[str, StringConstraints(pattern=_LANGUAGE)], ReplyWording] = Field(
        default_factory=dict
    )
    """Words of your own, by the customer's language."""


class ContactPolicy(Part):
    """How customers are contacted."""

    unreachable_after: UnreachableAfter = UnreachableAfter()
    """Attempts before a customer may count as unreachable."""
    mail: ReplyMail | None = None
    """How owners write to customers. Without it nobody does."""
    channels: Annotated[tuple[ReplyChannel, ...], Field(max_length=MOST_CHANNELS)] = ()
    """How else they do: by what your own systems send."""

    @model_validator(mode="after")
    def _names_each_channel_once(self) -> Self:
        ids("channels", self.channels)
        return self
