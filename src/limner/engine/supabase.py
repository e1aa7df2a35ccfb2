"""People of a Supabase project, who sign in with the tokens that it gives them.

Source: https://supabase.com/docs/guides/auth/jwt-fields and /guides/auth/jwts, read 2026-11-28.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from limner.domain.errors import NotConfigured
from limner.domain.identity import Claims, Identity, Issuer
from limner.domain.people import SignInRefused, SignInRequired, User
from limner.engine.federation import Federation, address_in, subject_in
from limner.engine.openid import check_protected
from limner.engine.signed_claims import Jwk, Published, Signatures, algorithm_of, are_in_time, audience_of

KEYS = "/.well-known/jwks.json"
OURSELVES = "/user"
"""Where the project says who somebody is, to whoever comes with their token and a key of the project."""
PEOPLE = "authenticated"
"""The role and the audience of people; a project signs tokens for its own programs as well."""
SHORTEST_SECRET = 32
"""Characters; Supabase's own have 88."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SupabaseProject:
    """A project whose people sign in here."""

    issuer: str
    """As it stands in the tokens: the project's address and `/auth/v1`."""
    key: str | None = field(default=None, repr=False)
    """Its anonymous (or publishable) key, which it wants to see from whoever asks it about somebody."""
    secret: str | None = field(default=None, repr=False)
    """What it signs with, where it still does so with a secret that is shared (HS256)."""


class Supabase:
    """Knows the tokens of one project."""

    def __init__(self, project: SupabaseProject, issuer: Issuer, federation: Federation) -> None:
        self.project = project
        self._issuer = issuer
        self._federation = federation
        self._signatures = Signatures(Published(issuer, federation.clock))

    async def with_token(self, token: str) -> User:
        """Whoever a token stands for; their account is made when they are new.

        Of whom it does not know yet, the project is asked where there is a key for that: somebody may have been
        removed there since. Raises SignInRequired, SignInRefused and IssuerUnavailable.
        """
        claims = await self._claims(token)
        subject = subject_in(claims)
        known = await self._federation.identities.find(self.project.issuer, subject)
        if known is not None:
            return known
        email = await self._confirmed(token, claims)
        if not email:
            raise SignInRefused(
                "Your Supabase account has no confirmed e-mail address. Confirm one, then sign in again."
            )
        # Not verified: a project may be set to confirm every address unseen, and its tokens do not tell.
        return await self._federation.enter(
            Identity(
                issuer=self.project.issuer,
                subject=subject,
                email=email,
                vouched=False,
                verified=False,
            )
        )

    async def _claims(self, token: str) -> Claims:
        """What a token of the project's says of a person. Raises SignInRequired for any other."""
        project = self.project
        if algorithm_of(token) != "HS256":
            claims = await self._signatures.by_published(token, f"{project.issuer}{KEYS}")
        elif project.secret is not None:
            claims = await self._signatures.by_secret(token, _shared(project.secret))
        else:
            claims = None
        if claims is None or not _is_person(claims, project) or not are_in_time(claims, self._federation.clock.now()):
            raise SignInRequired("This Supabase token is expired, or not one of this server's project. Sign in again.")
        return claims

    async def _confirmed(self, token: str, claims: Claims) -> str:
        """The address of somebody new; empty where it is not confirmed, or they have none."""
        if self.project.key is None:
            return address_in(claims)
        headers = {"apikey": self.project.key, "Authorization": f"Bearer {token}"}
        person = await self._issuer.described(f"{self.project.issuer}{OURSELVES}", headers) or {}
        is_theirs = person.get("id") == subject_in(claims) and person.get("email_confirmed_at")
        return address_in(person) if is_theirs else ""


def project_of(variables: Mapping[str, str]) -> SupabaseProject | None:
    """The project that is set; None where none is. Raises NotConfigured."""
    address = variables.get("SUPABASE_URL", "").rstrip("/")
    if not address:
        return None
    check_protected(address, "SUPABASE_URL")
    secret = variables.get("SUPABASE_JWT_SECRET") or None
    if secret is not None and len(secret) < SHORTEST_SECRET:
        raise NotConfigured(
            f"SUPABASE_JWT_SECRET has {SHORTEST_SECRET} characters or more. Copy it from the project's settings, or "
            "leave it out where the project signs with keys.",
            code="settings_invalid",
        )
    return SupabaseProject(issuer=f"{address}/auth/v1", key=variables.get("SUPABASE_ANON_KEY") or None, secret=secret)


def _is_person(claims: Claims, project: SupabaseProject) -> bool:
    """Whether a token is for a person who has signed in: not for a program, and not for somebody without a name."""
    return (
        claims.get("iss") == project.issuer
        and claims.get("role") == PEOPLE
        and PEOPLE in audience_of(claims)
        and claims.get("is_anonymous") is not True
        and subject_in(claims) != ""
    )


def _shared(secret: str) -> Jwk:
    """A shared secret as a key (RFC 7518, section 6.4)."""
    return {"kty": "oct", "k": urlsafe_b64encode(secret.encode()).decode().rstrip("=")}
