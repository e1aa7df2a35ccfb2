"""The cookies: of a session, and of somebody on their way to their issuer."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from limner.domain.authority import is_loopback
from limner.engine.signing_in import Opened

SESSION_COOKIE = "limner_session"
SHARED = "Path=/; HttpOnly; SameSite=Lax"
LEAVING = "limner_leaving_"
ON_THE_WAY = "Path=/api/auth/oidc; HttpOnly; SameSite=Lax"
"""Lax: an issuer sends people back from a site of its own."""


def kept(opened: Opened, host: str) -> Mapping[str, str]:
    """The header that hands a session to a browser which speaks to us as `host`.

    It is Secure everywhere but on this machine's own names, where there is no TLS and nobody in between.
    """
    lifetime = opened.session.expires - opened.session.created
    ends = f"; Max-Age={int(lifetime.total_seconds())}" if opened.session.stays else ""
    return _header(f"{SESSION_COOKIE}={opened.secret}; {SHARED}{ends}", host)


def dropped(host: str) -> Mapping[str, str]:
    """The header that makes a browser forget it."""
    return _header(f"{SESSION_COOKIE}=; {SHARED}; Max-Age=0", host)


def leaving_cookie(state: str) -> str:
    """The name of the cookie of one way to an issuer: a browser may be on several, in several tabs."""
    return LEAVING + sha256(state.encode()).hexdigest()[:16]


def left(ticket: str, state: str, seconds: int, host: str) -> Mapping[str, str]:
    """The header that hands a browser the ticket of somebody who leaves for their issuer."""
    return _header(f"{leaving_cookie(state)}={ticket}; {ON_THE_WAY}; Max-Age={seconds}", host)


def returned(state: str, host: str) -> Mapping[str, str]:
    """The header that takes it back."""
    return _header(f"{leaving_cookie(state)}=; {ON_THE_WAY}; Max-Age=0", host)


def _header(cookie: str, host: str) -> Mapping[str, str]:
    return {"Set-Cookie": cookie if is_loopback(host) else f"{cookie}; Secure"}
