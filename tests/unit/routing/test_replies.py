"""Replies by mail: what goes out, in every language, whatever customers and owners write."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.adapters.mail import bytes_of, mail_server_of
from services.routing.adapters.replies import load_wordings
from services.routing.domain.deliveries import PAUSES, Attempt
from services.routing.domain.followup import Voice
from services.routing.domain.mails import Letter, Mail
from services.routing.domain.opening import open_followup
from services.routing.domain.replies import (
    compose,
    is_address,
    language_for,
    languages_of,
    plain,
    setback,
)
from services.routing.errors import IncompleteError
from shared.errors import SettingsError
from shared.program.document import Program
from tests.integration.routing.company import DOCUMENT, NOW, PROGRAM, WORDS, scored

WORDINGS = load_wordings()
OPENED = open_followup(scored(1).data, PROGRAM, defaultdict(int), NOW)
VOICE = replace(OPENED.voice, contact_name="Som Chai", contact_email="som@example.com")


def mail(voice: Voice = VOICE, **more: Any) -> Mail:  # noqa: ANN401  (what a test changes)
    program = more.pop("program", PROGRAM)
    known = {"language": "en", "owner": "Mali Chan", "written": "We are sorry.", **more}
    return compose(languages_of(WORDINGS, program)[known["language"]], voice, program, **known)


def program_with(**contact: object) -> Program:
    return Program.model_validate({**DOCUMENT, "contact": contact})


def travelled(found: Mail) -> Message:
    letter = Letter(delivery_id=UUID(int=7), mail=found, created_at=NOW, attempts=0)
    return message_from_bytes(bytes_of(letter))


def body_of(arrived: Message) -> str:
    content = arrived.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")


def header(arrived: Message, name: str) -> str:
    return str(make_header(decode_header(arrived[name])))


def test_a_reply_greets_quotes_answers_and_signs() -> None:
    assert mail().body == (
        "Dear Som Chai,\n\nYou told us:\n> Late again.\n\nWe are sorry.\n\n"
        "Kind regards\nMali Chan\nMekong Home\n"
    )


@pytest.mark.parametrize(("language", "words"), [one for one in WORDS if one[0]])
def test_every_language_arrives_as_it_was_written(language: str, words: str) -> None:
    voice = replace(VOICE, text=words, language=language)
    assert language_for(voice, WORDINGS) == language
    found = mail(voice, language=language, written=words)
    arrived = travelled(found)
    assert body_of(arrived) == found.body
    assert header(arrived, "Subject") == found.subject
    assert arrived["Content-Language"] == language
    assert found.body.count(words) == 2


@pytest.mark.parametrize(
    ("tag", "language"), [("th-TH", "th"), ("zh-Hant", "zh"), ("fr", "en"), (None, "en")]
)
def test_who_writes_no_language_of_ours_is_answered_in_english(
    tag: str | None, language: str
) -> None:
    assert language_for(replace(VOICE, language=tag), WORDINGS) == language


def test_without_words_nothing_is_quoted_and_without_a_name_nobody_is_called() -> None:
    body = mail(replace(VOICE, text=None, contact_name=None)).body
    assert body.startswith("Hello,\n\nWe are sorry.\n\n")


def test_the_line_of_the_promise_is_there_with_a_link_alone() -> None:
    assert "https://x.example/p/1" in mail(promise_link="https://x.example/p/1").body
    assert "{" not in mail().body


anything = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(
    ["a\r\nBcc: evil@example.com", "\n.\n", "{owner}", "<b>x</b>", "x" * 3000, "a\u2028b", "\x85"]
)


@given(anything, anything, anything, anything)
def test_nothing_that_anybody_writes_makes_a_header_or_gets_lost(
    name: str, company: str, owner: str, words: str
) -> None:
    program = PROGRAM.model_copy(update={"name": company})
    voice = replace(VOICE, contact_name=name, text=words)
    found = mail(voice, program=program, owner=owner, written=f"a{words}b")
    arrived = travelled(found)
    assert sorted(arrived.keys()) == [
        "Content-Language",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ]
    assert arrived["To"] == "som@example.com"
    assert parseaddr(arrived["From"].replace("\r\n", ""))[1] == "care@mekong-home.example"
    assert body_of(arrived) == found.body
    assert plain(f"a{words}b") in found.body
    assert header(arrived, "Subject") == found.subject
    assert all(len(line) <= 998 for line in arrived.as_bytes().split(b"\n"))


@pytest.mark.parametrize(
    "address",
    ["", "som", "som@", "a b@c.d", "a@b\nBcc: c@d.e", "a@b,c@d", "<a@b.c>", "a@b.c" * 99, "ñ@b.c"],
)
def test_what_is_no_address_is_said_before_anybody_writes(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(IncompleteError, match="address"):
        mail(replace(VOICE, contact_email=address))


@pytest.mark.parametrize("written", ["", " \n ", "\x00\x1b"])
def test_an_empty_reply_is_refused(written: str) -> None:
    with pytest.raises(IncompleteError) as refused:
        mail(written=written)
    assert set(refused.value.faults) == {"text"}


def test_without_a_sender_nobody_writes() -> None:
    with pytest.raises(IncompleteError, match=r"contact\.mail\.from"):
        mail(program=program_with())


def test_a_program_replaces_words_and_adds_languages() -> None:
    wording = {"en": {"closing": "Yours"}, "fr": {"greeting": "Bonjour {name},"}}
    program = program_with(mail={"from": "a@b.example", "wording": wording})
    assert "\nYours\nMali Chan\n" in mail(program=program).body
    assert mail(program=program).body.startswith("Dear Som Chai,")
    french = replace(VOICE, language="fr")
    assert language_for(french, languages_of(WORDINGS, program)) == "fr"
    assert mail(french, program=program, language="fr").body.startswith("Bonjour Som Chai,")


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "nobody"},
        {"from": "a@b.c\nBcc: d@e.f"},
        {},
        {"from": "a@b.example", "wording": {"en": {"greeting": "Dear {customer},"}}},
        {"from": "a@b.example", "wording": {"en": {"subject": "two\nlines"}}},
        {"from": "a@b.example", "wording": {"english": {"subject": "one"}}},
    ],
)
def test_a_program_whose_mails_could_not_go_out_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="contact"):
        program_with(mail=wrong)


def test_the_sender_s_key_is_shown_as_it_is_written() -> None:
    shown = program_with(mail={"from": "a@b.example"}).model_dump(mode="json")
    assert shown["contact"]["mail"]["from"] == "a@b.example"


def test_a_refusal_for_good_is_not_repeated_and_everything_else_is() -> None:
    assert setback(Attempt(status=550, fault="no"), 1, NOW, 0.5) is None
    for attempt in (Attempt(status=451, fault="later"), Attempt(status=None, fault="cut")):
        assert setback(attempt, 1, NOW, 0.5) == NOW + PAUSES[0]
        assert setback(attempt, len(PAUSES) + 1, NOW, 0.5) is None
    assert sum(PAUSES, timedelta()) > timedelta(days=3)


def test_a_mail_server_s_address_is_read() -> None:
    server = mail_server_of("smtp://care%40x:p%3Aw@mail.example", "production")
    assert server
    assert (server.host, server.port, server.user, server.password) == (
        "mail.example",
        587,
        "care@x",
        "p:w",
    )
    assert (server.start_tls, server.use_tls) == (True, False)
    assert "p:w" not in repr(server)
    local = mail_server_of("smtp://localhost:1025", "local")
    assert local
    assert (local.port, local.start_tls) == (1025, False)
    tls = mail_server_of("smtps://mail.example", "production")
    assert tls
    assert (tls.port, tls.use_tls, tls.start_tls) == (465, True, False)
    assert mail_server_of("", "production") is None


@pytest.mark.parametrize(
    "url", ["mail.example", "http://x", "smtp://", "smtp://x:port", "smtp://[x"]
)
def test_a_mail_server_that_can_not_be_meant_is_one_line(url: str) -> None:
    with pytest.raises(SettingsError, match="CLOSEDLOOP_SMTP_URL"):
        mail_server_of(url, "production")
