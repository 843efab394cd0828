"""Ways besides mail by which owners write to customers: each is carried by a webhook."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.events import Name
from shared.program.parts import Named

MOST_CHANNELS = 20
MOST_CHARACTERS = 32_768
_LEAST_CHARACTERS = 20
_LANGUAGE = "^[a-z]{2,3}$"

#: What a customer has to have given to be reached.
ReachesBy = Literal["phone", "email", "customer_id"]


class ReplyChannel(Named):
    """A way to write to customers, such as WhatsApp: your own system does the sending."""

    names: dict[Annotated[str, StringConstraints(pattern=_LANGUAGE)], Name] = Field(
        default_factory=dict
    )
    """The name in other languages, for the receiver."""
    webhook: UUID
    """The id of the webhook that carries it, which has to ask for reply.requested."""
    reaches_by: ReachesBy = "phone"
    """What the message goes to: the customer's phone, email or customer_id."""
    max_characters: Annotated[int, Field(ge=_LEAST_CHARACTERS, le=MOST_CHARACTERS)] = 1000
    """How long a message can be, the customer's quoted words included."""
    quotes: bool = False
    """Puts the customer's words above the owner's, as far as there is room."""
    logged_as: Literal["message", "chat"] = "message"
    """What the contact counts as."""

    def name_in(self, language: str) -> str:
        """Return the name in `language`, the plain one where it has none."""
        return self.names.get(language, self.name)
