"""Signing in with OpenID Connect at any issuer: the authorization code flow with PKCE.

Sources: OpenID Connect Core 1.0, RFC 7636 (PKCE), RFC 9207 (the issuer in the answer), RFC 9700 (best practice).
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote_plus, urlencode, urlsplit

from limner.domain.audit import Act, Deed
from limner.domain.authority import is_loopback, own_path
from limner.domain.errors import NotConfigured, QuoteRefused
from limner.domain.identity import Claims, Identity, Issuer, IssuerUnavailable
from limner.domain.membership import Attempts, Tries
from limner.domain.people import SignInRefused, User
from limner.domain.ports import Clock
from limner.domain.telling import Sealer
from limner.engine.federation import Federation, address_in, subject_in
from limner.engine.signed_claims import Published, Signatures, are_in_time, audience_of
from limner.engine.signing_in import PER_ADDRESS, WINDOW

TAKES_AT_MOST = timedelta(minutes=10)
"""How long somebody may take at their issuer."""
SCOPE = "openid email"
CHANCE = 32
"""Bytes of chance in a state, a nonce and a verifier: 43 characters, as many as RFC 7636 wants at least."""
LONGEST_WAY = 1000
"""Characters of the path that somebody goes on to: a cookie has room for 4096 bytes."""
LONGEST_CODE = 4096
"""Characters of what an issuer sends back with somebody."""
_A_CODE = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenIdClient:
    """What we are at an issuer."""

    issuer: str
    """Its address, as it stands in its tokens but for a slash at the end."""
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None for a public client, whom PKCE alone protects."""
    name: str
    """What the button calls it."""
    vouches: bool = False
    """Whether an address counts as verified where it does not say whether it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """Somebody on their way to their issuer."""

    location: str
    """Where they go."""
    state: str
    """Tells this way from others that the same browser is on."""
    ticket: str = field(repr=False)
    """What their browser keeps in a cookie meanwhile: nobody else comes back for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """Somebody who came back and is who they say."""

    user: User
    onward: str
    """The path that they were on their way to."""


