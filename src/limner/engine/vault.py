"""What people do with stored keys: add, look at, change, check, remove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from limner.domain.accounts import Asks, Inspection
from limner.domain.audit import Act, Audit, Deed, Record
from limner.domain.errors import FailureCode, InvalidRequest, NotFound, PolicyError
from limner.domain.model_card import ServiceCard
from limner.domain.people import Principal
from limner.domain.ports import Catalog, Clock, Ids
from limner.domain.stored_keys import StoredKeys, Telling
from limner.domain.text_models import TextCatalog, TextServiceCard
from limner.domain.vault import KeyChange, KeyCheck, KeyState, Opener, StoredKey, first_signs, last_signs
from limner.engine.keyrings import Keyrings, cannot_open

MOST = 100
"""Keys that one person may store."""
LONGEST_KEY = 4096
"""Signs: some services' keys are signed tokens."""
LONGEST_LABEL = 200
HEAVIEST = 1000.0
"""The largest weight, as for services and models."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewKey:
    """A key that somebody wants to store."""

    service: str
    secret: str = field(repr=False)
    label: str = ""
    shared: bool = False
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Vault:
    """The stored keys of everybody: each person's own, and those that an administrator shares with all."""

    catalog: Catalog
    texts: TextCatalog
    keys: StoredKeys
    keyrings: Keyrings
    asks: Asks
    audit: Audit
    clock: Clock
    ids: Ids

    async def add(self, new: NewKey, principal: Principal, said: Inspection | None = None) -> StoredKey:
        """Stores a key, sealed, with what its service said when it was tried out; nothing is sent.

        Raises UnknownModel for a service that there is not, InvalidRequest, naming the field, and PolicyError where
        somebody shares who is no administrator.
        """
        service, secret = self._service(new.service), _checked_secret(new.secret)
        if not service.key_variables:
            raise InvalidRequest(f"{service.name} needs no key.", field="service")
        _check_label(new.label)
        _check_weight(new.weight)
        if new.shared:
            _check_administrator(principal)
        own = [key for key in await self.keys.visible(principal.id) if key.owner == principal.id]
        if len(own) >= MOST:
            raise InvalidRequest(f"There are {MOST} keys already. Remove one first.", code="too_many_keys")
        at = self.clock.now()
        key = StoredKey(
            id=self.ids.new(),
            owner=principal.id,
            service=service.id,
            label=new.label.strip() or service.name,
            last_four=last_signs(secret),
            shared=new.shared,
            weight=new.weight,
            created=at,
            changed=at,
            checked=None if said is None else _check(said, at),
        )
        await self.keys.add(key, secret, self._record(Act.KEY_ADDED, key, principal))
        self.keyrings.forget()
        return key

    async def try_out(self, new: NewKey) -> Inspection:
        """Asks the service whether it takes a key that is not stored; costs nothing, never raises for a refusal."""
        return await self._asked(self._service(new.service).id, _checked_secret(new.secret))

    async def list(self, principal: Principal) -> Sequence[StoredKey]:
        """One's own keys and the shared ones, oldest first."""
        return await self.keys.visible(principal.id)

    async def beginnings(self, principal: Principal) -> Mapping[str, str]:
        """How these begin, where that tells only what kind of key each is; by their ids. Raises StorageError."""
        ring = await self.keyrings.of(principal.id)
        return {each.key.id: first_signs(each.secret or "") for each in ring.keys}

    async def get(self, key_id: str, principal: Principal) -> StoredKey:
        """One of them. Raises NotFound, for somebody else's too."""
        return await self.keys.find(key_id, principal.id)

    async def named(self, text: str, principal: Principal) -> StoredKey:
        """One of them by its id or its label, in any case. Raises NotFound, and InvalidRequest where several fit."""
        among = await self.keys.visible(principal.id)
        found = [key for key in among if key.id == text] or [
            key for key in among if key.label.casefold() == text.strip().casefold()
        ]
        if not found:
            raise NotFound(f"API key not found: there is no stored key '{text[:80]}'. `limner keys list` shows them.")
        if len(found) > 1:
            ids = ", ".join(key.id for key in found)
            raise InvalidRequest(
                f"Several stored keys are called '{text[:80]}'. Name one by its id: {ids}.", field="key"
            )
        return found[0]

    async def replace(self, key_id: str, change: KeyChange, principal: Principal) -> StoredKey:
        """Changes the label, the key itself, its weight, or whether it is shared; the rest stays.

        Raises NotFound, InvalidRequest, and PolicyError for a shared key of somebody else.
        """
        key = await self._own(key_id, principal)
        if change.secret is not None:
            change = replace(change, secret=_checked_secret(change.secret))
        if change.label is not None:
            _check_label(change.label)
            change = replace(change, label=change.label.strip() or self._service(key.service).name)
        if change.weight is not None:
            _check_weight(change.weight)
        if change.shared:
            _check_administrator(principal)
        is_new = change.secret is not None

        def entries(before: StoredKey, after: StoredKey) -> list[Record]:
            return [self._record(act, after, principal) for act in _acts(before, after, is_new=is_new)]

        changed = await self.keys.change(key, change, self.clock.now(), Telling(principal.id, entries))
        self.keyrings.forget()
        return changed

    async def remove(self, key_id: str, principal: Principal) -> StoredKey:
        """Forgets a key. What was bought with it and is still being painted can then no longer be asked after.

        Raises NotFound, and PolicyError for a shared key of somebody else.
        """
        key = await self._own(key_id, principal)
        await self.keys.remove(key, self._record(Act.KEY_REMOVED, key, principal))
        self.keyrings.forget()
        return key

    async def check(self, key_id: str, principal: Principal) -> Inspection:
        """Asks the service whether it takes the key, and what is left on its account; costs nothing. How it answered is
        noted with the key.

        Raises NotFound; every other answer is one.
        """
        key = await self.keys.find(key_id, principal.id)
        usable = (await self.keyrings.of(principal.id)).find(key.id)
        if usable is None or usable.secret is None:
            return Inspection(service=key.service, state=KeyState.NOT_READY, message=cannot_open(key))
        said = await self._asked(key.service, usable.secret)
        await self.keys.note(key, _check(said, self.clock.now()))
        return said

    async def inspect(self, service: str) -> Inspection:
        """Asks a service whether it takes the installation's own key; costs nothing, never raises for a refusal."""
        return await self._asked(service, None)

    def _record(self, act: Act, key: StoredKey, principal: Principal) -> Record:
        """What the audit log says of a key: never what is in it."""
        shared = ", shared" if key.shared else ""
        detail = f"{key.service}, weight {key.weight:g}{shared}"
        return self.audit.record(Deed(act=act, who=principal.id, name=principal.name, subject=key.label, detail=detail))

    def _service(self, name: str) -> ServiceCard | TextServiceCard:
        """The service of a key: one that paints, else one that only writes. Raises UnknownModel."""
        place = self.texts.service(name.strip().lower())
        return place if place is not None and self._writes(place.id) else self.catalog.service(name)

    def _writes(self, service: str) -> bool:
        """Whether a service only writes."""
        return all(card.id != service for card in self.catalog.services)

    async def _asked(self, service: str, secret: str | None) -> Inspection:
        if self._writes(service):
            message = "This service writes and does not paint: the first text that is asked for will tell."
            return Inspection(service=service, state=KeyState.UNKNOWN, message=message)
        return await self.asks.inspect(service, None if secret is None else Opener(secret=secret))

    async def _own(self, key_id: str, principal: Principal) -> StoredKey:
        """A key that this person may change."""
        key = await self.keys.find(key_id, principal.id)
        if key.owner != principal.id:
            _check_administrator(principal)
        return key


