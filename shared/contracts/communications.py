"""loop.communication.v1 and loop.communication.told.v1: customers hear what changed for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from shared.contracts.events import CloudEvent, LanguageTag, Moment, Name, Tolerant

#: The language that every communication is written in, whatever others it has.
FALLBACK_LANGUAGE = "en"
#: What customers' pages and mails can be read in, by tag of BCP 47, each in its own name.
CUSTOMER_LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "zh": "中文",
    "th": "ไทย",
    "lo": "ລາວ",
    "kk": "Қазақша",
    "hmn": "Hmoob",
    "es": "Español",
}
#: The longest text of one language, in characters.
LONGEST_CHANGE_TEXT = 1500
MOST_LANGUAGES = 12

ChangeText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_CHANGE_TEXT, pattern=r"^[^\x00]*$"),
]


def _says_it_in_english(texts: dict[str, str]) -> dict[str, str]:
    if FALLBACK_LANGUAGE not in texts:
        raise ValueError(f"{FALLBACK_LANGUAGE} is missing: whoever reads no other one reads it")
    return texts


#: Why a customer was not told: nobody may or can write to them, or they were written to lately.
WhyNotTold = Literal["no_address", "declined", "erased", "no_sender", "told_lately", "refused"]


class LoopCommunication(Tolerant):
    """One customer is to be told what changed because of them.

    `texts` say it by language; whoever's language is not among them reads English, which is
    always there. `basis` says how sure it is that the change concerns them: an owner `confirmed`
    the cause for the follow-up, or the words of the feedback `suggested` it.
    """

    communication_id: UUID
    issue_id: UUID
    plan_id: UUID
    followup_id: UUID
    customer_id: Name
    touchpoint: Name
    what: Name
    basis: Literal["confirmed", "suggested"]
    texts: Annotated[
        dict[LanguageTag, ChangeText],
        Field(
            min_length=1,
            max_length=MOST_LANGUAGES,
            json_schema_extra={"required": [FALLBACK_LANGUAGE]},
        ),
        AfterValidator(_says_it_in_english),
    ]
    approved_by: Name
    approved_at: Moment


class LoopCommunicationSent(CloudEvent[LoopCommunication]):
    """loop.communication.v1: a customer is to be told. One event for each of them."""

    type: Literal["loop.communication.v1"]


class ToldCustomer(Tolerant):
    """What became of it: the mail server took the mail (`told`), or nobody could be told.

    `language` is the one that the customer was told in; `why_not` is there when they were not.
    """

    communication_id: UUID
    issue_id: UUID
    followup_id: UUID
    customer_id: Name
    outcome: Literal["told", "not_reachable"]
    language: LanguageTag | None = None
    why_not: WhyNotTold | None = None
    at: Moment


class LoopCommunicationTold(CloudEvent[ToldCustomer]):
    """loop.communication.told.v1: a customer was told what changed, or could not be."""

    type: Literal["loop.communication.told.v1"]
