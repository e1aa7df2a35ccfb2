"""Who an address says it belongs to: the `host[:port]` in it."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

AUTHORITY = re.compile(r"(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE)
"""What Host may say: a name or an address, and perhaps a port; nothing that would lead elsewhere in an address."""


def authority_of(url: str | None) -> str | None:
    """The `host[:port]` of an address; None where there is none."""
    return urlsplit(url).netloc.lower() or None if url else None


@lru_cache(maxsize=16)
def is_loopback(authority: str) -> bool:
    """Whether `host[:port]` names this machine to itself; each request asks it of the same few names."""
    if AUTHORITY.fullmatch(authority) is None:
        return False
    try:
        name = urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def own_path(value: object) -> str:
    """A path on the server itself, to go on to; the first page for anything else, so that nobody is led away."""
    path = str(value or "/")
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and path.isprintable()
    return path if is_ours else "/"
