"""`closedloop erase`: a customer is taken out of everything, with a certificate."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

from deploy.cli.program_opened import user
from deploy.cli.servers import find_settings
from deploy.cli.tenants import the_tenant
from deploy.erasing.certificate import Certificate, Request
from deploy.erasing.erase import erase
from shared.clock import SystemClock
from shared.errors import ClosedLoopError
from shared.program.store import ACTIVATING_ROLE, open_programs


def erase_customer(
    customer: Annotated[str, typer.Argument(help="The customer's id, as publishers send it.")],
    why: Annotated[str, typer.Option(help="Who asked for it, a case number: kept in the record.")],
    tenant: Annotated[
        str | None, typer.Option(help="Whose; can be left out where there is one tenant.")
    ] = None,
    who: Annotated[str, typer.Option(help="Who erases; else this account's name.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Erase a customer: words, names, addresses, letters, files; and prove that nothing is left.

    Scores and counts stay, about nobody. It cannot be undone. Exits with 1 where the customer is
    still found, and names the tables.
    """
    if not customer.strip():
        raise ClosedLoopError(
            "The customer's id is empty.", remedy="Give it as publishers send it."
        )
    certificate = asyncio.run(_erase(customer, why, tenant, who))
    typer.echo(json.dumps(as_object(certificate)) if as_json else "\n".join(_words(certificate)))
    if not certificate.holds:
        raise typer.Exit(1)


async def _erase(customer: str, why: str, tenant: str | None, who: str) -> Certificate:
    settings = find_settings()
    async with open_programs(settings.database_url, role=ACTIVATING_ROLE) as programs:
        whose = await the_tenant(programs, tenant)
    request = Request(tenant=whose, customer_id=customer, who=user(who), why=why)
    return await erase(settings, request, SystemClock())


def as_object(certificate: Certificate) -> dict[str, object]:
    """Return the certificate as plain data; the customer's id is not in it."""
    return {
        "erasure_id": str(certificate.erasure_id),
        "holds": certificate.holds,
        "tenant": certificate.request.tenant,
        "customer_digest": certificate.customer_digest.hex(),
        "who": certificate.request.who,
        "why": certificate.request.why,
        "erased_at": certificate.erased_at.isoformat(),
        "changed": dict(certificate.changed),
        "tables_searched": certificate.searched,
        "found": dict(certificate.found),
        "topics_until": certificate.topics_until.isoformat(),
    }


def _words(certificate: Certificate) -> list[str]:
    rows = sum(certificate.changed.values())
    lines = [
        f"Certificate {certificate.erasure_id}",
        f"  customer   {certificate.customer_digest.hex()[:16]}… of {certificate.request.tenant}",
        f"  asked for  {certificate.request.who}: {certificate.request.why}",
        f"  erased     {certificate.erased_at:%Y-%m-%d %H:%M:%S} UTC, {rows:,} rows changed",
        *(f"               {name} {count:,}" for name, count in certificate.changed.items()),
        f"  searched   {certificate.searched} tables for the id and addresses of this customer",
        *(
            f"               STILL IN {name}: {count:,}"
            for name, count in certificate.found.items()
        ),
        f"  left       copies on Kafka's topics, which go by themselves until "
        f"{certificate.topics_until:%Y-%m-%d}; your backups",
    ]
    verdict = "Nobody of that id was known." if not rows else "Nothing of the customer is left."
    return [*lines, verdict if certificate.holds else "NOT erased everywhere."]
