"""What the forms of a case send, and what is shown of one that was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel

from services.routing.domain.commands import ChangeFollowUp, ProposedResolution
from services.routing.domain.contacts import Contact
from services.routing.domain.drafts import DraftForm
from services.routing.domain.followup import StaleVersionError
from services.routing.domain.issues import Link
from services.routing.errors import IncompleteError, RoutingError
from services.routing.handlers.changing import ChangeRequest
from services.routing.routes.deps import actor_of
from shared.contracts.contacts import ContactChannel, ContactOutcome
from shared.contracts.events import FollowUpState, Name, Text
from shared.web.auth import Principal
from shared.web.problems import InvalidProblem


class CaseForm(BaseModel):
    """What the forms of a case send.

    `do` is take, assign, note, contact, link, unlink or the state to go to.

    `text`, `language` and `shown` are of a reply: its words, and which mail was shown; `kind`,
    `amount` and `recovery_why` of what the customer is given. `form` names the form, for drafts.
    """

    version: int
    do: Name
    owner: str = ""
    insist: bool = False
    note: Text = ""
    what: str = ""
    why: str = ""
    action_taken: Text = ""
    channel: ContactChannel = ContactChannel.PHONE
    outcome: ContactOutcome | Literal[""] = ""
    text: Text = ""
    language: str = ""
    shown: str = ""
    kind: str = ""
    amount: str = ""
    recovery_why: Text = ""
    issue_id: UUID | Literal[""] = ""
    key: Annotated[str, Name] = ""
    back: str = ""
    form: DraftForm | Literal[""] = ""

    def wish(self, who: Principal, followup_id: UUID, command: ChangeFollowUp) -> ChangeRequest:
        """Return the request that sends `command` for the version on the page."""
        return ChangeRequest(
            tenant=who.tenant,
            followup_id=followup_id,
            expected_version=self.version,
            command=command,
            actor=actor_of(who),
            actor_name=who.name,
            key=self.key,
        )

    def command(self, who: Principal) -> ChangeFollowUp:
        """Return the wish that the form expresses.

        Raises InvalidProblem for an unknown act, IncompleteError for a contact without outcome.
        """
        note = self.note.strip() or None
        match self.do:
            case "take":
                return ChangeFollowUp(owner=who.subject, note=note)
            case "assign":
                return ChangeFollowUp(owner=self.owner, note=note, insist=self.insist)
            case "note":
                return ChangeFollowUp(note=self.note)
            case "contact":
                return ChangeFollowUp(contact=self._contact(), note=note)
            case "link" | "unlink":
                return ChangeFollowUp(link=self._link(), note=note)
            case _:
                return self._step(note)

    def _step(self, note: str | None) -> ChangeFollowUp:
        if self.do not in set(FollowUpState):
            raise InvalidProblem(f"There is no act {self.do!r}.", field="do")
        state = FollowUpState(self.do)
        if state is not FollowUpState.RESOLVED:
            return ChangeFollowUp(state=state, note=note)
        resolution = ProposedResolution(
            what=self.what, why=self.why, action_taken=self.action_taken
        )
        return ChangeFollowUp(state=state, resolution=resolution, note=note)

    def _link(self) -> Link:
        if self.do == "unlink":
            return Link(issue_id=None)
        if not self.issue_id:
            raise IncompleteError({"issue_id": "Say what it belongs to."})
        return Link(issue_id=self.issue_id)

    def _contact(self) -> Contact:
        if not self.outcome:
            raise IncompleteError({"outcome": "Say what came of it."})
        return Contact(channel=self.channel, outcome=self.outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A form that was refused: what was typed, and what is wrong with it."""

    form: CaseForm
    error: RoutingError

    @property
    def faults(self) -> Mapping[str, str]:
        """What is wrong, by field."""
        return self.error.faults if isinstance(self.error, IncompleteError) else {}

    @property
    def is_stale(self) -> bool:
        """Whether somebody else was quicker."""
        return isinstance(self.error, StaleVersionError)
