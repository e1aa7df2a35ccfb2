"""Projects that several people share: each sees what any of them makes in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from limner.domain.audit import Record
from limner.domain.job import Job
from limner.domain.people import Role
from limner.domain.picture import Picture
from limner.domain.records import Page


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """Somebody who shares a project."""

    user_id: str
    email: str
    role: Role
    """owner: whose project it is. member: makes pictures in it. viewer: looks."""
    added: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedProject:
    """A project and who shares it."""

    id: str
    name: str
    """What requests call it."""
    owner: str
    created: datetime
    members: tuple[Member, ...]
    """By address, the owner among them."""


class Sharing(Protocol):
    """Shared projects. A `record` is written down with the deed, or not at all."""

    async def add(self, project: SharedProject, most: int, record: Record | None = None) -> bool:
        """Writes it down, with its owner as the only member and all that they made in it; False where they have `most`.

        Raises InvalidRequest where they share one of this name already.
        """
        ...

    async def all(self, person: str) -> Sequence[SharedProject]:
        """Those that somebody shares, by name."""
        ...

    async def get(self, project_id: str, person: str) -> SharedProject:
        """One that somebody shares. Raises NotFound, for one of others too."""
        ...

    async def remove(self, project_id: str, owner: str, record: Record | None = None) -> None:
        """Ends the sharing: what each made in it is theirs alone again. Raises NotFound."""
        ...

    async def put_member(
        self, project_id: str, user_id: str, role: Role, at: datetime, record: Record | None = None
    ) -> None:
        """Adds somebody, or gives them another role. Raises NotFound."""
        ...

    async def remove_member(self, project_id: str, user_id: str, record: Record | None = None) -> bool:
        """Somebody leaves; what they made in it stays in it. False where they were no member."""
        ...

    async def pictures(self, project_id: str, person: str, *, limit: int, cursor: str | None) -> Page[Picture]:
        """What is in a project, the newest job first, with the marks of whoever looks."""
        ...

    async def jobs(self, project_id: str, *, limit: int, cursor: str | None) -> Page[Job]:
        """The jobs of a project, newest first, without their calls."""
        ...
