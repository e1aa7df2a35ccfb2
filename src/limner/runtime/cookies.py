"""The cookie that holds a session's id."""

from __future__ import annotations

from collections.abc import Mapping

from limner.domain.authority import is_loopback
from limner.engine.signing_in import Opened

SESSION_COOKIE = "limner_session"
SHARED = "Path=/; HttpOnly; SameSite=Lax"


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


def _header(cookie: str, host: str) -> Mapping[str, str]:
    return {"Set-Cookie": cookie if is_loopback(host) else f"{cookie}; Secure"}
