"""From a provider's claims to one of our people: pure, and the same for every provider."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import ClosedLoopError
from shared.web.auth import Principal, Role

TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_LONGEST_NAME = 200
_ASK = "Ask your CX admin, or whoever runs the sign-in of your company."

Claims = Mapping[str, Any]


class UnknownPersonError(ClosedLoopError):
    """The provider knows the person, and its claims make nobody of ours of them."""

    def __init__(self, slug: str, detail: str, *, remedy: str = _ASK) -> None:
        super().__init__(detail, remedy=remedy)
        self.slug = slug


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimMap:
    """Where in the claims stands what. `tenant` is the fixed one, else `tenant_claim` names it.

    `roles` translates the provider's names of groups or roles into ours.
    """

    subject_claim: str
    name_claim: str
    roles_claim: str
    roles: Mapping[str, Role]
    tenant: str
    tenant_claim: str

    def incomplete(self, claims: Claims) -> bool:
        """Tell whether something that we need stands not in `claims`, but perhaps elsewhere."""
        needed = [self.subject_claim, self.roles_claim, self.tenant_claim]
        return any(claim_at(claims, path) is None for path in needed if path)


def principal_of(claims: Claims, where: ClaimMap) -> Principal:
    """Return whom `claims` speak of. Raises UnknownPersonError, which says what is missing."""
    subject = _subject(claims, where.subject_claim)
    return Principal(
        tenant=where.tenant or _tenant(claims, where.tenant_claim),
        subject=subject,
        name=_text(claim_at(claims, where.name_claim)) or subject,
        roles=_roles(claims, where),
    )


def claim_at(claims: Claims, path: str) -> object:
    """Return what stands at a dotted path, None when nothing does.

    A claim's own name may hold dots (`https://acme.example/roles`), so the longest name that
    exists is followed first.
    """
    if path in claims:
        return claims[path]
    for head, rest in _cuts(path):
        inner = claims.get(head)
        if isinstance(inner, Mapping) and (found := claim_at(inner, rest)) is not None:
            return found
    return None


def _cuts(path: str) -> Iterable[tuple[str, str]]:
    steps = path.split(".")
    for at in range(len(steps) - 1, 0, -1):
        yield ".".join(steps[:at]), ".".join(steps[at:])


def _subject(claims: Claims, path: str) -> str:
    subject = _text(claim_at(claims, path))
    if not subject:
        raise UnknownPersonError(
            "no-subject", f"The provider does not say who you are: its claim {path} is empty."
        )
    if path == "email" and claims.get("email_verified") is not True:
        # Where anybody may enter any address, an address is nobody's name.
        raise UnknownPersonError(
            "email-not-verified", "The provider has not verified your e-mail address."
        )
    return subject


def _tenant(claims: Claims, path: str) -> str:
    tenant = _text(claim_at(claims, path))
    if not TENANT.fullmatch(tenant):
        raise UnknownPersonError(
            "no-tenant", f"The provider does not say which company you are of (claim {path})."
        )
    return tenant


def _roles(claims: Claims, where: ClaimMap) -> frozenset[str]:
    named = claim_at(claims, where.roles_claim)
    names = named.split() if isinstance(named, str) else named
    found = names if isinstance(names, list) else []
    roles = frozenset(where.roles[name] for name in found if _is_known(name, where.roles))
    if not roles:
        raise UnknownPersonError(
            "no-role",
            "The provider knows you, but none of your groups there stands for a role here"
            f" (claim {where.roles_claim}).",
        )
    return roles


def _is_known(name: object, roles: Mapping[str, Role]) -> bool:
    return isinstance(name, str) and name in roles


def _text(value: object) -> str:
    """Return `value` where it is text that can be a name; a number or an id of a number is none."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST_NAME:
        return ""
    return value.strip()
