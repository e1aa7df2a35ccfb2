"""API tokens: what programs sign in with."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from limner.domain.audit import Act, Audit, Deed, Record
from limner.domain.errors import InvalidRequest
from limner.domain.membership import Tokens, no_token
from limner.domain.people import USUAL_SCOPES, ApiToken, Principal, TokenScope
from limner.domain.ports import Clock, Ids
from limner.engine.signing_in import SECRET_BYTES, TOKEN_PREFIX, digest_of

MOST = 50
"""Tokens that one person may have."""
LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A new token; `secret` is shown now and never again."""

    token: ApiToken
    secret: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiTokens:
    """Everybody's tokens, each person's for that person alone."""

    tokens: Tokens
    audit: Audit
    clock: Clock
    ids: Ids

    async def add(
        self,
        name: str,
        principal: Principal,
        *,
        scopes: Collection[TokenScope] = USUAL_SCOPES,
        expires: datetime | None = None,
        owner: str | None = None,
    ) -> Made:
        """A new token, for oneself; at the command line for another `owner`.

        Raises InvalidRequest, and Forbidden for whoever came with a token that may not manage.
        """
        principal.check_may_manage()
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise InvalidRequest(f"A token has a name of 1 to {LONGEST_NAME} printable characters.", field="name")
        if expires is not None and expires <= self.clock.now():
            raise InvalidRequest("The token would have expired already. Give a later moment.", field="expires")
        secret = TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        token = ApiToken(
            id=self.ids.new(),
            owner=owner or principal.id,
            name=name.strip(),
            digest=digest_of(secret),
            last_four=secret[-4:],
            scopes=frozenset(scopes) | {TokenScope.READ},
            created=self.clock.now(),
            expires=expires,
        )
        if not await self.tokens.add(token, MOST, self._record(Act.TOKEN_ADDED, token, principal)):
            raise InvalidRequest(f"There are {MOST} API tokens already. Remove one first.", code="too_many_tokens")
        return Made(token=token, secret=secret)

    async def of(self, owner: str) -> Sequence[ApiToken]:
        """One person's, oldest first."""
        return await self.tokens.all(owner)

    async def remove(self, token_id: str, principal: Principal, *, owner: str | None = None) -> ApiToken:
        """Makes a token useless at once. Raises NotFound, and Forbidden as `add` does."""
        principal.check_may_manage()
        whose = owner or principal.id
        token = next((each for each in await self.tokens.all(whose) if each.id == token_id), None)
        if token is None:
            raise no_token(token_id)
        return await self.tokens.remove(token_id, whose, self._record(Act.TOKEN_REMOVED, token, principal))

    def _record(self, act: Act, token: ApiToken, principal: Principal) -> Record:
        detail = ", ".join(sorted(token.scopes))
        return self.audit.record(
            Deed(act=act, who=principal.id, name=principal.name, subject=token.name, detail=detail)
        )
