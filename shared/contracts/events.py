"""The events on the topics: CloudEvents 1.0 in structured JSON mode, one model each.

The models are the contract: the JSON Schemas beside this file are generated from them
(`make contracts`), and consumers validate with them. What publishers send is held to the
letter (an unknown field is an error, so that a slip of the pen is not lost); what the services
send each other may grow new fields, which older consumers pass over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from shared.contracts.contacts import ContactChannel, ContactOutcome

_WITHOUT_NUL = r"^[^\x00]*$"  # PostgreSQL text holds no U+0000
_TENANT = r"^[a-z0-9][a-z0-9_-]{0,62}$"
_LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_MOMENT = (
    r"^(199[0-9]|2[01][0-9]{2})-[0-9]{2}-[0-9]{2}"
    r"T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)

_MOST_ATTRIBUTES = 50

#: What each pattern demands, as the end of a sentence that starts with the field's name.
PATTERNS = {
    _WITHOUT_NUL: "should hold no U+0000",
    _TENANT: "should be 1 to 63 lower-case letters, digits, - and _, a letter or digit first",
    _LANGUAGE_TAG: "should be a language tag such as en or zh-Hant",
    _MOMENT: "should be a moment with its time zone, such as 2026-03-01T09:30:00+01:00, "
    "from 1990 to 2199",
}


@dataclass(frozen=True, slots=True)
class _WrittenMoment:
    """Lets JSON write a moment in one way only (RFC 3339), as the JSON Schema demands it.

    pydantic alone would take "1700000000" and "2026-03-01T09:30Z" as well.
    """

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        written = core_schema.chain_schema(
            [
                core_schema.str_schema(pattern=_MOMENT),
                core_schema.datetime_schema(tz_constraint="aware", strict=False),
            ]
        )
        return core_schema.json_or_python_schema(written, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time", "pattern": _MOMENT}


def _few_in_order_of_name(attributes: object) -> object:
    """Refuse too many attributes before each of thousands is looked at; put the others in order.

    Equal events are the same bytes then, whatever the order in which they came.
    """
    if not isinstance(attributes, dict):
        return attributes
    if len(attributes) > _MOST_ATTRIBUTES:
        limits = {"field_type": "Dictionary", "max_length": _MOST_ATTRIBUTES}
        raise PydanticKnownError("too_long", {**limits, "actual_length": len(attributes)})
    return dict(sorted(attributes.items()))


Tenant = Annotated[str, StringConstraints(pattern=_TENANT)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_WITHOUT_NUL)]
Text = Annotated[str, StringConstraints(max_length=32_768, pattern=_WITHOUT_NUL)]
LanguageTag = Annotated[str, StringConstraints(pattern=_LANGUAGE_TAG)]
Moment = Annotated[AwareDatetime, _WrittenMoment()]
Hours = Annotated[float, Field(ge=0, le=87_660, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]


class Strict(BaseModel):
    """Takes exactly the fields that it names, of exactly their types."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Tolerant(BaseModel):
    """Takes the fields that it names, of exactly their types, and passes over others."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


# ── ratings ──────────────────────────────────────────────────────────────────────────────────


class NpsRating(Strict):
    """Net Promoter question, "how likely are you to recommend", 0 to 10."""

    scale: Literal["nps"]
    value: Annotated[float, Field(ge=0, le=10, multiple_of=1)]


class CsatRating(Strict):
    """Customer satisfaction, 1 to 5."""

    scale: Literal["csat"]
    value: Annotated[float, Field(ge=1, le=5, multiple_of=1)]


class CesRating(Strict):
    """Customer effort, "the company made it easy", 1 (disagree) to 7 (agree)."""

    scale: Literal["ces"]
    value: Annotated[float, Field(ge=1, le=7, multiple_of=1)]


class StarsRating(Strict):
    """Stars of a review, 1 to 5, halves allowed."""

    scale: Literal["stars"]
    value: Annotated[float, Field(ge=1, le=5, multiple_of=0.5)]


class ThumbsRating(Strict):
    """Thumb down (0) or up (1)."""

    scale: Literal["thumbs"]
    value: Annotated[float, Field(ge=0, le=1, multiple_of=1)]


class CustomRating(Strict):
    """Any other scale, higher is better, with its own ends."""

    scale: Literal["custom"]
    name: Name | None = None
    value: Amount
    minimum: Amount
    maximum: Amount

    @model_validator(mode="after")
    def _within_its_ends(self) -> Self:
        if not self.minimum < self.maximum:
            raise ValueError("minimum must be below maximum")
        if not self.minimum <= self.value <= self.maximum:
            raise ValueError("value must lie between minimum and maximum")
        return self


Rating = Annotated[
    NpsRating | CsatRating | CesRating | StarsRating | ThumbsRating | CustomRating,
    Field(discriminator="scale"),
]


# ── feedback.submitted.v1 ────────────────────────────────────────────────────────────────────


class Contact(Strict):
    """How the customer can be reached."""

    name: Name | None = None
    email: Name | None = None
    phone: Name | None = None


class Feedback(Strict):
    """What a customer said, where and when: a rating, a text or both.

    `category` is the publisher's own opinion; it is kept for reference and never trusted.
    `language` is the publisher's hint, a BCP 47 tag. `contact_requested`: the customer asked to be
    called or written to. `solved_at_first_contact` and `time_to_resolve_hours` say how an earlier
    matter went, where the publisher knows. `customer_value` is what the customer is worth to the
    company, in the tenant's currency.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["rating"], "properties": {"rating": {"type": "object"}}},
                {"required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}},
            ]
        }
    )

    customer_id: Name
    touchpoint: Name
    listening_post: Name
    occurred_at: Moment
    rating: Rating | None = None
    text: Text | None = None
    language: LanguageTag | None = None
    category: Name | None = None
    account_id: Name | None = None
    segment: Name | None = None
    journey: Name | None = None
    place: Name | None = None
    product: Name | None = None
    contact: Contact | None = None
    contact_requested: bool | None = None
    solved_at_first_contact: bool | None = None
    time_to_resolve_hours: Hours | None = None
    customer_value: Amount | None = None
    attributes: Annotated[
        dict[Name, Text | Amount | bool],
        Field(max_length=_MOST_ATTRIBUTES),
        BeforeValidator(_few_in_order_of_name),
    ] = Field(default_factory=dict, json_schema_extra={"default": {}})

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.rating is None and not self.text:
            raise ValueError("give a rating, a text or both")
        return self


