"""Which addresses may be fetched: the one gate for result addresses of services and for addresses given by users.

Names are checked when they are resolved, by the resolver that the connection uses, so that a name cannot change its
mind in between. Addresses written as numbers never reach a resolver (aiohttp 3.14) and are checked here.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from limner.domain.errors import InvalidRequest

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Place: TypeAlias = "tuple[str, int]"
"""A host in lower case and a port."""

NAT64 = ipaddress.ip_network("64:ff9b::/96")
SCHEMES = {"http", "https"}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""What yarl (1.25) takes out of an address without a word: it would lead elsewhere than it says."""
NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""What browsers and systems take for a number however it is spelled (WHATWG URL: a host that ends in a number)."""


def is_public(text: str) -> bool:
    """Whether an address may belong to somebody else's server; looks through IPv4 wrapped in IPv6."""
    try:
        address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else address


def place_of(url: URL) -> Place:
    """Host and port of an address. Raises InvalidRequest where it has none."""
    try:
        host, port = url.host, url.port
    except ValueError as error:
        raise _refused(f"{shown(url)} has no valid port") from error
    if not host or port is None:
        raise _refused(f"{shown(url)} names no host")
    return host.lower().rstrip("."), port


def shown(url: URL) -> str:
    """An address as it may be shown: without credentials and query."""
    try:
        return str(url.with_user(None).with_query(None).with_fragment(None))
    except ValueError:
        return f"{url.scheme}:" if url.scheme else "This"


def _refused(reason: str) -> InvalidRequest:
    return InvalidRequest(f"{reason}. Give an http or https address of a public server.", field="url")


class Guard:
    """Knows the private places that may be reached all the same: `allowed` by the administrator as host:port, and
    the services' own base URLs, which only their own results may use.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = {_parsed(entry) for entry in allowed if entry.strip()}
        self._services: set[Place] = set()
        self._resolver: AbstractResolver | None = None

    def trust(self, base_url: str) -> None:
        """A service is configured to live here, on whatever network. Raises InvalidRequest for no http address."""
        url = URL(base_url)
        if url.scheme not in SCHEMES:
            raise _refused(f"{shown(url)} is no base URL")
        self._services.add(place_of(url))

    def is_exempt(self, place: Place) -> bool:
        """Whether this place may be private."""
        return place in self._allowed or place in self._services

    async def check(self, address: str | URL, *, from_service: bool = False) -> URL:
        """The address, if it may be fetched. Raises InvalidRequest with field `url` if not.

        `from_service` says that a service gave it as the place of a result: then the services' own places are fine.
        """
        url = self._parsed_url(address)
        place = place_of(url)
        if place in self._allowed or (from_service and place in self._services):
            return url
        _check_host(url, place[0])
        if place in self._services and not _is_literal(place[0]):
            await self._check_name(url, place)
        return url

    async def check_base_url(self, address: str, *, private: bool) -> None:
        """Looks at an address under which somebody wants a service to be reached.

        With `private` it may be in a private network. Otherwise its name has to lead to public addresses now; whether
        it does so later is looked at by the resolver. Raises InvalidRequest with field `url`.
        """
        url = self._parsed_url(address)
        place = place_of(url)
        if url.query_string or url.fragment:
            raise _refused(f"{shown(url)} is followed by a query or a fragment, which no base URL has")
        if private or place in self._allowed:
            return
        _check_host(url, place[0])
        if not _is_literal(place[0]):
            await self._check_name(url, place)

    def resolver(self) -> AbstractResolver:
        """The resolver for the connections behind this guard; made inside the running loop."""
        self._resolver = GuardedResolver(self)
        return self._resolver

    def _parsed_url(self, address: str | URL) -> URL:
        if isinstance(address, str) and CONTROL.search(address):
            raise _refused("The address has a line break or another control character in it")
        try:
            url = URL(address) if isinstance(address, str) else address
            has_credentials = url.user is not None or url.password is not None
        except ValueError as error:
            raise _refused("This is no address") from error
        if url.scheme not in SCHEMES:
            raise _refused(f"{shown(url)} does not begin with http:// or https://")
        if has_credentials:
            raise _refused(f"{shown(url)} carries a user name or password")
        return url

    async def _check_name(self, url: URL, place: Place) -> None:
        """A user may not reach a service's private place by its name: the resolver would let it through."""
        try:
            rows = await ThreadedResolver().resolve(place[0], place[1], socket.AF_UNSPEC)
        except (OSError, UnicodeError) as error:
            raise _refused(f"The host of {shown(url)} is not known") from error
        if not all(is_public(row["host"]) for row in rows):
            raise _refused(f"{shown(url)} leads into a private network")


class GuardedResolver(ThreadedResolver):
    """Resolves names to public addresses only, except for places that may be private."""

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError where none is public."""
        try:
            rows = await super().resolve(host, port, family)
        except UnicodeError as error:  # a part of it is longer than the 63 bytes that names have (Python 3.14)
            raise OSError(f"{host[:80]} is no name of a host") from error
        if self._guard.is_exempt((host.lower().rstrip("."), port)):
            return rows
        public = [row for row in rows if is_public(row["host"])]
        if not public:
            raise OSError(f"the address of {host} is not public")
        return public


def _check_host(url: URL, host: str) -> None:
    """Looks at what a host says without asking anybody for it. Raises InvalidRequest."""
    if _is_literal(host):
        if not is_public(host):
            raise _refused(f"{shown(url)} is an address inside a private network")
    elif NUMBER.fullmatch(host):
        raise _refused(f"{shown(url)} is a number in a spelling that is not taken; write it as four from 0 to 255")
    elif host == "localhost" or host.endswith(".localhost"):
        raise _refused(f"{shown(url)} is this machine itself")


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _parsed(entry: str) -> Place:
    """Reads host:port of an allow-list. Raises InvalidRequest."""
    try:
        url = URL(f"//{entry.strip()}")
        host, port = url.host, url.explicit_port
    except ValueError:
        host, port = None, None
    if not host or port is None:
        raise InvalidRequest(f"{entry!r} in the allow-list is no host:port. Write it like 192.168.1.5:8188.")
    return host.lower(), port
