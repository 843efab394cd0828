"""POST /ingest/v1/events: CloudEvents 1.0 over HTTP.

The body is read once and each event validated once; the route stands outside FastAPI's
per-request machinery, which would halve what one process takes, and is documented in
openapi.py instead.
"""

from __future__ import annotations

from http import HTTPStatus
from itertools import islice
from typing import Any

from pydantic_core import from_json, to_json
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from services.ingest.bootstrap import Intake
from services.ingest.domain.batch import items
from services.ingest.domain.binary import structured
from services.ingest.domain.intake import Accepted
from services.ingest.domain.publisher import Publisher
from services.ingest.errors import (
    ContentTypeProblem,
    EventRefusedProblem,
    PublisherKeyProblem,
    UnreadableProblem,
)
from services.ingest.handlers import take_in
from shared.contracts.records import Rejected
from shared.web.problems import Problem, TooLargeProblem, problem_json

PATH = "/ingest/v1/events"
MAX_BODY_BYTES = 5 * 1024 * 1024
MAX_EVENTS = 1000

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"

_UNREADABLE = {"empty", "not_json", "not_utf8"}


async def hand_in(request: Request) -> Response:
    """Take one event or a batch, and answer when Kafka has acknowledged what is accepted."""
    intake: Intake = request.app.state.intake
    publisher = await _publisher(request, intake)
    content_type = _content_type(request)
    try:
        body = await request.body()
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)
    try:
        if _is_batch(content_type, body):
            return await _batch(body, publisher, intake)
        value = structured(request.headers.items(), body) if _is_binary(request) else body
    except Rejected as rejected:
        raise _problem(rejected) from None
    return await _single(value, publisher, intake)


async def _publisher(request: Request, intake: Intake) -> Publisher:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    publisher = None
    if scheme.lower() == "bearer":
        publisher = await intake.keyring.publisher_of(key.strip())
    if publisher is None:
        raise PublisherKeyProblem(
            "The key is unknown or revoked." if key else "The request carries no key.",
            remedy="Send a publisher's key as Authorization: Bearer clp_…",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return publisher


def _content_type(request: Request) -> str:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in {STRUCTURED, BATCH, JSON}:
        raise ContentTypeProblem(
            f"The content type is {content_type or 'not given'}.",
            remedy=f"Send {STRUCTURED}, {BATCH} or {JSON}.",
        )
    if request.headers.get("content-encoding", "identity") != "identity":
        raise ContentTypeProblem("The body is compressed.", remedy="Send it as it is.")
    return content_type


def _is_batch(content_type: str, body: bytes) -> bool:
    return content_type == BATCH or (content_type == JSON and body.lstrip()[:1] == b"[")


def _is_binary(request: Request) -> bool:
    return "ce-specversion" in request.headers


async def _single(value: bytes, publisher: Publisher, intake: Intake) -> Response:
    (verdict,) = await take_in([value], publisher.tenant, intake.publish)
    if isinstance(verdict, Rejected):
        return problem_json(_problem(verdict))
    return _answer(HTTPStatus.ACCEPTED, {"id": verdict.event_id, "status": "accepted"})


async def _batch(body: bytes, publisher: Publisher, intake: Intake) -> Response:
    values = list(islice(items(body), MAX_EVENTS + 1))
    if len(values) > MAX_EVENTS:
        raise TooLargeProblem(
            f"The batch has more than {MAX_EVENTS:,} events.",
            remedy="Send them in several requests; nothing of this one was taken.",
        )
    verdicts = await take_in(values, publisher.tenant, intake.publish)
    rejected = sum(isinstance(verdict, Rejected) for verdict in verdicts)
    outcomes = [
        _outcome(index, value, verdict)
        for index, (value, verdict) in enumerate(zip(values, verdicts, strict=True))
    ]
    return _answer(
        HTTPStatus.OK,
        {"accepted": len(verdicts) - rejected, "rejected": rejected, "outcomes": outcomes},
    )


def _outcome(index: int, value: bytes, verdict: Accepted | Rejected) -> dict[str, Any]:
    if isinstance(verdict, Accepted):
        return {"index": index, "id": verdict.event_id, "status": "accepted"}
    return {
        "index": index,
        **_id_of(value),
        "status": "rejected",
        "problem": _problem(verdict).details(),
    }


def _id_of(value: bytes) -> dict[str, str]:
    """Return the id of a refused event where it has one that can be read."""
    try:
        event = from_json(value)
    except ValueError:
        return {}
    event_id = event.get("id") if isinstance(event, dict) else None
    return {"id": event_id} if isinstance(event_id, str) else {}


def _problem(rejected: Rejected) -> Problem:
    kind: type[Problem] = EventRefusedProblem
    if rejected.code in _UNREADABLE:
        kind = UnreadableProblem
    elif rejected.code == "too_large":
        kind = TooLargeProblem
    return kind(
        rejected.detail,
        field=rejected.field,
        remedy=rejected.remedy,
        members={"code": rejected.code},
    )


def _answer(status: HTTPStatus, content: dict[str, Any]) -> Response:
    return Response(to_json(content), status_code=status, media_type=JSON)