D = TypeVar("D", bound=BaseModel)


class CloudEvent(BaseModel, Generic[D]):
    """The envelope of CloudEvents 1.0; `tenant` is an extension attribute.

    Other extension attributes are allowed, as the standard demands, and passed over.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    #: What a consumer does with fields that its version of the model doesn't name: None leaves
    #: it to each part (Strict refuses, Tolerant passes over), "ignore" passes over all.
    unknown_fields: ClassVar[Literal["ignore"] | None] = "ignore"

    specversion: Literal["1.0"]
    id: Name
    source: Name
    time: Moment | None = None
    subject: Name | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    tenant: Tenant
    data: D


class FeedbackSubmitted(CloudEvent[Feedback]):
    """feedback.submitted.v1: a publisher hands in what a customer said."""

    unknown_fields: ClassVar[Literal["ignore"] | None] = None
    type: Literal["feedback.submitted.v1"]


# ── feedback.scored.v1 ───────────────────────────────────────────────────────────────────────


class Category(StrEnum):
    """Where a customer stands. `unrated`: nothing told it."""

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    UNRATED = "unrated"


class Severity(StrEnum):
    """How bad it is for the customer, in four steps, and `none`."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Score(Tolerant):
    """The verdict of a program on one feedback event, and what decided it.

    `rule` is the detection rule that flagged it or set the severity, absent where none fired;
    `reason` says it in words. `judges` names the words and models that the text was judged by:
    with it and `program_version` the same feedback gets the same score again, to the byte.
    """

    category: Category
    severity: Severity
    flagged: bool
    rule: Name | None = None
    reason: Name
    program_version: Annotated[int, Field(ge=1)]
    judges: Name | None = None


class Judgement(Tolerant):
    """What a text was judged to be, and how probable it is that this is right."""

    label: Name
    probability: Annotated[float, Field(ge=0, le=1)]


class Earlier(Tolerant):
    """How often the customer spoke up before the event, where the program's rules ask for it."""

    feedback_30d: Annotated[int, Field(ge=0)]
    detractors_90d: Annotated[int, Field(ge=0)]


class ScoredFeedback(Tolerant):
    """A feedback event with its score, and what was read in its text.

    `received_at` is when the broker took the feedback in, to the millisecond: with `feedback_id`
    it is the same in every repeat, so consumers may key and partition by both. `input_sha256` is
    the digest of `feedback` as it stands here. `language` is what the text is written in, a
    BCP 47 tag. `sentiment` is negative, neutral or positive; `theme` is what went wrong and
    `cause` why, ids of the program's taxonomy; `drivers` are all of the program's that the text
    touches. What can't be told is absent. `review` is there
    where words and rating contradict each other, and a person should look; `co_creation` where
    the customer may be asked to help make things better.
    """

    feedback_id: UUID
    received_at: Moment
    feedback: Feedback
    input_sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    language: LanguageTag | None = None
    sentiment: Judgement | None = None
    theme: Judgement | None = None
    cause: Judgement | None = None
    drivers: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    earlier: Earlier | None = None
    review: Literal["negative_words_good_rating", "positive_words_bad_rating"] | None = None
    co_creation: Literal[True] | None = None
    score: Score


