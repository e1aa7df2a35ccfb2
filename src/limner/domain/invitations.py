"""Invitations: links with which somebody makes an account and a password of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from limner.domain.audit import Record
from limner.domain.people import Role, User


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """Somebody who may make an account."""

    id: str
    digest: str
    """Of the code in the link; the code itself is not kept."""
    email: str
    """In lower case; no two have the same."""
    role: Role
    inviter: str
    """What the administrator is called; empty where it was done on the server itself."""
    created: datetime
    expires: datetime


class Invitations(Protocol):
    """What is written down about invitations: one call is one transaction, a `record` goes with the deed."""

    async def offer(self, invitation: Invitation, most: int, record: Record) -> bool:
        """Writes one down in place of an earlier one of the same address, and forgets expired ones.

        False, and nothing is written, where somebody with an account has the address. Raises InvalidRequest where
        there are `most` others.
        """
        ...

    async def all(self, at: datetime) -> Sequence[Invitation]:
        """Those that are good at a moment, by address."""
        ...

    async def find(self, digest: str, at: datetime) -> Invitation | None:
        """The one of a code, if it is good at a moment."""
        ...

    async def withdraw(self, invitation_id: str, record: Record) -> None:
        """Forgets one. Raises NotFound."""
        ...

    async def accept(self, digest: str, user: User, record: Record) -> bool:
        """Uses one up and writes its person down; False where it is used, withdrawn or expired at `user.created`.

        False too where somebody has the address by now: the invitation is used up then.
        """
        ...
