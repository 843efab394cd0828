"""Escalations by mail: in everybody's language, without customers' words, and never a flood."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.adapters.alerts import load_wordings
from services.routing.adapters.mail import bytes_of
from services.routing.domain.alerts import (
    MOST_BY_THEMSELVES,
    MOST_LISTED,
    WINDOW,
    Alert,
    Pile,
    StaffLetter,
    alert_of,
    letters_for,
)
from services.routing.domain.escalation import Told
from services.routing.domain.mails import Letter
from services.routing.domain.opening import open_followup
from services.routing.domain.timetable import Step
from shared.ids import derived_id
from shared.program.document import Program
from shared.program.escalation import Level
from tests.integration.routing.company import DOCUMENT, NOW, PROGRAM, scored

WORDINGS = load_wordings()
URL = "https://care.example"
FOLLOWUP = open_followup(scored(1, text="A secret.").data, PROGRAM, defaultdict(int), NOW)
HOUR = timedelta(hours=1)


def program_with(**mali: object) -> Program:
    owners = [{**one, **(mali if one["id"] == "mali" else {})} for one in DOCUMENT["owners"]]
    return Program.model_validate({**DOCUMENT, "owners": owners})


MAILED = program_with(email="mali@mekong-home.example")


def told(level: Level = Level.OWNER, step: Step = Step.RESOLVE, who: str | None = "mali") -> Told:
    return Told(
        round=1,
        step=step,
        level=level,
        share=0.5,
        told=who,
        due_at=NOW + 12 * HOUR,
        fired_at=NOW + 12 * HOUR,
        version=2,
        program_version=1,
    )


def alert(number: int = 1, **more: Any) -> Alert:  # noqa: ANN401  (what a test changes)
    found = alert_of(FOLLOWUP, told(), MAILED)
    assert found
    return replace(found, alert_id=UUID(int=number), **more)


def letters(*alerts: Alert, recent: int = 0) -> list[StaffLetter]:
    pile = Pile(tenant="demo", whom="mali", waiting=len(alerts), recent=recent)
    return letters_for(pile, alerts, WORDINGS, MAILED, URL)


@pytest.mark.parametrize(
    ("program", "who"),
    [
        (PROGRAM, "mali"),
        (MAILED, None),
        (MAILED, "somebody who left"),
        (Program.model_validate({**MAILED.model_dump(mode="json"), "contact": {}}), "mali"),
    ],
)
def test_without_an_address_or_a_sender_nobody_is_told_by_mail(
    program: Program, who: str | None
) -> None:
    assert alert_of(FOLLOWUP, told(who=who), program) is None


def test_a_mail_says_whose_case_which_clock_and_by_when_and_nothing_that_they_said() -> None:
    (letter,) = letters(alert())
    mail = letter.mail
    assert (mail.recipient, mail.sender) == ("mali@mekong-home.example", "care@mekong-home.example")
    assert mail.subject == "Customer C-00001: 50% of the time to resolve is over"
    assert "Hello Mali Chan,\n" in mail.body
    assert "It is to be done by 2026-11-21 16:30 (Asia/Vientiane)." in mail.body
    assert f"{URL}/inbox/{FOLLOWUP.followup_id}" in mail.body
    assert "because you have the case" in mail.body
    assert "secret" not in mail.body + mail.subject


def test_what_is_late_is_said_to_be() -> None:
    (letter,) = letters(alert(fired_at=NOW + 25 * HOUR))
    assert "It was to be done by" in letter.mail.body


@pytest.mark.parametrize("language", WORDINGS)
@pytest.mark.parametrize("step", Step)
def test_everybody_is_told_in_their_language(language: str, step: Step) -> None:
    tagged = program_with(email="mali@mekong-home.example", languages=[f"{language}-LA", "en"])
    found = alert_of(FOLLOWUP, told(Level.HEAD, step), tagged)
    assert found
    (one,) = letters(found)
    (many,) = letters(*(replace(found, alert_id=UUID(int=n)) for n in range(60)))
    words = WORDINGS[language]
    assert one.mail.language == many.mail.language == language
    assert words.why[Level.HEAD] in one.mail.body
    assert getattr(words, step.value) in one.mail.subject
    assert "C-00001" in one.mail.subject
    assert "{" not in one.mail.body + many.mail.body + many.mail.subject
    assert many.mail.body.count("/inbox/") == MOST_LISTED
    assert words.more.format(count=10) in many.mail.body


def test_in_a_language_without_words_it_is_english() -> None:
    (letter,) = letters(alert(language="pt"))
    assert letter.mail.language == "en"


def test_what_a_customer_is_called_makes_no_header_and_fills_no_place() -> None:
    (letter,) = letters(alert(customer_id="C\r\nBcc: all@x.example {name}"))
    sent = Letter(
        delivery_id=letter.letter_id,
        mail=letter.mail,
        created_at=NOW,
        attempts=0,
        is_automatic=True,
    )
    arrived = message_from_bytes(bytes_of(sent))
    assert arrived["Bcc"] is None
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert "{name}" in letter.mail.subject


def test_one_alone_goes_under_its_own_id_and_many_under_one_of_all() -> None:
    (single,) = letters(alert(7))
    assert single.letter_id == UUID(int=7)
    several = [alert(n) for n in range(6)]
    (digest,) = letters(*several)
    (again,) = letters(*reversed(several))
    ids = sorted(one.alert_id for one in several)
    assert digest.letter_id == again.letter_id == derived_id("alerts", *map(str, ids))
    assert list(digest.alerts) == ids


@given(st.lists(st.integers(0, 120), max_size=60))
def test_nobody_gets_a_flood_and_nobody_waits_for_long(moments: list[int]) -> None:
    arriving = Counter(moments)
    waiting: list[int] = []
    told_at: list[tuple[int, int]] = []
    mails: list[int] = []
    length = WINDOW // timedelta(seconds=30)
    for now in range(120 + 2 * length):
        waiting += [now] * arriving[now]
        recent = sum(count for at, count in told_at if at > now - length)
        pile = Pile(tenant="t", whom="w", waiting=len(waiting), recent=recent)
        if waiting and pile.way != "later":
            mails += [now] * (len(waiting) if pile.way == "each" else 1)
            told_at.append((now, len(waiting)))
            assert now - waiting[0] <= length
            waiting = []
    assert not waiting
    for at in mails:
        assert sum(at - length < other <= at for other in mails) <= MOST_BY_THEMSELVES
