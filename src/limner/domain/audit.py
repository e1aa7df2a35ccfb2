"""Who did what that others may one day ask about: sign-ins, people, tokens, keys, budgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from limner.domain.records import Page


class Act(StrEnum):
    """What was done."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    USER_INVITED = "user_invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    USER_ADDED = "user_added"
    IDENTITY_LINKED = "identity_linked"
    """An account that was there is from now on also that of somebody who signs in elsewhere."""
    USER_REMOVED = "user_removed"
    ROLE_CHANGED = "role_changed"
    PASSWORD_CHANGED = "password_changed"
    TOKEN_ADDED = "token_added"
    TOKEN_REMOVED = "token_removed"
    KEY_ADDED = "key_added"
    KEY_REPLACED = "key_replaced"
    KEY_REMOVED = "key_removed"
    KEY_SHARED = "key_shared"
    KEY_UNSHARED = "key_unshared"
    KEY_CHANGED = "key_changed"
    """Its label or its weight."""
    SECRET_ROTATED = "secret_rotated"
    """Everything that lies sealed was sealed under another secret."""
    BUDGET_ADDED = "budget_added"
    BUDGET_CHANGED = "budget_changed"
    BUDGET_REMOVED = "budget_removed"
    PROJECT_SHARED = "project_shared"
    SHARING_ENDED = "sharing_ended"
    MEMBER_ADDED = "member_added"
    MEMBER_REMOVED = "member_removed"
    SERVICE_CHANGED = "service_changed"
    ABUSE_SUSPECTED = "abuse_suspected"
    """Told by Limner itself of whoever is named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """One act, before it has a place in the log."""

    act: Act
    who: str
    """Id of the principal; empty where nobody had signed in."""
    name: str
    """Their name at that time, which outlives their account."""
    subject: str = ""
    """What it was done to, in words that stay readable: an address, a name."""
    detail: str = ""
    """Never a secret."""
    address: str = ""
    """Of the network that a sign-in came from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A deed in the log."""

    id: str
    at: datetime
    deed: Deed


class Audit(Protocol):
    """The log of deeds, to which is only ever added."""

    def record(self, deed: Deed) -> Record:
        """A deed of this moment, to be written down in the transaction that does it."""
        ...

    async def note(self, deed: Deed) -> None:
        """Writes one down that has no transaction of its own."""
        ...

    async def page(self, *, limit: int, cursor: str | None, act: Act | None = None) -> Page[Record]:
        """The newest first; of one kind only where that is given."""
        ...
