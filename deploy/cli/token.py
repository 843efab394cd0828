"""`closedloop token`: who may call the APIs, and who gets into the pages."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Annotated

import typer

from deploy.cli.servers import find_settings
from shared.errors import SettingsError
from shared.web.auth import ROLES, Principal, issue_token, sign_in_link

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LINK_LIFETIME = timedelta(hours=1)


def token(  # noqa: PLR0913, PLR0917  (each is an option)
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="The company whose data the token opens.")] = "",
    subject: Annotated[str, typer.Option(help="Who it is: an owner's id in the program.")] = "",
    role: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(ROLES)}; repeatable.")
    ] = None,
    name: Annotated[str, typer.Option(help="The name that people see.")] = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="How long a token is valid.")] = 30,
    link: Annotated[
        bool, typer.Option("--link", help="Make a one-time sign-in link, valid for an hour.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Print a token that acts as a person, or a link that signs a person in once.

    For programs, make tokens with scopes, which can be revoked: closedloop token create.
    """
    if context.invoked_subcommand is not None:
        return
    principal = principal_of(tenant, subject, role or [], name)
    settings = find_settings()
    if link:
        made = {"link": sign_in_link(principal, settings, lifetime=_LINK_LIFETIME)}
    else:
        made = {"token": issue_token(principal, settings.secret, lifetime=timedelta(days=days))}
    typer.echo(json.dumps(made) if as_json else next(iter(made.values())))


def principal_of(tenant: str, subject: str, roles: list[str], name: str) -> Principal:
    """Return the principal that the options name; raises SettingsError for what can't be one."""
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        raise SettingsError(
            f"--role: there is no role {unknown[0]!r}.", remedy=f"Choose from {', '.join(ROLES)}."
        )
    if not _TENANT.fullmatch(tenant):
        raise SettingsError(
            f"--tenant: {tenant!r} can't be a tenant.",
            remedy="Use small letters, digits, - and _, as in the program.",
        )
    if not roles:
        raise SettingsError("--role is missing.", remedy=f"Choose from {', '.join(ROLES)}.")
    if not subject.strip():
        raise SettingsError("--subject is empty.", remedy="Say who the token is for.")
    return Principal(tenant=tenant, subject=subject, name=name or subject, roles=frozenset(roles))
