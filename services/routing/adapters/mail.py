"""Mails to one SMTP server, one connection each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTP

from services.routing.domain.deliveries import Attempt
from services.routing.domain.mails import Letter
from services.routing.domain.replies import message_id, one_line
from shared.errors import SettingsError

#: One attempt, from connecting to the server's word on the mail.
ATTEMPT_TIMEOUT_S = 30.0
_CLOSE_TIMEOUT_S = 2.0
_LONGEST_FAULT = 300
_QUOTED = Charset("utf-8")
_QUOTED.body_encoding = QP
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mails are handed in. `start_tls`: encryption begins after the greeting, and must."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    use_tls: bool = False
    start_tls: bool = True


def mail_server_of(url: str, mode: Literal["local", "production"]) -> MailServer | None:
    """Read CLOSEDLOOP_SMTP_URL; None when it is empty. Raises SettingsError.

    smtp:// begins with STARTTLS, on port 587, but not in local mode; smtps:// is encrypted from
    the first byte, on port 465.
    """
    if not url:
        return None
    with _as_setting():
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
            raise ValueError("it is no smtp://host or smtps://host")
        return MailServer(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp" and mode != "local",
        )


@contextmanager
def _as_setting() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise SettingsError(
            f"The setting CLOSEDLOOP_SMTP_URL cannot be used: {error}.",
            remedy="Write smtp://user:password@host:587, with special characters as %xx.",
        ) from None


@dataclass(frozen=True, slots=True)
class SmtpSender:
    """Hands mails in."""

    server: MailServer
    timeout_s: float = ATTEMPT_TIMEOUT_S

    async def send(self, letter: Letter) -> Attempt:
        """Try once and tell what came of it; what can go wrong on the way is no exception.

        The attempt's status is the server's code where it was about this very mail.
        """
        client = SMTP(
            hostname=self.server.host,
            port=self.server.port,
            username=self.server.user,
            password=self.server.password,
            use_tls=self.server.use_tls,
            start_tls=self.server.start_tls,
            timeout=self.timeout_s,
        )
        try:
            async with asyncio.timeout(self.timeout_s):
                return await _handed_in(client, letter)
        except TimeoutError:
            return _failed(f"The mail server did not answer within {self.timeout_s:g} s")
        except (aiosmtplib.SMTPException, OSError) as error:
            return _failed(f"The mail server could not be used: {error}")
        finally:
            await _closed(client)


async def _handed_in(client: SMTP, letter: Letter) -> Attempt:
    await client.connect()
    try:
        await client.sendmail(letter.mail.sender, [letter.mail.recipient], bytes_of(letter))
    except aiosmtplib.SMTPRecipientsRefused as error:
        return _refused(error.recipients[0])
    except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
        return _refused(error)
    return Attempt(status=250)


def bytes_of(letter: Letter) -> bytes:
    """Return the mail to the byte."""
    return message_of(letter).as_bytes(policy=compat32.clone(linesep="\r\n"))


def message_of(letter: Letter) -> Message:
    """Return the mail as it travels: plain text, its letters and long lines kept by encoding.

    Every name is encoded (RFC 2047), so that none of its letters means anything in a header.
    """
    mail = letter.mail
    message = Message()
    message.set_payload(mail.body, _QUOTED)
    sender = Header(mail.sender_name, "utf-8", header_name="From")
    sender.append(f"<{mail.sender}>", "us-ascii")
    message["From"] = sender.encode()
    message["To"] = mail.recipient
    message["Subject"] = Header(mail.subject, "utf-8", header_name="Subject").encode()
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = message_id(letter.delivery_id, mail.sender)
    message["Content-Language"] = mail.language
    if letter.is_automatic:
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notes come back
    return message


async def _closed(client: SMTP) -> None:
    """Say goodbye: what the server answers changes nothing any more."""
    if client.is_connected:
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            await client.quit(timeout=_CLOSE_TIMEOUT_S)
    client.close()


def _refused(error: aiosmtplib.SMTPResponseException) -> Attempt:
    told = one_line(f"The mail server answered {error.code} {error.message}")
    return Attempt(status=error.code, fault=told[:_LONGEST_FAULT])


def _failed(fault: str) -> Attempt:
    return Attempt(status=None, fault=one_line(fault)[:_LONGEST_FAULT])
