"""Asks a chat endpoint that speaks OpenAI's protocol for a second opinion, patiently."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import httpx
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, model_validator

from services.scoring.domain.second_opinion import SENTIMENTS, Answer, Labels, Question
from shared.errors import ClosedLoopError, SettingsError
from shared.program.document import Cause
from shared.settings import Settings

PROMPT_FILE = Path(__file__).parents[1] / "prompts" / "second_opinion.yaml"

_PATH = "/chat/completions"
_TIMEOUT_S = 60.0
_ATTEMPTS = 5
_FIRST_PAUSE_S = 1.0
_PATIENCE_S = 180.0
_KEPT_CHARACTERS = 4_000
_QUOTED_CHARACTERS = 200
_DIGEST_DIGITS = 8
_BUSY = HTTPStatus.TOO_MANY_REQUESTS
_KEPT = "What was answered is kept: run the same command again"

Pause = Callable[[float], Awaitable[object]]


class EndpointError(ClosedLoopError):
    """The endpoint can't be asked: it is away, or refuses what we send."""


class Prompt(NamedTuple):
    """What is asked, as templates, and the version that names the words."""

    version: str
    system: str
    user: str


@cache
def prompt() -> Prompt:
    """Return the prompt; its version ends in a digest, so that other words have another name."""
    content = PROMPT_FILE.read_bytes()
    said = yaml.safe_load(content)
    digest = hashlib.sha256(content).hexdigest()[:_DIGEST_DIGITS]
    return Prompt(f"{said['version']}-{digest}", said["system"], said["user"])


class _Attempt(NamedTuple):
    """What one request led to: `trouble` says why it should be repeated, if so."""

    response: httpx.Response | None = None
    trouble: str = ""
    latency_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEndpoint:
    """One model behind one address.

    `pause` waits so many seconds before another attempt; `patience_s` is how long a question
    may take with all its attempts and pauses.
    """

    http: httpx.AsyncClient
    url: str
    model: str
    pause: Pause = asyncio.sleep
    patience_s: float = _PATIENCE_S

    async def ask(self, question: Question) -> Answer:
        """Return the model's answer, which is refused when it is not what was asked for.

        Attempts that meet a busy or broken server (429, 5xx, no answer within a minute) are
        repeated, with longer pauses or the one that it asks for. Raises EndpointError when it
        stays so or takes longer than there is patience, or when the endpoint refuses the request.
        """
        try:
            async with asyncio.timeout(self.patience_s):
                return await self._ask(question)
        except TimeoutError:
            raise _silent(self.url, f"nothing within {self.patience_s:g} s") from None

    async def _ask(self, question: Question) -> Answer:
        body = {
            "model": self.model,
            "messages": messages(question),
            "response_format": response_format(question),
        }
        met = _Attempt()
        for attempt in range(_ATTEMPTS):
            if attempt:
                await self._wait(attempt, met)
            met = await self._attempt(body)
            if met.response is not None and not met.trouble:
                return _answer(self.url, met.response, question, met.latency_ms)
        raise _silent(self.url, f"{met.trouble}, {_ATTEMPTS} times")

    async def _wait(self, attempt: int, met: _Attempt) -> None:
        """Wait before `attempt`, 1 the first repeat: as long as the server asks for."""
        asked = _retry_after_s(met.response) if met.response is not None else None
        pause_s = _FIRST_PAUSE_S * 2 ** (attempt - 1) if asked is None else asked
        if pause_s > self.patience_s:
            raise EndpointError(
                f"{self.url} gives no opinion: {met.trouble} and wants {pause_s:,.0f} s of rest.",
                remedy=f"{_KEPT} after that.",
            )
        await self.pause(pause_s)

    async def _attempt(self, body: Mapping[str, Any]) -> _Attempt:
        began = time.monotonic()
        try:
            response = await self.http.post(self.url + _PATH, json=body)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise _no_address(self.url) from None
        except httpx.RequestError as error:
            return _Attempt(trouble=str(error) or type(error).__name__)
        latency_ms = round((time.monotonic() - began) * 1000)
        is_trouble = response.is_server_error or response.status_code == _BUSY
        trouble = f"it answered {response.status_code}" if is_trouble else ""
        return _Attempt(response, trouble, latency_ms)


