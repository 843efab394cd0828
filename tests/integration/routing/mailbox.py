"""Somebody's mail server over a real socket: idempotent, and as unkind as a test asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 taken"
#: Take the mail, and close the connection instead of saying so.
CUT = "cut"
#: Say nothing until the other side gives up.
HANG = "hang"
#: What the server answers to the n-th time (from 0) that a mail comes.
Manners = Callable[[EmailMessage, int], str]


@dataclass(slots=True)
class Mailbox:
    """Notes every mail; `taken` are those that an idempotent receiver has seen, once each."""

    manners: Manners = lambda _mail, _n: OK
    recipient_answer: str = "250 OK"
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    taken: dict[str, EmailMessage] = field(default_factory=dict)
    _tries: Counter[str] = field(default_factory=Counter)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Listen, on the same port again after `close`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="mailbox.test", loop=loop), "127.0.0.1", self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Be down."""
        if self._server:
            self._server.close()
            self._server = None

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer to the recipient."""
        envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answer to the mail."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        self.mails.append(mail)
        tried = self._tries[mail["Message-ID"]]
        self._tries[mail["Message-ID"]] += 1
        answer = self.manners(mail, tried)
        if answer == HANG:
            await asyncio.sleep(3600)
        if answer == CUT or answer.startswith("2"):
            self.taken.setdefault(mail["Message-ID"], mail)
        if answer == CUT:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return answer if answer != CUT else OK


@contextlib.asynccontextmanager
async def receiving_mails(manners: Manners | None = None) -> AsyncIterator[Mailbox]:
    """Give a mail server that listens."""
    mailbox = Mailbox(manners) if manners else Mailbox()
    await mailbox.open()
    try:
        yield mailbox
    finally:
        await mailbox.close()
