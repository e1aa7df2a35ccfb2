"""Who is let in where people sign in: each request is somebody's, or it is for a path that is open to all.

What may be seen and not done by somebody is refused here for every route at once. The engine asks once more before
money is spent, for whatever comes some other way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import cookie_parser
from starlette.types import Scope

from limner.api.errors import status_of
from limner.domain.errors import Forbidden, LimnerError, Problem
from limner.domain.people import Principal, SignInRequired, signed_in
from limner.runtime.admittance import Admittance
from limner.runtime.cookies import SESSION_COOKIE

PRINCIPAL = "limner.principal"
"""Where in the scope the routes find who asks; None on an open path where nobody has signed in."""
STILL = "limner.still"
"""Where streams find what says whether they are still let in, as the same one with the same rights."""

OPEN_PAGES = frozenset({"/docs", "/invitation", "/language", "/login", "/setup"})
"""Pages that know who looks, and are there for nobody in particular too; a language is chosen before signing in."""
OPEN_SIGN_IN = frozenset(
    {"/api/auth/google", "/api/auth/login", "/api/auth/logout", "/api/auth/oidc/callback", "/api/auth/oidc/start"}
)
PROTECTED = "/.well-known/oauth-protected-resource"
"""Where programs read who gives them tokens for this server (RFC 9728)."""
INSTALLED = frozenset({"/manifest.webmanifest", "/offline", "/sw.js"})
"""What a browser keeps of the studio; nothing of anybody's own."""
OPEN = OPEN_PAGES | OPEN_SIGN_IN | INSTALLED | {"/health", "/ready", "/openapi.json", PROTECTED, f"{PROTECTED}/mcp"}
OPEN_BELOW = ("/s/", "/static/", "/webhooks/", "/compat/document1/webhooks/")
"""What share links show, the pages' own files, and word from services, which sign it."""
WORD_OF_A_SERVICE = re.compile(r"/api/v1/webhooks/[^/]+")
"""The same at the native address; taken by POST alone, where people's own webhooks have no path of that form."""

IN_THE_BODY = frozenset({"/chat", "/generate-image", "/compat/document3/chat", "/compat/document3/generate-image"})
"""POST there may bring a Google access token in its body: the route asks who that is, and until then it is nobody."""

MCP = "/mcp"
"""Where language models ask; every message comes by POST, also one that changes nothing."""

FOR_ALL = frozenset(
    {
        "/api/auth/logout-everywhere",
        "/api/auth/password",
        "/api/v1/comparisons/quote",
        "/api/v1/quotes",
        "/generate-image/estimate",
        "/keys",
        "/language",
        "/logout",
        MCP,
        "/settings/appearance",
        "/theme",
    }
)
"""POST there changes nothing but one's own sign-in, or is told apart further in: a viewer may."""
FOR_ALL_BELOW = ("/api/auth/tokens", "/api/v1/tokens", "/settings/account/", "/settings/tokens")

