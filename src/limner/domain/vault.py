"""Stored keys: whose they are, which one a call uses, and how what must stay secret is sealed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

SHOWN = 4
"""Signs of a key that are shown: enough to tell keys apart, too few to use one."""
_KIND = re.compile(r"[a-z][a-z0-9]{0,4}[-_](?:[a-z]{2,7}-)?")


class KeyState(StrEnum):
    """What is known of a key."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """The service could not be asked, or did not answer."""
    NOT_READY = "not_ready"
    """There is no key, or no address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyCheck:
    """How a service answered when it was last asked about a key."""

    at: datetime
    state: KeyState
    code: str = ""
    """What its refusal means, a `FailureCode`; no_credit too where it takes the key of an empty account."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredKey:
    """A service's key as it is listed: never the key itself."""

    id: str
    owner: str
    """The principal who stored it; only they and, where it is shared, administrators change it."""
    service: str
    label: str
    last_four: str
    """The last signs of the key; empty where it is so short that they would say too much."""
    shared: bool = False
    """Whether everybody's requests may use it; only an administrator shares."""
    weight: float = 1.0
    """How many times as often it is used as another of the same service and rank."""
    created: datetime
    changed: datetime
    checked: KeyCheck | None = None
    """None where it was not asked since the key is what it is."""

    @property
    def masked(self) -> str:
        """How it is shown."""
        return f"...{self.last_four}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """Which stored key and which address a call uses instead of the installation's own."""

    key: str | None = None
    """The id of a stored key."""
    base_url: str | None = None
    """Where the service is; with it no key of the installation is sent, and only a key of one's own."""
    may_be_private: bool = False
    """Whether the address may lie in a private network: an administrator asked. The engine alone says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opener:
    """What opens a service for one principal, in memory only."""

    secret: str | None = field(default=None, repr=False)
    """The key in clear; None sends none."""
    base_url: str | None = None
    """Where the service is; None for where the installation has it."""
    may_be_private: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class UsableKey:
    """A stored key together with what it holds."""

    key: StoredKey
    secret: str | None = field(repr=False)
    """In clear; None where it was sealed under another secret of the installation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyChange:
    """What is to be changed about a stored key; None leaves it as it is."""

    label: str | None = None
    secret: str | None = field(default=None, repr=False)
    shared: bool | None = None
    weight: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Resealed:
    """What came of sealing everything under the newest secret."""

    sealed: int
    """Values that are sealed anew."""
    unreadable: int
    """Values that no known secret opens; they are as they were."""


def last_signs(secret: str) -> str:
    """What may be shown of a key; nothing of a short one."""
    return secret[-SHOWN:] if len(secret) >= 4 * SHOWN else ""


def first_signs(secret: str) -> str:
    """How a key begins where that tells only what kind it is, such as `sk-proj-`; nothing of a short one."""
    found = _KIND.match(secret)
    return found[0] if found is not None and len(secret) >= len(found[0]) + 4 * SHOWN else ""


class ChecksAddress(Protocol):
    """Knows which addresses may be reached from here."""

    async def check(self, url: str) -> None:
        """Raises InvalidRequest for an address that nothing may be sent to."""
        ...
