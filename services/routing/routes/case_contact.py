"""The part of a case's page that says how the customer was reached, and where it is logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.routing.bootstrap import Desk
from services.routing.domain.contacts import CONTACTED, ContactAttempt, state_after
from services.routing.domain.followup import FollowUp
from services.routing.domain.ports import HistoryEntry
from services.routing.domain.transitions import WORKERS, Standing, allowed
from services.routing.errors import NoContactError
from services.routing.handlers.contacting import Contacts, read_contacts
from services.routing.routes import wording
from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.contracts.events import FollowUpState
from shared.program.document import Program

CHANNELS: Mapping[ContactChannel, str] = {
    ContactChannel.PHONE: "Phone",
    ContactChannel.MAIL: "Mail",
    ContactChannel.CHAT: "Chat",
    ContactChannel.MESSAGE: "Text message",
    ContactChannel.VISIT: "Visit",
    ContactChannel.LETTER: "Letter",
}
OUTCOMES: Mapping[ContactOutcome, str] = {
    ContactOutcome.REACHED: "Reached them",
    ContactOutcome.NO_ANSWER: "No answer",
    ContactOutcome.WRONG_DETAILS: "Wrong number or address",
    ContactOutcome.CALLBACK_AGREED: "Agreed to call back",
    ContactOutcome.DECLINED: "They want no contact",
    ContactOutcome.SENT: "Sent, no answer yet",
}
_TRIED: Mapping[ContactChannel, str] = {
    ContactChannel.PHONE: "called the customer",
    ContactChannel.MAIL: "wrote the customer a mail",
    ContactChannel.CHAT: "wrote to the customer by chat",
    ContactChannel.MESSAGE: "sent the customer a message",
    ContactChannel.VISIT: "went to see the customer",
    ContactChannel.LETTER: "wrote the customer a letter",
}
_CAME_OF_IT: Mapping[ContactOutcome, str] = {
    ContactOutcome.REACHED: ": reached",
    ContactOutcome.NO_ANSWER: ": no answer",
    ContactOutcome.WRONG_DETAILS: ": wrong number or address",
    ContactOutcome.CALLBACK_AGREED: ": agreed to call back",
    ContactOutcome.DECLINED: ": wants no contact",
    ContactOutcome.SENT: "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPart:
    """What the page shows: whether a contact can be logged, and how often it was tried."""

    can_log: bool
    can_decline: bool
    contacts: Contacts

    @property
    def channels(self) -> Mapping[ContactChannel, str]:
        """Return the channels to choose from."""
        return CHANNELS

    @property
    def outcomes(self) -> Mapping[ContactOutcome, str]:
        """Return the outcomes to choose from."""
        return OUTCOMES

    def act_words(self, entry: HistoryEntry, program: Program) -> str:
        """Say who did what, and of an attempt what came of it."""
        tried = {one.version: one for one in self.contacts.attempts}.get(entry.version)
        if entry.change != CONTACTED or tried is None:
            return wording.act_words(entry, program)
        return f"{entry.actor_name} {_TRIED[tried.channel]}{_CAME_OF_IT[tried.outcome]}"


async def contact_part(
    desk: Desk, followup: FollowUp, position: Standing, program: Program
) -> ContactPart:
    """Return the part for one who stands so to the follow-up."""
    contacts = await read_contacts(
        desk.transactions, followup.tenant, followup.followup_id, program
    )
    last = contacts.attempts[-1] if contacts.attempts else None
    return ContactPart(
        can_log=position in WORKERS and _can_log(followup.state),
        can_decline=_has_declined(last, followup)
        and FollowUpState.DECLINED_CONTACT in allowed(followup, position),
        contacts=contacts,
    )


def _can_log(state: FollowUpState) -> bool:
    if state is FollowUpState.ASSIGNED:
        return True
    try:
        state_after(state)
    except NoContactError:
        return False
    return True


def _has_declined(last: ContactAttempt | None, followup: FollowUp) -> bool:
    return (
        last is not None
        and last.outcome is ContactOutcome.DECLINED
        and last.version == followup.version
    )