SHOWN = (b"authorization", b"cookie")
"""The headers that say who somebody is."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """What is answered in place of a route."""

    status: int
    problem: Problem | None = None
    """None where the answer has no body: it leads somewhere else."""
    headers: Mapping[str, str] = field(default_factory=dict)


def is_open(method: str, path: str) -> bool:
    """Whether a route is there for everybody."""
    if path in OPEN or path.startswith(OPEN_BELOW):
        return True
    return method == "POST" and WORD_OF_A_SERVICE.fullmatch(path) is not None


class Gate:
    """Finds out who asks, before any route."""

    def __init__(self, admittance: Callable[[], Admittance], public: str | None = None) -> None:
        self._admittance = admittance
        self._public = None if public is None else public.rstrip("/")

    async def admit(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Refusal | None:
        """Notes in the scope who asks; the answer where they are not let in."""
        method, path = scope["method"], scope["path"]
        try:
            if is_open(method, path):
                scope[PRINCIPAL] = await self._perhaps(headers) if path in OPEN_PAGES else None
                return None
            found = await self._found(headers, method)
            if found is None and method == "POST" and path in IN_THE_BODY:
                scope[PRINCIPAL] = None
                return None
            principal = signed_in(found)
            if method not in SAFE_METHODS and path not in FOR_ALL and not path.startswith(FOR_ALL_BELOW):
                principal.check_may_change()
        except LimnerError as error:
            if isinstance(error, SignInRequired) and _is_page(method, path, headers):
                return Refusal(status=303, headers={"Location": f"/login?{urlencode({'next': _here(scope)})}"})
            status = status_of(error)
            return Refusal(status=status, problem=error.problem(), headers=self._way_in(status, scope, headers))
        scope[PRINCIPAL] = principal
        shown = {name: headers[name] for name in SHOWN if name in headers}
        scope[STILL] = partial(self._is_still, shown, principal)
        return None

    def _way_in(self, status: int, scope: Scope, headers: Mapping[bytes, bytes]) -> Mapping[str, str]:
        """Where a language model's client, which has to sign in, reads where it can."""
        if status != HTTPStatus.UNAUTHORIZED or scope["path"] != MCP or self._admittance().openid.client is None:
            return {}
        base = self._public or f"{scope['scheme']}://{headers.get(b'host', b'').decode('latin-1')}"
        wrong = ', error="invalid_token"' if b"authorization" in headers else ""
        return {"WWW-Authenticate": f'Bearer resource_metadata="{base}{PROTECTED}/mcp"{wrong}'}

    async def _is_still(self, shown: Mapping[bytes, bytes], principal: Principal) -> bool:
        """Whether what somebody showed when they came still stands for the same one, with the same rights."""
        try:
            return await self._found(shown, "GET") == principal
        except SignInRequired:
            return False
        except LimnerError:
            return True  # nobody can say now; they are asked again

    async def _found(self, headers: Mapping[bytes, bytes], method: str) -> Principal | None:
        """Whoever the token or the cookie of a request stands for. Raises SignInRequired and Forbidden."""
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        if authorization:
            kind, _, secret = authorization.partition(" ")
            if kind.lower() != "bearer":
                raise SignInRequired("Authorization has to be `Bearer lim_...`, with an API token of yours.")
            return await self._admittance().bearers.with_token(secret.strip())
        session = session_of(headers)
        if session is None:
            return None
        if method not in SAFE_METHODS:
            _check_own_page(headers)
        return await self._admittance().signing_in.with_session(session)

    async def _perhaps(self, headers: Mapping[bytes, bytes]) -> Principal | None:
        """Whoever looks at an open page; None for a session that has ended, too."""
        try:
            session = session_of(headers)
            return None if session is None else await self._admittance().signing_in.with_session(session)
        except SignInRequired:
            return None


def session_of(headers: Mapping[bytes, bytes]) -> str | None:
    """The session's id in the cookies of a request."""
    return cookie_parser(headers.get(b"cookie", b"").decode("latin-1")).get(SESSION_COOKIE) or None


def _check_own_page(headers: Mapping[bytes, bytes]) -> None:
    """Raises Forbidden for a change that comes with a cookie from a page that is not ours.

    The door has refused a foreign Origin already, and browsers send the cookie (SameSite=Lax) with no change that
    another site makes. A program that signs in and keeps its cookie sends neither header, and is no page.
    """
    if headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
        raise Forbidden(
            "A change that is signed in by a cookie is taken from this server's own pages only. "
            "Programs rather use an API token.",
            code="foreign_page",
        )


def _is_page(method: str, path: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser asks for a page: it is led to the sign-in and back."""
    return method in SAFE_METHODS and not path.startswith("/api/") and b"text/html" in headers.get(b"accept", b"")


def _here(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    path: str = scope["path"]
    return f"{path}?{query}" if query else path
