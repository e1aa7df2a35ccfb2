"""From which address a request came, also through proxies that are known."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

from limner.settings import Network

FORWARDED = b"x-forwarded-for"
SITE = 64
"""Bits of an IPv6 address that name a site: whoever has one of its addresses has all others too (RFC 6177)."""

Address = IPv4Address | IPv6Address


def caller_of(scope: Scope, proxies: Sequence[Network]) -> str | None:
    """The address that counts for a request: of IPv6 the network of its site; None where there is none, as of a pipe.

    It is that of the other end of the line. Only where that is one of the `proxies`, X-Forwarded-For is believed: from
    its end, where the nearest proxy wrote, back to the first address that is no proxy. What comes before that anybody
    may have written.
    """
    peer = scope.get("client")
    found = None if peer is None else _address(peer[0])
    if found is None:
        return None
    for written in reversed(_forwarded(scope) if _is_proxy(found, proxies) else []):
        further = _address(written)
        if further is None:
            break
        found = further
        if not _is_proxy(found, proxies):
            break
    return _counted(found)


def _forwarded(scope: Scope) -> list[str]:
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == FORWARDED]
    return [part.strip() for line in lines for part in line.split(",")]


def _address(text: str) -> Address | None:
    """An address, also with a port; one of IPv4 in IPv6's clothes as what it is."""
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _is_proxy(address: Address, proxies: Sequence[Network]) -> bool:
    return any(address in network for network in proxies)


def _counted(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), SITE), strict=False))