class FeedbackScored(CloudEvent[ScoredFeedback]):
    """feedback.scored.v1: scoring has judged a feedback event. Its id is the feedback id."""

    type: Literal["feedback.scored.v1"]


# ── followup.changed.v1 ──────────────────────────────────────────────────────────────────────


class FollowUpState(StrEnum):
    """Where a follow-up stands on its way from opened to closed."""

    NEW = "new"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    CONTACTING = "contacting"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    CLOSED = "closed"
    REOPENED = "reopened"
    UNREACHABLE = "unreachable"
    MERGED = "merged"
    DECLINED_CONTACT = "declined_contact"


class ContactMade(Tolerant):
    """An attempt to reach the customer. What was said stays inside."""

    channel: ContactChannel
    outcome: ContactOutcome


class RootCause(Tolerant):
    """What went wrong and why, as the owner confirmed it: ids from the program's taxonomy."""

    what: Name
    why: Name


class Resolution(Tolerant):
    """How a follow-up was solved."""

    root_cause: RootCause
    action_taken: Text
    resolved_at: Moment


class ReSurveyAnswer(Tolerant):
    """What the customer said when asked whether it is solved, by the scales of the program.

    `verdict` is no_response when the time to answer has passed: that is nobody's happiness. The
    scale is absent then, and so is the value.
    """

    verdict: Literal["happy", "neutral", "unhappy", "no_response"]
    scale: Literal["nps", "csat", "ces", "stars", "thumbs"] | None = None
    value: Annotated[float, Field(ge=0, le=10)] | None = None


class Escalation(Tolerant):
    """Somebody was told that a step is not done: its owner, the lead or the department's head.

    `share` is the part of the step's time that was over at `due_at`; when it was told is the
    event's `time`. `round` is 1, and one more for each reopening. `told` is absent where the
    program has nobody for it.
    """

    level: Annotated[int, Field(ge=1, le=3)]
    step: Name
    share: Annotated[float, Field(gt=0)]
    round: Annotated[int, Field(ge=1)]
    told: Name | None = None
    due_at: Moment


class Merge(Tolerant):
    """Two follow-ups of one customer became one, or two again: `followup_id` went `into`."""

    followup_id: UUID
    into: UUID


class RecoveryDecision(Tolerant):
    """A refund, a voucher or an apology was offered to the customer, approved or refused.

    `amount` is a decimal number as text, in the `currency` of ISO 4217; an apology has neither. Pay
    once for each `recovery_id` that is approved. `given_alone` is there where whoever offered it
    needed nobody's approval.
    """

    recovery_id: UUID
    kind: Literal["refund", "voucher", "apology"]
    decision: Literal["offered", "approved", "refused"]
    amount: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,3})?$")] | None = None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] | None = None
    offered_by: Name
    given_alone: Literal[True] | None = None


class FollowUpChange(Tolerant):
    """A follow-up as it stands after one change.

    `version` counts its changes from 1 and is its ETag: of two changes the higher version is
    the later one, whatever the order in which they arrive. `assigned_as_last_resort` is there
    while its owner has it because nobody of the team could be given it. `answer` is there where
    the change is the customer's answer to the re-survey, or the end of the time for one; `contact`
    where it is an attempt to reach the customer; `escalation` where it is that somebody was told
    of a step that is not done; `merge` where two were merged or split, for either of them;
    `recovery` where the customer was offered something, or it was decided. `mentioned` are the
    people whom its note names. `can_be_written_to` is there while a mail address of the customer is
    known and they have not said that they want no contact. `issue_id` is the systemic issue that
    somebody has said it belongs to, whatever its cause turns out to be.
    """

    followup_id: UUID
    version: Annotated[int, Field(ge=1)]
    change: Name
    state: FollowUpState
    feedback_id: UUID
    customer_id: Name
    touchpoint: Name
    team: Name
    department: Name
    owner: Name | None = None
    severity: Severity
    occurred_at: Moment
    opened_at: Moment
    due_at: Moment
    changed_at: Moment
    actor: Name
    resolution: Resolution | None = None
    program_version: Annotated[int, Field(ge=1)]
    assigned_as_last_resort: Literal[True] | None = None
    answer: ReSurveyAnswer | None = None
    contact: ContactMade | None = None
    escalation: Escalation | None = None
    mentioned: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    merge: Merge | None = None
    recovery: RecoveryDecision | None = None
    can_be_written_to: Literal[True] | None = None
    issue_id: UUID | None = None


class FollowUpChanged(CloudEvent[FollowUpChange]):
    """followup.changed.v1: a follow-up was opened or changed."""

    type: Literal["followup.changed.v1"]
