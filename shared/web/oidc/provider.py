"""The provider over HTTP: discovery, its keys, the exchange of a code, and the check of what comes.

OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC 7636 (PKCE), RFC 9207 (the issuer in the
answer), RFC 9700. Authlib and joserfc build and check what goes over the wire; httpx carries it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote_plus

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from shared.web.oidc.attempt import Attempt
from shared.web.oidc.config import OidcConfig, is_safe_address
from shared.web.oidc.errors import SignInFailedProblem, provider_away, provider_unusable
from shared.web.problems import Problem

#: Signatures that the provider's public keys check. Symmetric ones and `none` are not among them.
_ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
_TIMEOUT_S = 5.0
_CLOCKS_DIFFER_BY_S = 60
_METADATA_LIVES_S = 600.0
#: A key that we don't know is looked for at once, but no oftener than this.
_KEYS_LIVE_AT_LEAST_S = 10.0

M = TypeVar("M", bound=BaseModel)


class Metadata(BaseModel):
    """What we use of OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class _Keys(BaseModel):
    keys: list[dict[str, Any]]


class _Tokens(BaseModel):
    access_token: str
    id_token: str


class Provider:
    """A provider found by discovery. Its metadata and keys are kept for a while."""

    def __init__(self, config: OidcConfig) -> None:
        self.config = config
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False)
        self._metadata: Metadata | None = None
        self._metadata_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    async def aclose(self) -> None:
        """Close the connections to it."""
        await self._http.aclose()

    async def metadata(self) -> Metadata:
        """Return its metadata. Raises Problem when it is away or says what can't be relied on."""
        kept = self._metadata
        if kept is None or time.monotonic() - self._metadata_at > _METADATA_LIVES_S:
            kept = await self._discover()
            self._metadata, self._metadata_at = kept, time.monotonic()
        return kept

    async def authorization_address(self, attempt: Attempt) -> str:
        """Return where the person signs in (OpenID Connect Core 1.0, section 3.1.2.1)."""
        address: str = prepare_grant_uri(
            (await self.metadata()).authorization_endpoint,
            self.config.client_id,
            "code",
            redirect_uri=self.config.redirect_uri,
            scope=self.config.scopes,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return address

    async def check_issuer(self, issuer: str | None) -> None:
        """Refuse an answer that another provider gave (RFC 9207, section 2.4)."""
        required = (await self.metadata()).authorization_response_iss_parameter_supported
        if issuer != self.config.issuer and (required or issuer is not None):
            raise SignInFailedProblem(
                "other-provider", "The answer does not come from the company's sign-in provider."
            )

    async def claims(self, code: str, attempt: Attempt) -> Mapping[str, Any]:
        """Exchange `code` for the claims about who signed in.

        Raises Problem when the provider is away, refuses the code, or its ID token is not for
        this attempt.
        """
        tokens = await self._exchange(code, attempt)
        claims = await self._verified(tokens, attempt.nonce)
        if self.config.claims.incomplete(claims):
            return {**await self._userinfo(tokens, claims["sub"]), **claims}
        return claims

    async def _discover(self) -> Metadata:
        place = self.config.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = _as(Metadata, await self._get(place), "its metadata")
        if found.issuer != self.config.issuer:
            raise provider_unusable("its metadata names another issuer")
        places = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        if not all(map(is_safe_address, places)):
            raise provider_unusable("its metadata leads to addresses without https")
        return found

    async def _exchange(self, code: str, attempt: Attempt) -> _Tokens:
        metadata = await self.metadata()
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=self.config.redirect_uri,
            code_verifier=attempt.verifier,
        )
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        who = self._client(metadata)
        place, headers, body = who.prepare("POST", metadata.token_endpoint, headers, body)
        answer = await self._send("POST", place, headers=headers, content=body)
        if answer.is_client_error:
            raise SignInFailedProblem(
                "code-refused",
                "The sign-in provider refused to confirm the sign-in: it was used before, took too"
                " long, or the client's id or secret is wrong.",
            )
        return _as(_Tokens, answer, "its tokens")

    def _client(self, metadata: Metadata) -> ClientAuth:
        name, secret = self.config.client_id, self.config.client_secret
        known = metadata.token_endpoint_auth_methods_supported
        if not secret:
            return ClientAuth(name, secret, "none")
        if "client_secret_post" in known and "client_secret_basic" not in known:
            return ClientAuth(name, secret, "client_secret_post")
        # RFC 6749, section 2.3.1, has both encoded as in a form first.
        return ClientAuth(quote_plus(name), quote_plus(secret), "client_secret_basic")

    async def _verified(self, tokens: _Tokens, nonce: str) -> Mapping[str, Any]:
        """Return the claims of the ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""
        decoded = await self._decoded(tokens.id_token)
        token = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self.config.issuer},
                "aud": {"essential": True, "value": self.config.client_id},
            },
            params={
                "nonce": nonce,
                "client_id": self.config.client_id,
                "access_token": tokens.access_token,
            },
        )
        try:
            token.validate(leeway=_CLOCKS_DIFFER_BY_S)
        except ExpiredTokenError as error:
            raise provider_unusable("its ID token has expired") from error
        except ClaimError as error:
            raise provider_unusable(f"the claim {error.claim} of its ID token is wrong") from error
        return dict(token)

    async def _decoded(self, id_token: str) -> jwt.Token:
        try:
            return jwt.decode(id_token, await self._key_set(), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have changed its keys since we asked for them.
            keys = await self._key_set(newer_than_s=_KEYS_LIVE_AT_LEAST_S)
        try:
            return jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise provider_unusable("the signature of its ID token is wrong") from error

    async def _key_set(self, newer_than_s: float = _METADATA_LIVES_S) -> KeySet:
        kept = self._keys
        if kept is None or time.monotonic() - self._keys_at > newer_than_s:
            answer = _as(_Keys, await self._get((await self.metadata()).jwks_uri), "its keys")
            kept = _key_set_of(answer)
            self._keys, self._keys_at = kept, time.monotonic()
        return kept

    async def _userinfo(self, tokens: _Tokens, subject: str) -> Mapping[str, Any]:
        place = (await self.metadata()).userinfo_endpoint
        if place is None or not is_safe_address(place):
            return {}
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        answer = await self._send("GET", place, headers=headers)
        found = _as(_Userinfo, answer, "its user info")
        if found.sub != subject:
            raise provider_unusable("its user info is about somebody else")
        return found.model_dump()

    async def _get(self, place: str) -> httpx.Response:
        return await self._send("GET", place, headers={"Accept": "application/json"})

    async def _send(
        self,
        method: str,
        place: str,
        *,
        headers: Mapping[str, str],
        content: str | None = None,
    ) -> httpx.Response:
        try:
            answer = await self._http.request(method, place, headers=headers, content=content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise provider_away() from error
        if answer.is_server_error:
            raise provider_away()
        return answer


class _Userinfo(BaseModel, extra="allow"):
    sub: str


def _as(kind: type[M], answer: httpx.Response, what: str) -> M:
    if not answer.is_success:
        raise provider_unusable(f"{what} ({answer.status_code})")
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError:
        raise _unreadable(what) from None  # the chain would quote what was sent: tokens


def _unreadable(what: str) -> Problem:
    return provider_unusable(f"{what} can't be read")


def _key_set_of(found: _Keys) -> KeySet:
    keys = [key for key in found.keys if key.get("kty") in _KEY_TYPES and key.get("use") != "enc"]
    try:
        return KeySet.import_key_set({"keys": keys})
    except (JoseError, ValueError) as error:
        raise _unreadable("its keys") from error