class OpenId:
    """Leads people to their issuer, and lets in whom it sends back."""

    def __init__(
        self, client: OpenIdClient | None, issuer: Issuer, federation: Federation, attempts: Attempts, sealer: Sealer
    ) -> None:
        self.client = client
        self._issuer = issuer
        self._federation = federation
        self._attempts = attempts
        self._sealer = sealer
        self._published = Published(issuer, federation.clock)
        self._signatures = Signatures(self._published)

    async def leave(self, onward: str, back: str) -> Leaving:
        """The way to the issuer, for somebody who is to return to the address `back`.

        Raises NotConfigured where there is no issuer, or one that cannot be used, and IssuerUnavailable.
        """
        client = self.configured()
        facts = await self._facts(client)
        state, nonce, verifier = (secrets.token_urlsafe(CHANCE) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": back,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        ends = self._federation.clock.now() + TAKES_AT_MOST
        way = own_path(onward) if len(onward) <= LONGEST_WAY else "/"
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "back": back, "onward": way}
        where = _address(facts, "authorization_endpoint")
        return Leaving(
            location=f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}",
            state=state,
            ticket=self._sealer.seal({**kept, "ends": ends.timestamp()}),
        )

    async def come_back(self, answer: Mapping[str, str], ticket: str | None, address: str) -> Returned:
        """Whoever returns with an issuer's answer, in the browser that they left in; made an account when they are new.

        Every try from an address counts until it went well. Raises SignInRefused, TooManyRequests, NotConfigured and
        IssuerUnavailable.
        """
        client, clock, origin = self.configured(), self._federation.clock, f"address:{address}"
        await self._attempts.begin([Tries(origin, PER_ADDRESS, WINDOW)], clock.now())
        try:
            kept = self._opened(ticket, answer.get("state", ""))
            claims = await self._proved(client, answer, kept)
            user = await self._federation.enter(identity_of(client, claims))
        except SignInRefused:
            deed = Deed(act=Act.SIGN_IN_FAILED, who="", name="", detail=client.issuer, address=address)
            await self._federation.audit.note(deed)
            raise
        await self._attempts.forgive("", origin)
        return Returned(user=user, onward=own_path(kept["onward"]))

    async def claims_in(self, token: str) -> Claims | None:
        """What a token that the issuer has signed says now; None for any other. Raises as `leave` does."""
        facts = await self._facts(self.configured())
        claims = await self._signatures.by_published(token, _address(facts, "jwks_uri"))
        if claims is None or not are_in_time(claims, self._federation.clock.now()):
            return None
        return claims if claims.get("iss") == facts.get("issuer") else None

    def configured(self) -> OpenIdClient:
        """What we are at the issuer. Raises NotConfigured where there is none."""
        if self.client is None:
            raise NotConfigured(
                "Nobody signs in with OpenID Connect here. Set LIMNER_OIDC_ISSUER and LIMNER_OIDC_CLIENT_ID."
            )
        return self.client

    async def _facts(self, client: OpenIdClient) -> Claims:
        """What the issuer says of itself. Raises NotConfigured where it is another one, and IssuerUnavailable."""
        facts = await self._published.read(f"{client.issuer.rstrip('/')}/.well-known/openid-configuration")
        named = str(facts.get("issuer") or "")
        if named.rstrip("/") != client.issuer.rstrip("/"):
            raise NotConfigured(
                f"LIMNER_OIDC_ISSUER is {client.issuer}, but what answers there calls itself {named[:200]!r}. "
                "Set it to the issuer's own name for itself."
            )
        return facts

    def _opened(self, ticket: str | None, state: str) -> Mapping[str, object]:
        """What the browser kept, where it left for this very state and not too long ago. Raises SignInRefused."""
        try:
            kept = self._sealer.open(ticket or "")
        except QuoteRefused:
            kept = {}
        ends = kept.get("ends")
        in_time = isinstance(ends, float) and self._federation.clock.now().timestamp() < ends
        if not in_time or not hmac.compare_digest(str(kept.get("state")).encode(), state.encode()):
            raise SignInRefused("This sign-in was begun in another browser, or too long ago. Begin it again.")
        return kept

    async def _proved(self, client: OpenIdClient, answer: Mapping[str, str], kept: Mapping[str, object]) -> Claims:
        """What the issuer says of whoever returns, its signature checked. Raises SignInRefused and others."""
        facts = await self._facts(client)
        _check_answer(client, answer, facts)
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": str(kept["back"]),
            "code_verifier": str(kept["verifier"]),
        }
        credentials, headers = _credentials(client, facts)
        given = await self._issuer.redeem(_address(facts, "token_endpoint"), {**form, **credentials}, headers)
        if given is None:
            raise SignInRefused(f"{client.name} does not know this sign-in, or it was used already. Begin it again.")
        token = given.get("id_token")
        claims = (
            await self._signatures.by_published(token, _address(facts, "jwks_uri")) if isinstance(token, str) else None
        )
        clock: Clock = self._federation.clock
        if claims is None or not are_in_time(claims, clock.now()) or not _is_for(client, claims, facts, kept):
            raise SignInRefused(f"What {client.name} says of you cannot be trusted. Begin the sign-in again.")
        return await self._with_email(claims, facts, given)

    async def _with_email(self, claims: Claims, facts: Claims, given: Claims) -> Claims:
        """The same, and the address from where the issuer keeps it, if it is not in the token (Core 5.4)."""
        token = given.get("access_token")
        if "email" in claims or "userinfo_endpoint" not in facts or not isinstance(token, str):
            return claims
        endpoint, headers = _address(facts, "userinfo_endpoint"), {"Authorization": f"Bearer {token}"}
        more = await self._issuer.described(endpoint, headers) or {}
        if more.get("sub") != claims.get("sub"):  # somebody else's, by whatever mistake (Core 5.3.2)
            return claims
        return {**claims, "email": more.get("email"), "email_verified": more.get("email_verified")}


