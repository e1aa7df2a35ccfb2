"""Access tokens that an OpenID issuer gives programs for this server, such as MCP clients.

Sources: RFC 9068 (access tokens as JWT), RFC 8707 and RFC 9728 (the resource that they are for), and the authorization
of MCP (2025-11-25, read 2026-11-28): a server takes no token that was not made for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from limner.domain.identity import Claims
from limner.domain.people import USUAL_SCOPES, Principal, SignInRefused, User
from limner.engine.federation import Federation, subject_in
from limner.engine.openid import OpenId, identity_of
from limner.engine.signed_claims import audience_of


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenIdTokens:
    """Tells whose an access token is."""

    openid: OpenId
    federation: Federation
    resources: frozenset[str]
    """The addresses under which this server is what a token may be for."""

    async def with_token(self, token: str) -> Principal:
        """Whoever a token stands for, with what tokens may usually do: it never manages.

        Raises SignInRefused for one that is expired, invented, or made for somebody else, and IssuerUnavailable.
        """
        claims = await self.openid.claims_in(token)
        if claims is None or self.resources.isdisjoint(audience_of(claims)):
            raise SignInRefused("This access token is expired, or was not made for this server. Sign in again.")
        return (await self._person(claims)).principal(scopes=USUAL_SCOPES)

    async def _person(self, claims: Claims) -> User:
        """An access token need not say an address: whoever has signed in here before is known by the issuer's id."""
        client, subject = self.openid.configured(), subject_in(claims)
        known = await self.federation.identities.find(client.issuer.rstrip("/"), subject) if subject else None
        return known or await self.federation.enter(identity_of(client, claims))
