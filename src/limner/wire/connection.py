"""Where a service is, and the key that opens it."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from yarl import URL

from limner.domain.vault import Opener

Headers: TypeAlias = "tuple[tuple[str, str], ...]"
KNOCK_SECONDS = 1.0
"""Within a network a connection takes thousandths of a second, however busy an engine is."""
HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)")


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One account at one service, or one local engine."""

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    organization: str | None = None
    webhook: str | None = None
    """An https address of this installation where the service may send word that a call has ended."""
    headers: Headers = field(default=(), repr=False)
    """What the administrator wants every request to carry, such as what a proxy in front of it asks for."""
    base_url_overridden: bool = False
    """Whether the administrator set the address: such a place may need no key."""
    may_be_private: bool = True
    """Whether an administrator stands behind the address, so that it may lie in a private network."""
    key_is_stored: bool = False
    """Whether the key is somebody's stored one, and not the environment's."""
    python: str | None = None
    """The Python that has what the service's card wants installed; None for the one that runs this."""
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What else the administrator has set, by the environment names of the service's card."""
    switched_off_by: str = ""
    """The environment name with which the administrator has switched the service off; empty where it is on."""

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the key and the address; 64 bits of a hash, from which neither can be had again."""
        parts = (self.base_url, self.api_key or "", self.organization or "", *sorted(map(":".join, self.headers)))
        return hashlib.blake2b("\0".join(parts).encode(), digest_size=8, person=b"limner key").hexdigest()


def reached(connection: Connection, opener: Opener) -> Connection:
    """The same service under another key, or at another address.

    The organization belongs to the installation's own key, and so does the word that the service sends. What the
    installation sends along, to a proxy say, goes nowhere else than where the installation itself has the service.
    """
    own = replace(connection, api_key=opener.secret, organization=None, webhook=None, key_is_stored=True)
    if opener.base_url is None:
        return own
    place = opener.base_url.rstrip("/")
    return replace(own, base_url=place, base_url_overridden=True, headers=(), may_be_private=opener.may_be_private)


def listens(address: str) -> bool:
    """Whether a connection to the place of a base URL can be made; nothing is sent.

    Blocks for `KNOCK_SECONDS` at most, and for as long as the system looks for the name.
    """
    url = URL(address)
    try:
        with socket.create_connection((url.host or "", url.port or 0), KNOCK_SECONDS):
            return True
    except OSError:
        return False


def read_headers(text: str) -> Headers:
    """Headers written `Name: value`, one a line. Raises ValueError, without the values, for what is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [HEADER.fullmatch(line) for line in lines]
    if not all(found):
        raise ValueError("write Name: value, one header a line, in plain signs")
    return tuple((match[1], match[2]) for match in found if match)


def without_credentials(base_url: str) -> tuple[str, Headers]:
    """An address whose user name and password, where it has some, have become the header that carries them."""
    try:
        url = URL(base_url)
        user, password = url.user, url.password
    except ValueError:
        return base_url, ()  # whoever uses it says that it is no address
    if user is None and password is None:
        return base_url, ()
    word = base64.b64encode(f"{user or ''}:{password or ''}".encode()).decode()
    return str(url.with_user(None)), (("Authorization", f"Basic {word}"),)
