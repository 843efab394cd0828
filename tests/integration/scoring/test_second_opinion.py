from __future__ import annotations

import threading

import httpx
import pytest

from services.scoring.adapters.second_opinion import ChatEndpoint, EndpointError
from services.scoring.domain.second_opinion import Answer, Labels, question_of
from tests.integration.scoring.chat import Chat, Reply, chatting, completion, says
from tests.unit.program.samples import program
from tests.unit.scoring.events import feedback

QUESTION = question_of(feedback(text="My parcel came nine days late."), "en", program())


async def asked(chat: Chat, pauses: list[float] | None = None, *, patience_s: float = 60) -> Answer:
    """Ask the server; waiting before a repeat is written down and not done."""

    async def pause(seconds: float) -> None:
        (pauses if pauses is not None else []).append(seconds)

    async with httpx.AsyncClient(timeout=10) as http:
        endpoint = ChatEndpoint(
            http=http, url=chat.url, model="tiny", pause=pause, patience_s=patience_s
        )
        return await endpoint.ask(QUESTION)


async def test_an_answer_in_the_programs_ids_is_taken() -> None:
    with chatting(says(sentiment="negative", theme="delay")) as chat:
        answer = await asked(chat)
    assert answer.labels == Labels("negative", "delay", None)
    assert answer.refused is None
    request = chat.requests[0]
    assert request["path"] == "/v1/chat/completions"
    assert request["model"] == "tiny"
    assert request["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (says(theme="weather"), "theme: the program has no 'weather'"),
        (says(sentiment="furious"), "sentiment: Input should be"),
        (completion('{"sentiment": null, "theme": null}'), "cause: Field required"),
        (completion("I think it is negative."), "Invalid JSON"),
        (completion('{"sentiment": null, "theme": "\\ud800\\u0000", "cause": null}'), ""),
        (completion(None), "It says nothing."),
        (Reply(200, b'{"choices": []}'), "It says nothing."),
        (Reply(200, b"<html>\xff\x00 a proxy's page"), "It is no chat completion."),
    ],
)
async def test_an_answer_that_is_not_one_is_refused_with_the_reason(
    reply: Reply, reason: str
) -> None:
    with chatting(reply) as chat:
        answer = await asked(chat)
    assert answer.labels == Labels()
    assert answer.refused is not None
    assert reason in answer.refused
    for text in (answer.refused, answer.answer):
        assert "\0" not in text
        text.encode()  # no lone surrogate


async def test_a_busy_server_is_asked_again_when_it_says_so() -> None:
    busy = Reply(429, b"", {"retry-after": "7"})
    pauses: list[float] = []
    with chatting(busy, Reply(503, b""), says(sentiment="positive")) as chat:
        answer = await asked(chat, pauses)
    assert answer.labels.sentiment == "positive"
    assert pauses == [7.0, 2.0]


@pytest.mark.parametrize(
    ("wish", "pause"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("in a while", 1.0),
        ("-3", 1.0),
        ("60", 60.0),
    ],
)
async def test_a_pause_that_is_no_number_is_a_date_or_ours(wish: str, pause: float) -> None:
    pauses: list[float] = []
    with chatting(Reply(503, b"", {"retry-after": wish}), says()) as chat:
        await asked(chat, pauses)
    assert pauses == [pause]


@pytest.mark.parametrize("wish", ["61", "9" * 400, "Fri, 31 Dec 2100 23:59:59 GMT"])
async def test_a_server_that_wants_more_rest_than_there_is_patience_is_left_alone(
    wish: str,
) -> None:
    pauses: list[float] = []
    with chatting(Reply(429, b"", {"retry-after": wish})) as chat:
        with pytest.raises(EndpointError, match=r"429 and wants .+ s of rest.*kept"):
            await asked(chat, pauses)
        assert (len(chat.requests), pauses) == (1, [])


async def test_a_question_takes_no_longer_than_there_is_patience() -> None:
    gate = threading.Event()
    with chatting(says()._replace(gate=gate)) as chat:
        with pytest.raises(EndpointError, match=r"nothing within 0\.2 s"):
            await asked(chat, patience_s=0.2)
        gate.set()


async def test_a_body_that_is_not_packed_as_it_says_is_asked_for_again() -> None:
    broken = Reply(200, b"no gzip", {"content-encoding": "gzip"})
    with chatting(broken, says(sentiment="positive")) as chat:
        assert (await asked(chat, [])).labels.sentiment == "positive"


async def test_a_server_that_stays_broken_is_given_up_in_the_end() -> None:
    pauses: list[float] = []
    with chatting(Reply(500, b"")) as chat, pytest.raises(EndpointError, match="answered 500, 5"):
        await asked(chat, pauses)
    assert pauses == [1.0, 2.0, 4.0, 8.0]


async def test_nobody_at_the_address_is_an_error_with_a_remedy() -> None:
    with chatting(says()) as chat:
        pass
    with pytest.raises(EndpointError, match="gives no opinion"):
        await asked(chat, [])
    with pytest.raises(EndpointError, match="is no address"):
        await asked(Chat([], url="localhost"), [])


@pytest.mark.parametrize(("status", "said"), [(401, "refuses the key"), (404, "no such model")])
async def test_a_request_that_is_refused_is_not_repeated(status: int, said: str) -> None:
    with chatting(Reply(status, b'{"error": "no such model"}')) as chat:
        with pytest.raises(EndpointError, match=said):
            await asked(chat, [])
        assert len(chat.requests) == 1
