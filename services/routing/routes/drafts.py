"""/inbox/{id}/drafts: what is typed into a case's forms is kept until it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from markupsafe import Markup
from pydantic import BaseModel, Field
from starlette.responses import Response

from services.routing.bootstrap import Desk
from services.routing.domain.drafts import Draft, DraftForm, Typed
from services.routing.handlers.drafting import drafts_of, forget_draft, keep_draft
from services.routing.routes.deps import DeskOfRequest, Staff, problems
from shared.contracts.events import Name, Text
from shared.web.auth import Principal
from shared.web.pages import moment

routes = APIRouter(include_in_schema=False)

_MOST_FIELDS = 20


class TypedIn(BaseModel):
    """What a browser says stands in a form."""

    form: DraftForm
    key: Annotated[str, Field(max_length=200)] = ""
    fields: Annotated[dict[Name, Text], Field(max_length=_MOST_FIELDS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftsPart:
    """The drafts of the one who looks, for the forms of a case's page."""

    drafts: Mapping[DraftForm, Draft]
    time_zone: str

    def of(self, form: DraftForm) -> Markup:
        """Return the field that names a form and carries what was typed into it before.

        Browsers without JavaScript make no drafts, and for them it is a name and nothing else.
        """
        draft = self.drafts.get(form)
        kept = (
            Markup(' data-kept="{}" data-at="{}"').format(
                json.dumps(dict(draft.fields), ensure_ascii=False),
                moment(draft.saved_at, self.time_zone),
            )
            if draft
            else ""
        )
        return Markup('<input type="hidden" name="form" value="{}" data-draft{}>').format(
            form, kept
        )


async def drafts_part(desk: Desk, who: Principal, followup_id: UUID, time_zone: str) -> DraftsPart:
    """Return the part for one who looks at a case."""
    drafts = await drafts_of(desk.drafts, who.tenant, followup_id, who.subject)
    return DraftsPart(drafts=drafts, time_zone=time_zone)


async def sent(
    desk: Desk, who: Principal, followup_id: UUID, form: DraftForm | Literal[""]
) -> None:
    """Forget what was typed into a form that has been sent; one without a name has no draft."""
    if form:
        await forget_draft(desk.drafts, who.tenant, followup_id, who.subject, form)


@routes.post("/inbox/{followup_id}/drafts")
async def keep(followup_id: UUID, desk: DeskOfRequest, who: Staff, typed: TypedIn) -> Response:
    """Keep what stands in a form, for this person alone; nothing typed means no draft."""
    with problems():
        await keep_draft(
            desk.drafts,
            who.tenant,
            followup_id,
            who.subject,
            Typed(form=typed.form, fields=typed.fields, key=typed.key),
            desk.clock.now(),
        )
    return Response(status_code=HTTPStatus.NO_CONTENT)
