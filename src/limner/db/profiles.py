"""Image profiles in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, or_, select, text, update

from limner.db import codec
from limner.db.chat_tables import chats
from limner.db.database import Database
from limner.db.profile_tables import profiles, tags
from limner.db.statements import Columns, Statement, insertion
from limner.domain.errors import NotFound
from limner.domain.profile import Profile, ProfileExists, ProfileTag

_MINE = profiles.c.user_id == bindparam("owner")
_THIS = (profiles.c.id == bindparam("profile"), _MINE)
_IN_TURN = Statement(text("SELECT pg_advisory_xact_lock(hashtextextended(:owner, 7))"))
_INSERT = insertion(profiles)
_INSERT_TAGS = insertion(tags)
# Its moment too, or a writer who saw it as the default would make it that again.
_RESIGN = Statement(
    update(profiles)
    .where(_MINE, profiles.c.is_default.is_(True), profiles.c.id != bindparam("profile"))
    .values(is_default=False, updated_at=bindparam("at"))
)
_NAMED = Statement(
    select(profiles.c.id).where(_MINE, profiles.c.name == bindparam("called"), profiles.c.id != bindparam("profile"))
)
_UPDATE = Statement(
    update(profiles)
    .where(*_THIS, profiles.c.updated_at == bindparam("seen"))
    .values(
        name=bindparam("called"),
        provider=bindparam("service"),
        api_key_id=bindparam("kept_key"),
        base_url=bindparam("place"),
        model_name=bindparam("model"),
        parameters=bindparam("options"),
        is_default=bindparam("first"),
        updated_at=bindparam("at"),
    )
)
_UNCHANGED = Statement(select(profiles.c.id).where(*_THIS, profiles.c.updated_at == bindparam("seen")))
_REMOVE = Statement(delete(profiles).where(*_THIS))
_ALL = Statement(select(profiles).where(_MINE).order_by(profiles.c.is_default.desc(), profiles.c.name, profiles.c.id))
# By its id before by its name: no name has the form of an id.
_FIND = Statement(
    select(profiles).where(_MINE, or_(profiles.c.id == bindparam("which"), profiles.c.name == bindparam("which")))
)
_TAGS = Statement(
    select(tags)
    .join_from(tags, profiles, tags.c.image_profile_id == profiles.c.id)
    .where(_MINE)
    .order_by(tags.c.created_at, tags.c.id)
)
_TAG = Statement(
    text(
        """
        INSERT INTO image_profile_tags (id, image_profile_id, tag_id, created_at)
        VALUES (:id, :profile, :tag, :at) ON CONFLICT (image_profile_id, tag_id) DO NOTHING
        """
    )
)
_UNTAG = Statement(
    delete(tags).where(tags.c.image_profile_id == bindparam("profile"), tags.c.tag_id == bindparam("tag"))
)

_CHATS = Statement(
    select(chats.c.image_profile_id, func.count().label("many"))
    .where(chats.c.user_id == bindparam("owner"), chats.c.image_profile_id.is_not(None))
    .group_by(chats.c.image_profile_id)
)


class SqlProfiles:
    """The `KeepsProfiles` of `domain.profile`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, profile: Profile) -> None:
        """Writes it down; a new default takes the place of the old one. Raises ProfileExists."""
        await self._database.write(lambda connection: _add(connection, profile), owner=profile.owner)

    async def replace(self, profile: Profile, seen: datetime) -> bool:
        """Writes its new state, without tags; False where it was changed or removed since `seen`."""
        return await self._database.write(lambda connection: _replace(connection, profile, seen), owner=profile.owner)

    async def remove(self, profile_id: str, owner: str) -> None:
        """Forgets it and its tags. Raises NotFound."""
        values = {"profile": profile_id, "owner": owner}
        if not await self._database.write(lambda connection: _REMOVE.run(connection, values), owner=owner):
            raise _no_profile(profile_id)

    async def all(self, owner: str) -> Sequence[Profile]:
        """One person's, the default first and the others by name."""
        return await self._database.read(lambda connection: _all(connection, owner), owner=owner)

    async def chats(self, owner: str) -> Mapping[str, int]:
        """How many of one person's chats paint with each of their profiles, by its id; without those that have none."""
        found = await self._database.read(lambda connection: _CHATS.rows(connection, {"owner": owner}), owner=owner)
        return {row["image_profile_id"]: row["many"] for row in found}

    async def find(self, which: str, owner: str) -> Profile:
        """One of one person's by its id or name. Raises NotFound, for somebody else's too."""
        return await self._database.read(lambda connection: _find(connection, which, owner), owner=owner)

    async def tag(self, profile_id: str, owner: str, tag: ProfileTag) -> Profile:
        """Adds a tag; one that is there stays as it is. Raises NotFound."""
        return await self._database.write(lambda connection: _tag(connection, profile_id, owner, tag), owner=owner)

    async def untag(self, profile_id: str, owner: str, tag: str) -> Profile:
        """Takes a tag away; one that is not there is fine. Raises NotFound."""
        return await self._database.write(lambda connection: _untag(connection, profile_id, owner, tag), owner=owner)


