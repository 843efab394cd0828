"""What the settings say about signing in with a provider, checked when an app starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from shared.errors import SettingsError
from shared.settings import Settings
from shared.web.auth import ROLES, Role
from shared.web.loopback import is_loopback
from shared.web.oidc.claims import TENANT, ClaimMap

_GUIDE = "docs/guides/sign-in.md has an example for each kind of provider."


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcConfig:
    """The provider, what we are called there, and what its claims mean."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str
    claims: ClaimMap
    #: Where the provider sends people back to: after signing in, and after signing out.
    redirect_uri: str
    signed_out_uri: str

    @property
    def host(self) -> str:
        """Return what people know the provider by."""
        return urlsplit(self.issuer).hostname or self.issuer


def config_of(settings: Settings) -> OidcConfig | None:
    """Return how people sign in with a provider, None where they don't.

    Raises SettingsError that names the variable at fault.
    """
    if not settings.oidc_issuer:
        return None
    _check(settings)
    ours = settings.public_url.rstrip("/")
    return OidcConfig(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        scopes=settings.oidc_scopes,
        claims=ClaimMap(
            subject_claim=settings.oidc_subject_claim,
            name_claim=settings.oidc_name_claim,
            roles_claim=settings.oidc_roles_claim,
            roles=_roles(settings.oidc_roles),
            tenant=settings.oidc_tenant,
            tenant_claim=settings.oidc_tenant_claim,
        ),
        redirect_uri=f"{ours}/signin/oidc/callback",
        signed_out_uri=f"{ours}/signin",
    )


def is_safe_address(address: str) -> bool:
    """Tell whether secrets may be sent to `address`: by https, or within this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )


def _check(settings: Settings) -> None:
    if not is_safe_address(settings.oidc_issuer):
        raise _wrong("ISSUER", "it must be an https address (http only on this machine)")
    if not settings.oidc_client_id:
        raise _wrong("CLIENT_ID", "it is empty")
    if "openid" not in settings.oidc_scopes.split():
        raise _wrong("SCOPES", "openid must be among them")
    if bool(settings.oidc_tenant) == bool(settings.oidc_tenant_claim):
        raise _wrong("TENANT", "set either it or CLOSEDLOOP_OIDC_TENANT_CLAIM")
    if settings.oidc_tenant and not TENANT.fullmatch(settings.oidc_tenant):
        raise _wrong("TENANT", "a tenant has small letters, digits, - and _")


def _roles(given: Mapping[str, str]) -> Mapping[str, Role]:
    """Return the provider's names and our roles; without a map its names are ours."""
    unknown = sorted(set(given.values()) - set(ROLES))
    if unknown:
        raise _wrong("ROLES", f"there is no role {unknown[0]}; there are {', '.join(ROLES)}")
    if not given:
        return {role: role for role in ROLES}
    return cast(Mapping[str, Role], dict(given))


def _wrong(name: str, why: str) -> SettingsError:
    return SettingsError(
        f"The setting CLOSEDLOOP_OIDC_{name} cannot be used: {why}.", remedy=_GUIDE
    )
