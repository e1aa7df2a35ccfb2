"""Kept pictures as rows: written together with their tags, read together with their marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from limner.db import codec, rows
from limner.db.library_tables import favorites, inputs, tags, trash
from limner.db.review_tables import WITHHELD
from limner.db.statements import Columns, insertion
from limner.db.tables import images
from limner.db.text_tables import descriptions
from limner.domain.picture import Picture
from limner.domain.request import ImageRequest

_INSERT_PICTURES = insertion(images)
_INSERT_TAGS = insertion(tags)
_INSERT_INPUTS = insertion(inputs)

# A page may be led by one of these very tables: only the picture is the outer one's.
IS_FAVORITE = (
    exists().where(favorites.c.user_id == images.c.user_id, favorites.c.image_id == images.c.id).correlate(images)
)
IN_TRASH = exists().where(trash.c.image_id == images.c.id).correlate(images)
_TRASHED_AT = select(trash.c.trashed_at).where(trash.c.image_id == images.c.id).correlate(images).scalar_subquery()

_ALT_TEXT = (
    select(descriptions.c.alt_text).where(descriptions.c.image_id == images.c.id).correlate(images).scalar_subquery()
)

MARKED: Select[Any] = select(
    images, IS_FAVORITE.label("favorite"), _TRASHED_AT.label("trashed_at"), _ALT_TEXT.label("alt_text"), WITHHELD
)
"""Pictures with what `rows.picture` reads."""


def insert_pictures(connection: Connection, pictures: Sequence[Picture]) -> None:
    """Keeps new pictures, to be found by their tags too."""
    _INSERT_PICTURES.many(connection, [rows.picture_row(picture) for picture in pictures])
    for picture in pictures:
        _INSERT_TAGS.many(connection, tag_rows(picture.id, picture.owner, codec.stamp(picture.created), picture.tags))


def tag_rows(image_id: str, owner: str, made: str, names: Sequence[str]) -> list[Columns]:
    """The rows by which a picture is found by its tags."""
    return [{"image_id": image_id, "tag": tag, "user_id": owner, "made_at": made} for tag in dict.fromkeys(names)]


def insert_inputs(connection: Connection, job_id: str, request: ImageRequest) -> None:
    """Notes which files a job starts from, so that none of them is cleared away."""
    digests = dict.fromkeys(image.digest for image in request.inputs)
    _INSERT_INPUTS.many(connection, [{"digest": digest, "job_id": job_id} for digest in digests])
