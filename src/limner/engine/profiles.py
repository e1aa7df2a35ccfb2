"""What people do with their profiles, and what a request becomes that names one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Unpack
from uuid import UUID

from limner.domain.errors import InvalidRequest, NotFound, UnknownModel, UsageError
from limner.domain.model_card import ModelCard
from limner.domain.people import Principal
from limner.domain.ports import Catalog, Clock, Ids
from limner.domain.profile import (
    ChecksPlaces,
    KeepsProfiles,
    KnowsKeys,
    Profile,
    ProfileChanges,
    ProfileDraft,
    ProfileTag,
)
from limner.domain.request import ImageRequest
from limner.domain.vault import Access
from limner.engine.profile_options import read_parameters

MOST = 500
"""Profiles that one person may have."""
MOST_TAGS = 50
LONGEST = 200
"""Characters of a name, of a tag and of a model's name."""
LONGEST_ADDRESS = 2000
LARGEST = 20_000
"""Characters of all parameters together, as JSON."""
TRIES = 5
"""How often a change is tried on top of other people's changes at the same moment."""


class ProfileChanged(UsageError):
    """Others kept changing the profile at the same moment."""

    code = "profile_changed"
    retryable = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Profiles:
    """The profiles of everybody, each person's for that person alone.

    A profile's private address is an administrator's to choose: whoever runs the installation knows its network.
    """

    store: KeepsProfiles
    keys: KnowsKeys
    places: ChecksPlaces
    catalog: Catalog
    clock: Clock
    ids: Ids

    async def all(self, principal: Principal) -> Sequence[Profile]:
        """One person's, the default first and the others by name."""
        return await self.store.all(principal.id)

    async def chats(self, principal: Principal) -> Mapping[str, int]:
        """How many of one person's chats paint with each of their profiles, by its id; without those that have none."""
        return await self.store.chats(principal.id)

    async def get(self, which: str, principal: Principal) -> Profile:
        """One by its id or name. Raises NotFound."""
        return await self.store.find(which, principal.id)

    async def add(self, draft: ProfileDraft, principal: Principal, *, unlisted: bool = False) -> Profile:
        """A new profile; as the default it takes the place of the old one.

        With `unlisted` a model may be named that the catalog does not know. Raises InvalidRequest, UnknownModel,
        NotFound for a key that is not this person's to use, and ProfileExists.
        """
        now = self.clock.now()
        profile = Profile(
            id=self.ids.new(),
            owner=principal.id,
            name=draft.name,
            service=draft.service,
            model=draft.model,
            key=draft.key,
            base_url=draft.base_url,
            parameters=draft.parameters,
            is_default=draft.is_default,
            created=now,
            updated=now,
        )
        checked = await self._checked(profile, principal, unlisted=unlisted)
        if len(await self.store.all(principal.id)) >= MOST:
            raise InvalidRequest(f"There are {MOST} profiles already. Remove one first.", code="too_many_profiles")
        await self.store.add(checked)
        return checked

    async def change(
        self, which: str, principal: Principal, *, unlisted: bool = False, **changes: Unpack[ProfileChanges]
    ) -> Profile:
        """The profile with what is given made different; a key of another service has to be changed with the service.

        Raises what `add` raises, NotFound, and ProfileChanged.
        """
        for _ in range(TRIES):
            before = await self.store.find(which, principal.id)
            after = await self._checked(replace(before, **changes), principal, unlisted=unlisted)
            after = replace(after, updated=max(self.clock.now(), before.updated + timedelta(microseconds=1)))
            if await self.store.replace(after, before.updated):
                return after
        raise ProfileChanged("The profile was changed by others at the same moment. Look at it and try again.")

    async def remove(self, which: str, principal: Principal) -> Profile:
        """Forgets a profile; jobs that were made with it keep what it said. Raises NotFound."""
        found = await self.store.find(which, principal.id)
        await self.store.remove(found.id, principal.id)
        return found

    async def tag(self, which: str, tag: str, principal: Principal) -> Profile:
        """Adds a tag to a profile. Raises InvalidRequest and NotFound."""
        _check_word(tag, "tag", "A tag")
        found = await self.store.find(which, principal.id)
        if len(found.tags) >= MOST_TAGS:
            raise InvalidRequest(f"There are {MOST_TAGS} tags on it already. Take one away first.", field="tag")
        new = ProfileTag(id=self.ids.new(), tag=tag, created=self.clock.now())
        return await self.store.tag(found.id, principal.id, new)

    async def untag(self, which: str, tag: str, principal: Principal) -> Profile:
        """Takes a tag away. Raises NotFound for no profile, and for a tag that is not on it."""
        found = await self.store.find(which, principal.id)
        if all(each.tag != tag for each in found.tags):
            raise NotFound(f"The profile '{found.name}' has no tag '{tag}'.", field="tag")
        return await self.store.untag(found.id, principal.id, tag)

    def painter(self, model: str) -> tuple[str, str]:
        """A service and its name of a model, from `service/model`, a bare name or an alias. Raises UnknownModel."""
        service, _, name = model.strip().partition("/")
        if name and any(card.id == service for card in self.catalog.services):
            return service, name
        found = self.catalog.find(model.strip())
        return found.service, found.name

    async def applied(self, request: ImageRequest, principal: Principal) -> ImageRequest:
        """A request that names a profile, with the profile's model, key, address and options written into it.

        What the request says itself counts more; who paints is the profile's to say, but another model of its service
        may be named. Afterwards `profile` is the profile's name. Raises InvalidRequest, NotFound and UnknownModel.
        """
        if request.profile is None:
            return request
        profile = await self.store.find(request.profile, principal.id)
        model = self._model(request, profile)
        options = read_parameters(profile.parameters)
        access = request.access
        if access is None and (profile.key or profile.base_url):
            access = Access(key=profile.key, base_url=profile.base_url)
        return replace(options.into(request), profile=profile.name, model=model, provider=None, access=access)

    def _model(self, request: ImageRequest, profile: Profile) -> str:
        """The model that a request with a profile is for. Raises InvalidRequest and UnknownModel."""
        if request.tier is not None:
            raise InvalidRequest(f"The profile '{profile.name}' says which model paints. Leave tier out.", field="tier")
        if request.provider is not None and self.catalog.service(request.provider).id != profile.service:
            raise _other_service(profile, "provider")
        if request.model is None:
            return profile.model_id
        named = self.catalog.find(request.model)
        if named.service != profile.service:
            raise _other_service(profile, "model")
        return named.id

    async def _checked(self, profile: Profile, principal: Principal, *, unlisted: bool) -> Profile:
        """The profile as it is kept, with every part looked at."""
        service = self.catalog.service(profile.service).id
        base_url = (profile.base_url or "").strip().rstrip("/") or None
        checked = replace(profile, name=profile.name.strip(), service=service, base_url=base_url)
        checked = replace(checked, model=checked.model.strip().removeprefix(f"{service}/"))
        _check_word(checked.name, "name", "A name")
        _check_word(checked.model, "model", "A model's name")
        if _is_id(checked.name):
            raise InvalidRequest("A name in the form of an id would be mistaken for one. Choose a word.", field="name")
        _check_parameters(checked.parameters, self._card(checked, unlisted=unlisted))
        await self._check_key(checked, principal)
        if base_url is not None:
            await self._check_place(base_url, principal)
        return checked

    def _card(self, profile: Profile, *, unlisted: bool) -> ModelCard | None:
        """What is known of the model. A service at another address may have models of its own."""
        try:
            return self.catalog.find(profile.model_id)
        except UnknownModel:
            if unlisted or profile.base_url is not None:
                return None
            raise

    async def _check_key(self, profile: Profile, principal: Principal) -> None:
        if profile.key is None:
            return
        key = await self.keys.get(profile.key, principal)
        if key.service != profile.service:
            raise InvalidRequest(
                f"This key is for {key.service}, the profile for {profile.service}. Choose a key of the same service.",
                field="key",
                code="key_of_another_service",
            )

    async def _check_place(self, base_url: str, principal: Principal) -> None:
        if len(base_url) > LONGEST_ADDRESS:
            raise InvalidRequest(f"An address has at most {LONGEST_ADDRESS} characters.", field="base_url")
        try:
            await self.places.check_base_url(base_url, private=principal.administrator)
        except InvalidRequest as error:
            raise InvalidRequest(error.message, field="base_url", code="base_url_refused") from None


def _check_parameters(parameters: Mapping[str, object], card: ModelCard | None) -> None:
    if len(json.dumps(parameters)) > LARGEST:
        raise InvalidRequest(f"All parameters together have at most {LARGEST} characters.", field="parameters")
    read_parameters(parameters, card)


def _check_word(text: str, field: str, what: str) -> None:
    """Raises InvalidRequest for a word that is empty, too long or not printable."""
    if not text.strip():
        raise InvalidRequest(f"{what} has at least 1 character.", field=field, code="too_small")
    if len(text) > LONGEST or not text.isprintable():
        raise InvalidRequest(f"{what} has at most {LONGEST} characters, all of them printable.", field=field)


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _other_service(profile: Profile, field: str) -> InvalidRequest:
    return InvalidRequest(
        f"The profile '{profile.name}' paints with {profile.service}. Leave {field} out, or the profile.", field=field
    )
