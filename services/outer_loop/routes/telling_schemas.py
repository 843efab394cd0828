"""What the API takes and gives about telling customers: pydantic models, its OpenAPI's source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.outer_loop.domain.communication import Audience, LoopCommunication
from services.outer_loop.domain.telling_ports import Result
from services.outer_loop.routes.schemas import Answer, Request
from shared.contracts.communications import CUSTOMER_LANGUAGES, LONGEST_CHANGE_TEXT

Words = Annotated[str, StringConstraints(max_length=LONGEST_CHANGE_TEXT, pattern=r"^[^\x00]*$")]


class CommunicationIn(Request):
    """What changed, by language; `en` is always there. An empty text leaves its language out.

    `with_suggested`: also for customers whose cause nobody has confirmed.
    """

    texts: Annotated[dict[str, Words], Field(max_length=len(CUSTOMER_LANGUAGES))]
    with_suggested: bool = False


class ResultOut(Answer):
    """What became of it, in customers. `answered`: wrote or answered on their page since."""

    recipients: int
    told: int
    not_reachable: int
    on_the_way: int
    answered: int
    reasons: dict[str, int]


class CommunicationOut(Answer):
    """What customers are told about a change; once it is `sent` it stays as it is."""

    communication_id: UUID
    issue_id: UUID
    plan_id: UUID
    version: int
    state: Literal["draft", "sent"]
    texts: dict[str, str]
    with_suggested: bool
    written_by: str
    written_at: datetime
    changed_at: datetime
    approved_by: str | None
    approved_at: datetime | None

    @classmethod
    def of(cls, one: LoopCommunication) -> Self:
        """Return it as the API shows it."""
        return cls(
            communication_id=one.communication_id,
            issue_id=one.issue_id,
            plan_id=one.plan_id,
            version=one.version,
            state="sent" if one.is_sent else "draft",
            texts=dict(one.texts),
            with_suggested=one.with_suggested,
            written_by=one.written_by,
            written_at=one.written_at,
            changed_at=one.changed_at,
            approved_by=one.approved_by,
            approved_at=one.approved_at,
        )


class CommunicationLine(Answer):
    """A communication with what became of it, None before it is sent."""

    communication: CommunicationOut
    result: ResultOut | None


class ReachOut(Answer):
    """How many customers there are; those told already; those whom nobody can write to; the rest.

    The rest, `now`, is who may be told by the next communication, as far as is known.
    """

    customers: int
    told: int
    without_contact: int
    now: int


class TellingOut(Answer):
    """Whom a plan's change concerns, and what was written to them, the latest first.

    `languages` counts what those read who would get the draft, without one all who may be told.
    """

    confirmed: ReachOut
    suggested: ReachOut
    languages: dict[str, int]
    communications: list[CommunicationLine]

    @classmethod
    def of(
        cls,
        audience: Audience,
        communications: Sequence[LoopCommunication],
        results: Mapping[UUID, Result],
    ) -> Self:
        """Return all that there is about telling of one plan."""
        return cls(
            confirmed=ReachOut.model_validate(audience.confirmed),
            suggested=ReachOut.model_validate(audience.suggested),
            languages=dict(audience.languages),
            communications=[
                CommunicationLine(
                    communication=CommunicationOut.of(one),
                    result=ResultOut.model_validate(results[one.communication_id])
                    if one.communication_id in results
                    else None,
                )
                for one in communications
            ],
        )