def _in_turn(connection: Connection, owner: str) -> None:
    """Of two writers of one person's profiles the second waits: names and the default are looked at before they are
    written. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        _IN_TURN.row(connection, {"owner": owner})


def _check_name(connection: Connection, profile: Profile) -> None:
    values = {"owner": profile.owner, "called": profile.name, "profile": profile.id}
    if _NAMED.row(connection, values) is not None:
        raise ProfileExists(profile.name)


def _resign_others(connection: Connection, profile: Profile) -> None:
    """Whoever was the default before is no longer, where this one is to be it."""
    if profile.is_default:
        values = {"owner": profile.owner, "profile": profile.id, "at": codec.stamp(profile.updated)}
        _RESIGN.run(connection, values)


def _add(connection: Connection, profile: Profile) -> None:
    _in_turn(connection, profile.owner)
    _check_name(connection, profile)
    _resign_others(connection, profile)
    row = {
        "id": profile.id,
        "user_id": profile.owner,
        "name": profile.name,
        "provider": profile.service,
        "api_key_id": profile.key,
        "base_url": profile.base_url,
        "model_name": profile.model,
        "parameters": codec.mappings().write(profile.parameters),
        "is_default": profile.is_default,
        "created_at": codec.stamp(profile.created),
        "updated_at": codec.stamp(profile.updated),
    }
    _INSERT.many(connection, [row])
    _INSERT_TAGS.many(connection, [_tag_row(profile.id, tag) for tag in profile.tags])


def _replace(connection: Connection, profile: Profile, seen: datetime) -> bool:
    _in_turn(connection, profile.owner)
    place = {"profile": profile.id, "owner": profile.owner, "seen": codec.stamp(seen)}
    if _UNCHANGED.row(connection, place) is None:
        return False
    _check_name(connection, profile)
    _resign_others(connection, profile)
    values = {
        "called": profile.name,
        "service": profile.service,
        "kept_key": profile.key,
        "place": profile.base_url,
        "model": profile.model,
        "options": codec.mappings().write(profile.parameters),
        "first": profile.is_default,
        "at": codec.stamp(profile.updated),
    }
    return bool(_UPDATE.run(connection, {**place, **values}))


def _all(connection: Connection, owner: str) -> list[Profile]:
    tagged: dict[str, list[ProfileTag]] = {}
    for row in _TAGS.rows(connection, {"owner": owner}):
        tagged.setdefault(row["image_profile_id"], []).append(_read_tag(row))
    return [_profile(row, tagged.get(row["id"], ())) for row in _ALL.rows(connection, {"owner": owner})]


def _find(connection: Connection, which: str, owner: str) -> Profile:
    row = _FIND.row(connection, {"which": which, "owner": owner})
    if row is None:
        raise _no_profile(which)
    tagged = [tag for tag in _TAGS.rows(connection, {"owner": owner}) if tag["image_profile_id"] == row["id"]]
    return _profile(row, [_read_tag(tag) for tag in tagged])


def _tag(connection: Connection, profile_id: str, owner: str, tag: ProfileTag) -> Profile:
    found = _find(connection, profile_id, owner)
    _TAG.run(connection, {"id": tag.id, "profile": found.id, "tag": tag.tag, "at": codec.stamp(tag.created)})
    return _find(connection, found.id, owner)


def _untag(connection: Connection, profile_id: str, owner: str, tag: str) -> Profile:
    found = _find(connection, profile_id, owner)
    _UNTAG.run(connection, {"profile": found.id, "tag": tag})
    return _find(connection, found.id, owner)


def _tag_row(profile_id: str, tag: ProfileTag) -> dict[str, object]:
    return {"id": tag.id, "image_profile_id": profile_id, "tag_id": tag.tag, "created_at": codec.stamp(tag.created)}


def _read_tag(row: Columns) -> ProfileTag:
    return ProfileTag(id=row["id"], tag=row["tag_id"], created=codec.moment(row["created_at"]))


def _profile(row: Columns, tagged: Sequence[ProfileTag]) -> Profile:
    return Profile(
        id=row["id"],
        owner=row["user_id"],
        name=row["name"],
        service=row["provider"],
        model=row["model_name"],
        key=row["api_key_id"],
        base_url=row["base_url"],
        parameters=codec.mappings().read(row["parameters"]),
        is_default=bool(row["is_default"]),
        created=codec.moment(row["created_at"]),
        updated=codec.moment(row["updated_at"]),
        tags=tuple(tagged),
    )


def _no_profile(which: str) -> NotFound:
    return NotFound(f"There is no profile '{which}'. `limner profiles list` shows yours.", field="profile")
