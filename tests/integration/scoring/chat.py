"""A server on this machine that speaks the chat protocol: what it answers is the test's affair."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

GATE_OPENS_WITHIN_S = 20


class Reply(NamedTuple):
    """What the server answers with, once `gate` lets it."""

    status: int
    body: bytes
    headers: dict[str, str] = {}  # noqa: RUF012  (never changed)
    gate: threading.Event | None = None


def says(**labels: str | None) -> Reply:
    """Return the answer of a model that says `labels`."""
    said = {"sentiment": None, "theme": None, "cause": None} | labels
    return completion(json.dumps(said))


def completion(content: str | None) -> Reply:
    """Return the answer of a model that says `content`."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant"}}
    choice["message"] = {"role": "assistant", "content": content}
    answer = {"id": "c-1", "object": "chat.completion", "choices": [choice], "usage": {}}
    return Reply(200, json.dumps(answer).encode())


@dataclass
class Chat:
    """What the server was asked, and its replies in turn; the last one is given for ever."""

    replies: Sequence[Reply]
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, request: dict[str, Any], key: str | None) -> Reply:
        """Take a request and return the reply to it."""
        with self.turn:
            self.requests.append(request)
            self.keys.append(key)
            return self.replies[min(len(self.requests), len(self.replies)) - 1]


@contextmanager
def chatting(*replies: Reply) -> Iterator[Chat]:
    """Run a server that gives `replies`, while the block runs."""
    chat = Chat(replies)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            request = {"path": self.path} | json.loads(body)
            reply = chat.begin(request, self.headers["authorization"])
            if reply.gate:
                reply.gate.wait(GATE_OPENS_WITHIN_S)
            with suppress(ConnectionError):  # who asked has gone
                self.answer(reply)

        def answer(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the test looks at `requests`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        chat.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        try:
            yield chat
        finally:
            server.shutdown()
            thread.join()