def client_of(
    issuer: str | None, client_id: str | None, client_secret: str | None, name: str | None, *, vouches: bool = False
) -> OpenIdClient | None:
    """What we are at an issuer, from settings; None where none is set. Raises NotConfigured for half of them."""
    if not issuer and not client_id:
        return None
    if not issuer or not client_id:
        raise NotConfigured("Set both LIMNER_OIDC_ISSUER and LIMNER_OIDC_CLIENT_ID.", code="settings_invalid")
    check_protected(issuer, "LIMNER_OIDC_ISSUER")
    return OpenIdClient(
        issuer=issuer,
        client_id=client_id,
        client_secret=client_secret or None,
        name=name or urlsplit(issuer).netloc,
        vouches=vouches,
    )


def check_protected(address: str, setting: str) -> None:
    """Raises NotConfigured for an address that is not https: whoever stands in between could sign in as anybody."""
    if not _is_protected(address):
        raise NotConfigured(f"{setting} has to be an https address.", code="settings_invalid")


def _is_protected(address: str) -> bool:
    """Whether nobody reads along on the way to an address: it is https, or on this machine."""
    try:
        parts = urlsplit(address)
        if not parts.hostname or parts.port == 0:
            return False
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc))


def _check_answer(client: OpenIdClient, answer: Mapping[str, str], facts: Claims) -> None:
    """Raises SignInRefused for an answer that brings no code, or comes from another issuer (RFC 9207)."""
    named = answer.get("iss")
    must = facts.get("authorization_response_iss_parameter_supported") is True
    if (named is not None or must) and named != facts.get("issuer"):
        raise SignInRefused(f"This answer is not from {client.name}. Begin the sign-in again.")
    code = answer.get("code", "")
    if not 0 < len(code) <= LONGEST_CODE:
        told = answer.get("error", "")
        said = f" It says {told}." if _A_CODE.fullmatch(told) else ""
        raise SignInRefused(f"{client.name} has not signed you in.{said}")


def _credentials(client: OpenIdClient, facts: Claims) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What shows the token endpoint who we are, in the form and in the headers."""
    if client.client_secret is None:
        return {"client_id": client.client_id}, {}
    methods = facts.get("token_endpoint_auth_methods_supported")
    if isinstance(methods, list) and "client_secret_basic" not in methods:
        return {"client_id": client.client_id, "client_secret": client.client_secret}, {}
    # Encoded as a form before they are joined (RFC 6749, section 2.3.1).
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    return {}, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _is_for(client: OpenIdClient, claims: Claims, facts: Claims, kept: Mapping[str, object]) -> bool:
    """Whether claims are from the issuer, for us, and for the sign-in that was begun (Core 3.1.3.7)."""
    audience, party = audience_of(claims), claims.get("azp")
    is_ours = client.client_id in audience and party in (
        (client.client_id,) if len(audience) > 1 else (None, client.client_id)
    )
    nonce = claims.get("nonce")
    is_asked_for = isinstance(nonce, str) and hmac.compare_digest(nonce.encode(), str(kept["nonce"]).encode())
    return claims.get("iss") == facts.get("issuer") and "iat" in claims and is_ours and is_asked_for


def identity_of(client: OpenIdClient, claims: Claims) -> Identity:
    """Who the issuer says somebody is. Raises SignInRefused where their address is not verified."""
    email, subject = address_in(claims), subject_in(claims)
    said = claims.get("email_verified")
    verified = said in (True, "true") or (said is None and client.vouches)
    if not verified or not email or not subject:
        raise SignInRefused(f"{client.name} has not verified your e-mail address. Verify it there, then sign in again.")
    return Identity(issuer=client.issuer.rstrip("/"), subject=subject, email=email, vouched=False)


def _address(facts: Claims, name: str) -> str:
    """An address that the issuer has published. Raises IssuerUnavailable where there is none that is protected."""
    found = facts.get(name)
    try:
        check_protected(str(found), name)
    except NotConfigured:
        raise IssuerUnavailable(f"The issuer publishes no {name} that can be used. Ask whoever runs it.") from None
    return str(found)
