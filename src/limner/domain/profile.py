"""Profiles: a saved choice of service, model, key and options, under a name of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypedDict

from limner.domain.accounts import Asks
from limner.domain.errors import UsageError
from limner.domain.people import Principal
from limner.domain.vault import StoredKey


class ProfileExists(UsageError):
    """The person has a profile of this name already."""

    code = "profile_exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a profile '{name}' already. Choose another name.", field="name")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileTag:
    """A tag on a profile: a word, or the id of what it goes with, such as a character."""

    id: str
    tag: str
    created: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A saved choice; each person's are theirs alone, and at most one of them is their default."""

    id: str
    owner: str
    name: str
    service: str
    model: str
    """The service's own name for it, as it was given."""
    key: str | None
    """The id of a stored key; None takes whatever key the person can use."""
    base_url: str | None
    """Where the service is reached instead of its usual address."""
    parameters: Mapping[str, object]
    """Options as they were given, in the words of the native interface or of document 2."""
    is_default: bool
    created: datetime
    updated: datetime
    tags: tuple[ProfileTag, ...] = ()

    @property
    def model_id(self) -> str:
        """`service/name`."""
        return f"{self.service}/{self.model}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileDraft:
    """A profile that somebody wants to have."""

    name: str
    service: str
    model: str
    key: str | None = None
    base_url: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    is_default: bool = False


class ProfileChanges(TypedDict, total=False):
    """What is to become different; what is left out stays."""

    name: str
    service: str
    model: str
    key: str | None
    base_url: str | None
    parameters: Mapping[str, object]
    is_default: bool


class KeepsProfiles(Protocol):
    """Profiles as rows. Of writers at the same moment none undoes another's work unseen."""

    async def add(self, profile: Profile) -> None:
        """Writes it down; a new default takes the place of the old one. Raises ProfileExists."""
        ...

    async def replace(self, profile: Profile, seen: datetime) -> bool:
        """Writes its new state, without tags; False where it was changed or removed since `seen`.

        A new default takes the place of the old one. Raises ProfileExists.
        """
        ...

    async def remove(self, profile_id: str, owner: str) -> None:
        """Forgets it and its tags. Raises NotFound."""
        ...

    async def all(self, owner: str) -> Sequence[Profile]:
        """One person's, the default first and the others by name."""
        ...

    async def chats(self, owner: str) -> Mapping[str, int]:
        """How many of one person's chats paint with each of their profiles, by its id; without those that have none."""
        ...

    async def find(self, which: str, owner: str) -> Profile:
        """One of one person's by its id or name. Raises NotFound, for somebody else's too."""
        ...

    async def tag(self, profile_id: str, owner: str, tag: ProfileTag) -> Profile:
        """Adds a tag; one that is there stays as it is. Raises NotFound."""
        ...

    async def untag(self, profile_id: str, owner: str, tag: str) -> Profile:
        """Takes a tag away; one that is not there is fine. Raises NotFound."""
        ...


class KnowsKeys(Protocol):
    """Stored keys, as far as profiles need them."""

    async def get(self, key_id: str, principal: Principal) -> StoredKey:
        """A key that this person may use. Raises NotFound."""
        ...

    async def asks(self, key_id: str, principal: Principal) -> Asks:
        """Asks its service with this key. Raises NotFound, and NotConfigured where it cannot be opened any more."""
        ...

    def asks_with(self, service: str, api_key: str) -> Asks:
        """Asks a service with a key that is not kept."""
        ...


class ChecksPlaces(Protocol):
    """Looks at addresses that people give."""

    async def check_base_url(self, address: str, *, private: bool) -> None:
        """Raises InvalidRequest for what is no base URL, and for a private network unless `private` allows it."""
        ...
