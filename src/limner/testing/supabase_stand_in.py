"""A stand-in for the part of a Supabase project that knows its people."""

from __future__ import annotations

import time

from aiohttp import web

from limner.testing.signing import Said, SigningKeys
from limner.testing.stand_in import StandInServer

ANON_KEY = "sb_publishable_of_the_stand_in"


class SupabaseStandIn(StandInServer):
    """Publishes its keys, and says who somebody is: `stand_in.people["<sub>"] = {"email": ...}`."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.keys = SigningKeys("ES256")
        self.people: dict[str, Said] = {}
        self.looked = 0
        """How often the keys were asked for."""
        self.broken = False
        """Whether it fails for now."""

    def routes(self) -> list[web.RouteDef]:
        """Keys, and who somebody is."""
        return [
            web.get("/auth/v1/.well-known/jwks.json", self._show_keys),
            web.get("/auth/v1/user", self._describe),
        ]

    def claims(self, subject: str, email: str, /, **changed: object) -> Said:
        """What an access token of somebody's says; None leaves something out."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": f"{self.root}/auth/v1",
            "aud": "authenticated",
            "role": "authenticated",
            "sub": subject,
            "email": email,
            "iat": now,
            "exp": now + 3600,
            "is_anonymous": False,
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    async def _show_keys(self, _: web.Request) -> web.StreamResponse:
        self.looked += 1
        return web.Response(status=503) if self.broken else web.json_response(self.keys.published())

    async def _describe(self, request: web.Request) -> web.StreamResponse:
        if self.broken:
            return web.Response(status=503)
        if request.headers.get("apikey") != ANON_KEY:
            return web.json_response({"message": "Invalid API key"}, status=401)
        subject = request.headers.get("Authorization", "").removeprefix("Bearer ")
        found = next((each for each in self.people.values() if each["token"] == subject), None)
        if found is None:
            return web.json_response({"error_code": "user_not_found"}, status=403)
        return web.json_response({name: value for name, value in found.items() if name != "token"})
