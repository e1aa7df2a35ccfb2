"""Joins what knows people: their accounts, sessions, tokens and deeds."""

from __future__ import annotations

from dataclasses import dataclass

from limner.db.admission import SqlAttempts, SqlSessions, SqlTokens
from limner.db.audit import SqlAudit
from limner.db.database import Database
from limner.db.identities import SqlIdentities
from limner.db.invitations import SqlInvitations
from limner.db.people import SqlPeople
from limner.db.sharing import SqlSharing
from limner.domain.audit import Audit
from limner.domain.identity import Issuer
from limner.domain.ports import Clock, Ids
from limner.engine.accounts import Accounts
from limner.engine.api_tokens import ApiTokens
from limner.engine.bearers import Bearers
from limner.engine.federation import Federation
from limner.engine.inviting import Inviting
from limner.engine.openid import OpenId, OpenIdClient, client_of
from limner.engine.openid_tokens import OpenIdTokens
from limner.engine.passwords import Argon2Passwords
from limner.engine.quotes import HmacSealer
from limner.engine.sharing import SharedProjects
from limner.engine.signing_in import SigningIn
from limner.engine.supabase import Supabase, project_of
from limner.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Admittance:
    """Everything about people."""

    signing_in: SigningIn
    bearers: Bearers
    accounts: Accounts
    inviting: Inviting
    tokens: ApiTokens
    projects: SharedProjects
    federation: Federation
    openid: OpenId
    audit: Audit


def words_in(text: str | None) -> frozenset[str]:
    """The words of a comma-separated list."""
    return frozenset(word.strip() for word in (text or "").split(",") if word.strip())


def admittance(
    database: Database, issuer: Issuer, settings: Settings, clock: Clock, ids: Ids, sealer: HmacSealer
) -> Admittance:
    """All of it over one database. Raises NotConfigured for issuers that are set wrongly."""
    people, attempts, tokens = SqlPeople(database), SqlAttempts(database), SqlTokens(database)
    passwords, audit = Argon2Passwords(), SqlAudit(database, clock, ids)
    signing_in = SigningIn(
        people=people,
        sessions=SqlSessions(database),
        tokens=tokens,
        attempts=attempts,
        passwords=passwords,
        audit=audit,
        clock=clock,
        ids=ids,
    )
    federation = Federation(
        issuer=issuer,
        identities=SqlIdentities(database),
        audit=audit,
        clock=clock,
        ids=ids,
        google_clients=words_in(settings.variables.get("GOOGLE_CLIENT_ID")),
        domains=words_in(settings.sign_up_domains.lower()),
    )
    project = project_of(settings.variables) if settings.accounts else None
    openid = OpenId(_client(settings), issuer, federation, attempts, sealer.for_purpose("sign-in"))
    return Admittance(
        signing_in=signing_in,
        bearers=Bearers(
            signing_in=signing_in,
            supabase=None if project is None else Supabase(project, issuer, federation),
            openid=None if openid.client is None else _tokens(openid, federation, settings),
        ),
        accounts=Accounts(people=people, attempts=attempts, passwords=passwords, audit=audit, clock=clock, ids=ids),
        inviting=Inviting(invitations=SqlInvitations(database), passwords=passwords, audit=audit, clock=clock, ids=ids),
        tokens=ApiTokens(tokens=tokens, audit=audit, clock=clock, ids=ids),
        projects=SharedProjects(sharing=SqlSharing(database), people=people, audit=audit, clock=clock, ids=ids),
        federation=federation,
        openid=openid,
        audit=audit,
    )


def _client(settings: Settings) -> OpenIdClient | None:
    """What we are at the issuer that is set, where people sign in."""
    if not settings.accounts:
        return None
    return client_of(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.oidc_name,
        vouches=settings.oidc_trusts_addresses,
    )


def _tokens(openid: OpenId, federation: Federation, settings: Settings) -> OpenIdTokens:
    """What knows the access tokens that are for this server, or for its place for language models."""
    resources = frozenset({settings.address, f"{settings.address}/", f"{settings.address}/mcp"})
    return OpenIdTokens(openid=openid, federation=federation, resources=resources)
