"""A stand-in for an OpenID Connect issuer: everybody who comes is `person`, and is sent straight back."""

from __future__ import annotations

import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import urlencode

from aiohttp import web

from limner.testing.signing import Said, SigningKeys
from limner.testing.stand_in import StandInServer

CLIENT_ID, CLIENT_SECRET = "limner at work", "s3cret:+/"


class OpenIdStandIn(StandInServer):
    """Signs people in, checks what a relying party sends as strictly as issuers do, and lies where it is told to."""

    def __init__(self, *, port: int = 0, algorithm: str = "ES256", secret: str | None = CLIENT_SECRET) -> None:
        super().__init__(port=port)
        self.keys = SigningKeys(algorithm)
        self.secret = secret
        self.person: Said = {"sub": "ann-1", "email": "ann@example.com", "email_verified": True}
        """Whoever signs in."""
        self.facts: Said = {}
        """What the discovery document says besides, or in place of what it would."""
        self.in_token = True
        """Whether the address stands in the ID token; else it is told to whoever asks for it."""
        self.changed: Said = {}
        """Claims of the ID token that are not as they should be; None leaves one out."""
        self.sign: Callable[[Said], str] | None = None
        """Signs ID tokens in place of the issuer."""
        self.asked: list[Mapping[str, str]] = []
        """What people came with."""
        self.looked = 0
        """How often the keys were asked for."""
        self._codes: dict[str, Mapping[str, str]] = {}
        self._tokens: set[str] = set()

    @property
    def issuer(self) -> str:
        """For LIMNER_OIDC_ISSUER."""
        return self.root

    def routes(self) -> list[web.RouteDef]:
        """Discovery, the way in, tokens, keys, and who somebody is."""
        return [
            web.get("/.well-known/openid-configuration", self._discover),
            web.get("/authorize", self._authorize),
            web.post("/token", self._give_token),
            web.get("/keys", self._show_keys),
            web.get("/userinfo", self._describe),
        ]

    async def _discover(self, _: web.Request) -> web.StreamResponse:
        places = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "jwks_uri": "/keys",
            "userinfo_endpoint": "/userinfo",
        }
        return web.json_response(
            {"issuer": self.issuer, **{name: self.root + path for name, path in places.items()}, **self.facts}
        )

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        asked = dict(request.query)
        self.asked.append(asked)
        if asked.get("client_id") != CLIENT_ID or asked.get("code_challenge_method") != "S256":
            return web.Response(status=400, text="unknown client, or no PKCE")
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{back}")

    async def _give_token(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        asked = self._codes.pop(form.get("code", ""), None)  # good once
        if asked is None or not self._is_known(request, form):
            return web.json_response({"error": "invalid_grant"}, status=400)
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if challenge != asked["code_challenge"] or form.get("redirect_uri") != asked["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        access = secrets.token_urlsafe(16)
        self._tokens.add(access)
        token = (self.sign or self.keys.sign)(self._claims(asked["nonce"]))
        return web.json_response({"access_token": access, "token_type": "Bearer", "id_token": token})

    def _is_known(self, request: web.Request, form: Mapping[str, str]) -> bool:
        if self.secret is None:
            return form.get("client_id") == CLIENT_ID
        pair = urlencode({CLIENT_ID: self.secret}).replace("=", ":", 1)
        return request.headers.get("Authorization") == f"Basic {b64encode(pair.encode()).decode()}"

    def _claims(self, nonce: str) -> Said:
        now = time.time()
        person = self.person if self.in_token else {"sub": self.person["sub"]}
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **person}
        return {name: value for name, value in {**claims, **self.changed}.items() if value is not None}

    async def _show_keys(self, _: web.Request) -> web.StreamResponse:
        self.looked += 1
        return web.json_response(self.keys.published())

    async def _describe(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            return web.Response(status=401)
        return web.json_response(dict(self.person))
