"""Whoever comes with a token in `Authorization: Bearer`: one of ours, or one of a place that is trusted."""

from __future__ import annotations

from dataclasses import dataclass

from limner.domain.people import Principal
from limner.engine.openid_tokens import OpenIdTokens
from limner.engine.signed_claims import issuer_named_in
from limner.engine.signing_in import TOKEN_PREFIX, SigningIn
from limner.engine.supabase import Supabase


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearers:
    """Tells tokens apart by their form."""

    signing_in: SigningIn
    supabase: Supabase | None
    openid: OpenIdTokens | None

    async def with_token(self, token: str) -> Principal:
        """Whoever a token stands for. Raises SignInRequired and IssuerUnavailable."""
        if token.startswith(TOKEN_PREFIX) or token.count(".") != 2:
            return await self.signing_in.with_token(token)
        theirs = self.supabase is not None and issuer_named_in(token) == self.supabase.project.issuer
        if self.openid is not None and not theirs:
            return await self.openid.with_token(token)
        if self.supabase is not None:
            return (await self.supabase.with_token(token)).principal()
        return await self.signing_in.with_token(token)
