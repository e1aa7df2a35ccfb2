"""What document 2's routes take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from limner.settings import LONGEST_PROMPT

UUID_TEXT = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
MOST_TAGS = 50
LONGEST_KEY = 1000


def _whole(value: object) -> object:
    """JavaScript writes 2 and 2.0 alike."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _absent(value: object) -> object:
    """Empty text takes an address or a key away, as null does."""
    return None if value == "" else value


Id = Annotated[str, Field(pattern=UUID_TEXT)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Place = Annotated[Annotated[str, Field(max_length=2000)] | None, BeforeValidator(_absent)]
Count = Annotated[int, Field(ge=1, le=10), BeforeValidator(_whole)]
TagType = Literal["CHARACTER", "PERSONA", "CHAT", "THEME"]


class Said(BaseModel):
    """A body; what the document does not name is left alone."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, allow_inf_nan=False, alias_generator=to_camel, validate_by_name=True
    )


class PictureTagBody(Said):
    """What a picture goes with."""

    tag_type: TagType
    tag_id: Id


class PictureOptionsBody(Said):
    """Options of a request."""

    n: Count = 1
    size: Word | None = None
    quality: Literal["standard", "hd"] | None = None
    style: Literal["vivid", "natural"] | None = None
    aspect_ratio: Word | None = None


class ProfilePicturesBody(Said):
    """A request for pictures with a profile."""

    prompt: Annotated[str, Field(min_length=1, max_length=LONGEST_PROMPT)]
    profile_id: Id
    tags: Annotated[list[PictureTagBody], Field(max_length=MOST_TAGS)] = []
    options: PictureOptionsBody = PictureOptionsBody()


class NewProfileBody(Said):
    """A profile to make."""

    name: Word
    provider: Word
    model_name: Word
    api_key_id: Place = None
    base_url: Place = None
    parameters: dict[str, object] | None = None
    is_default: bool = False


class ChangedProfileBody(Said):
    """What is to become different about a profile."""

    name: Word = ""
    provider: Word = ""
    model_name: Word = ""
    api_key_id: Place = None
    base_url: Place = None
    parameters: dict[str, object] = {}
    is_default: bool = False


class ProfileTagBody(Said):
    """A tag for a profile."""

    tag_id: Id


class ValidateKeyBody(Said):
    """A key to validate: a stored one by its id, or the key itself."""

    provider: Word
    api_key_id: Place = None
    api_key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY)] | None = Field(default=None, repr=False)
