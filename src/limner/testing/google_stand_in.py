"""A stand-in for the place where Google says whose an access token is."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from limner.testing.stand_in import StandInServer

Said = Mapping[str, str]


class GoogleStandIn(StandInServer):
    """Knows the tokens that it is told of: `stand_in.tokens["ya29.x"] = account(...)`; all values are text there."""

    base_path = "/tokeninfo"

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.tokens: dict[str, Said] = {}
        self.broken = False
        """Whether it fails for now."""

    def routes(self) -> list[web.RouteDef]:
        """One."""
        return [web.get("/tokeninfo", self._tell)]

    async def _tell(self, request: web.Request) -> web.StreamResponse:
        if self.broken:
            return web.Response(status=503, text="try later")
        said = self.tokens.get(request.query.get("access_token", ""))
        if said is None:
            return web.json_response({"error": "invalid_token", "error_description": "Invalid Value"}, status=400)
        return web.json_response(dict(said))


def account(email: str, client: str, *, expires: float, verified: bool = True, subject: str | None = None) -> Said:
    """What Google says of a token: whose it is, for which program, until when (in seconds since 1970)."""
    return {
        "azp": client,
        "aud": client,
        "sub": subject or f"sub-{email}",
        "scope": "openid https://www.googleapis.com/auth/userinfo.email",
        "exp": str(int(expires)),
        "expires_in": "3599",
        "email": email,
        "email_verified": "true" if verified else "false",
        "access_type": "online",
    }
