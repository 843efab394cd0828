"""Puts what is to be told by mail into mails: a bounded part in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.routing.domain.alert_ports import AlertTransactions
from services.routing.domain.alerts import WINDOW, AlertWording, letters_for
from shared.program.document import Program

#: For so many people mails are written at a time.
PEOPLE_AT_A_TIME = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """What mails to staff take: their words by language, and where the inbox stands."""

    wordings: Mapping[str, AlertWording]
    public_url: str


async def write_letters(
    transactions: AlertTransactions,
    programs: Mapping[str, Program],
    mailing: Mailing,
    now: datetime,
) -> int:
    """Write mails to some people about what waits for them; return how many mails."""
    senders = {tenant: program for tenant, program in programs.items() if program.contact.mail}
    written = 0
    async with transactions.of_alerts() as alerts:
        if not await alerts.take_turn():
            return 0
        piles = await alerts.piles(sorted(senders), now - WINDOW)
        for pile in [one for one in piles if one.way != "later"][:PEOPLE_AT_A_TIME]:
            waiting = await alerts.waiting(pile)
            program = senders[pile.tenant]
            for letter in letters_for(pile, waiting, mailing.wordings, program, mailing.public_url):
                await alerts.post(letter, now)
                written += 1
    return written