def _acts(before: StoredKey, after: StoredKey, *, is_new: bool) -> Iterator[Act]:
    """What a change was; `is_new` is whether another key took the place of the one that was stored."""
    if is_new:
        yield Act.KEY_REPLACED
    if before.shared != after.shared:
        yield Act.KEY_SHARED if after.shared else Act.KEY_UNSHARED
    if (before.label, before.weight) != (after.label, after.weight):
        yield Act.KEY_CHANGED


def _check(said: Inspection, at: datetime) -> KeyCheck:
    """What is kept of an answer: no word of the service, and no amount."""
    account = said.account
    empty = account is not None and account.balance is not None and account.balance <= 0
    return KeyCheck(at=at, state=said.state, code=FailureCode.NO_CREDIT if empty else said.code)


def _checked_secret(text: str) -> str:
    """A key without what surrounds it. Raises InvalidRequest, without the key in it."""
    secret = text.strip()
    if not secret or len(secret) > LONGEST_KEY or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise InvalidRequest(
            f"The key is not one: give 1 to {LONGEST_KEY} plain signs without blanks, as the service shows it.",
            field="api_key",
        )
    return secret


def _check_label(label: str) -> None:
    if len(label) > LONGEST_LABEL or not (label.isprintable() or not label):
        raise InvalidRequest(f"A label has at most {LONGEST_LABEL} signs, on one line.", field="label")


def _check_weight(weight: float) -> None:
    if not 0 < weight <= HEAVIEST:
        raise InvalidRequest(f"A weight is more than 0 and at most {HEAVIEST:g}.", field="weight")


def _check_administrator(principal: Principal) -> None:
    if not principal.administrator:
        raise PolicyError("Only an administrator shares keys and changes shared ones. Ask one.")
