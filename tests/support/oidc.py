"""An OpenID Connect provider that a test can bend: what a real one never does, this one can."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote_plus, urlencode

import jwt as pyjwt  # which makes the tokens that joserfc, rightly, refuses to
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

CLIENT_ID = "closedloop"
CLIENT_SECRET = "a client's secret: long, with & and %"


def new_key() -> RSAKey:
    """Return a key to sign with."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"}, private=True)


@cache
def usual_key() -> RSAKey:
    """Return the key that honest tokens are signed with, made once a run."""
    return new_key()


@dataclass(kw_only=True)
class BentProvider:
    """Signs in whoever comes as `person`. Each `bend_…` replaces what an honest one would say."""

    person: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    issuer: str = ""
    key: RSAKey = field(default_factory=usual_key)
    signs_with: RSAKey | None = None
    bend_metadata: dict[str, Any] = field(default_factory=dict)
    bend_algorithm: str = ""
    bend_token: dict[str, Any] = field(default_factory=dict)
    bend_callback: dict[str, str | None] = field(default_factory=dict)
    bend_answer: Response | None = None
    #: What was asked for under each code, and how often keys were fetched.
    asked: dict[str, Mapping[str, str]] = field(default_factory=dict)
    keys_fetched: int = 0

    def app(self) -> FastAPI:
        """Return the provider as an app; `issuer` is set to where it is served."""
        app = FastAPI()
        app.add_api_route("/.well-known/openid-configuration", self._metadata)
        app.add_api_route("/authorize", self._authorize, response_model=None)
        app.add_api_route("/token", self._token, methods=["POST"], response_model=None)
        app.add_api_route("/jwks", self._jwks)
        app.add_api_route("/userinfo", self._userinfo)
        return app

    async def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/leave",
            "authorization_response_iss_parameter_supported": True,
        } | self.bend_metadata

    async def _authorize(self, request: Request) -> Response:
        code, asked = secrets.token_urlsafe(8), dict(request.query_params)
        self.asked[code] = asked
        told = {"code": code, "state": asked["state"], "iss": self.issuer} | self.bend_callback
        known = {name: value for name, value in told.items() if value is not None}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(known)}")

    async def _token(self, request: Request) -> Response:
        if self.bend_answer:
            return self.bend_answer
        form = {name: str(value) for name, value in (await request.form()).items()}
        asked = self.asked.pop(form["code"], None)
        if asked is None or not self._is_client(request) or not _proves(form, asked):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "token_type": "Bearer",
                "access_token": "the access token",
                "id_token": self._id_token(asked["nonce"]),
            }
        )

    async def _jwks(self) -> dict[str, Any]:
        self.keys_fetched += 1
        decoy = {"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB"}
        strange = {"kty": "something new", "kid": self.key.kid}
        return {"keys": [decoy, strange, *KeySet([self.key]).as_dict(private=False)["keys"]]}

    async def _userinfo(self) -> dict[str, Any]:
        return {"sub": self.person["sub"]} | self.userinfo

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        key = self.signs_with or self.key
        header = {"alg": "RS256", "kid": key.kid}
        bent = claims | self.person | self.bend_token
        told = {name: value for name, value in bent.items() if value is not None}
        if algorithm := self.bend_algorithm:
            return pyjwt.encode(told, "" if algorithm == "none" else CLIENT_SECRET, algorithm)
        return jwt.encode(header, told, key)

    def _is_client(self, request: Request) -> bool:
        _, _, given = request.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(given).decode().partition(":")
        return (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)


def _proves(form: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    """Check PKCE by the standard's own words, and that the answer went where it was to go."""
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return (
        asked["code_challenge_method"] == "S256"
        and challenge == asked["code_challenge"]
        and form["redirect_uri"] == asked["redirect_uri"]
    )