@asynccontextmanager
async def open_endpoint(settings: Settings) -> AsyncIterator[ChatEndpoint]:
    """Give the endpoint that the settings name.

    Raises SettingsError where they name none, which is how the product ships.
    """
    if not (settings.second_opinion_url and settings.second_opinion_model):
        raise SettingsError(
            "Second opinions are switched off: they need CLOSEDLOOP_SECOND_OPINION_URL and"
            " CLOSEDLOOP_SECOND_OPINION_MODEL.",
            remedy="docs/guides/explain.md says what is sent where once they are set.",
        )
    key = settings.second_opinion_key
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(headers=headers, timeout=_TIMEOUT_S) as http:
        yield ChatEndpoint(
            http=http,
            url=settings.second_opinion_url.rstrip("/"),
            model=settings.second_opinion_model,
        )


def messages(question: Question) -> list[dict[str, str]]:
    """Return the conversation that asks `question`."""
    words = prompt()
    system = words.system.format(themes=_listed(question.themes), causes=_listed(question.causes))
    user = words.user.format(language=question.language or "not known", text=question.text)
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def response_format(question: Question) -> Mapping[str, Any]:
    """Return the JSON Schema that holds the answer to the program's ids."""
    properties = {
        "sentiment": _one_of(SENTIMENTS),
        "theme": _one_of([cause.id for cause in question.themes]),
        "cause": _one_of([cause.id for cause in question.causes]),
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "opinion", "strict": True, "schema": schema},
    }


class _Labels(BaseModel):
    """The answer: `context` holds the ids that there are, by field."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    sentiment: Literal["negative", "neutral", "positive"] | None
    theme: str | None
    cause: str | None

    @model_validator(mode="after")
    def _are_the_programs(self, info: ValidationInfo) -> Self:
        for field, ids in (info.context or {}).items():
            said = getattr(self, field)
            if said is not None and said not in ids:
                raise ValueError(f"{field}: the program has no {said[:_QUOTED_CHARACTERS]!r}")
        return self


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: tuple[_Choice, ...]


def _answer(url: str, response: httpx.Response, question: Question, latency_ms: int) -> Answer:
    if not response.is_success:
        raise _refused(url, response)
    said, fault = _content(response.content)
    labels = Labels()
    if fault is None:
        labels, fault = _labels(said, question)
    return Answer(labels=labels, refused=fault, answer=_storable(said), latency_ms=latency_ms)


def _content(body: bytes) -> tuple[str, str | None]:
    """Return what the model said, and what is wrong with the answer around it."""
    try:
        choices = _Completion.model_validate_json(body).choices
    except ValidationError:
        return body.decode("utf-8", "replace"), "It is no chat completion."
    said = choices[0].message.content if choices else None
    return (said, None) if said else ("", "It says nothing.")


def _labels(said: str, question: Question) -> tuple[Labels, str | None]:
    ids = {
        "theme": {cause.id for cause in question.themes},
        "cause": {cause.id for cause in question.causes},
    }
    try:
        found = _Labels.model_validate_json(said, context=ids)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        reason = f"{place}: {fault['msg']}" if place else fault["msg"].removeprefix("Value error, ")
        return Labels(), _storable(reason)
    return Labels(found.sentiment, found.theme, found.cause), None


def _listed(causes: Sequence[Cause]) -> str:
    return "\n".join(f"- {cause.id}: {cause.name}" for cause in causes)


def _one_of(ids: Sequence[str]) -> Mapping[str, Any]:
    return {"anyOf": [{"type": "string", "enum": list(ids)}, {"type": "null"}]}


def _storable(text: str) -> str:
    """Return `text` as PostgreSQL takes it: no lone surrogate, no U+0000, not without end."""
    valid = (
        text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    return valid[:_KEPT_CHARACTERS]


def _retry_after_s(response: httpx.Response) -> float | None:
    """Return the pause that the server asks for (RFC 9110, 10.2.3), in seconds or until a date."""
    asked = response.headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)


def _silent(url: str, met: str) -> EndpointError:
    return EndpointError(f"{url} gives no opinion: {met}.", remedy=f"See that it runs. {_KEPT}.")


def _no_address(url: str) -> EndpointError:
    return EndpointError(
        f"CLOSEDLOOP_SECOND_OPINION_URL: {url!r} is no address.",
        remedy="Give one such as http://localhost:11434/v1.",
    )


def _refused(url: str, response: httpx.Response) -> EndpointError:
    if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return EndpointError(
            f"{url} refuses the key ({response.status_code}).",
            remedy="Set CLOSEDLOOP_SECOND_OPINION_KEY.",
        )
    said = " ".join(_storable(response.text)[:_QUOTED_CHARACTERS].split())
    return EndpointError(
        f"{url}{_PATH} answered {response.status_code}: {said}",
        remedy="Check CLOSEDLOOP_SECOND_OPINION_URL and CLOSEDLOOP_SECOND_OPINION_MODEL.",
    )
