"""What document 2's routes give."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from limner.api.dialects.document2.bodies import TagType


class Given(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, validate_by_name=True)


class PlainError(BaseModel):
    """What went wrong."""

    error: str
    details: object = None


class PictureTagAnswer(Given):
    """What a picture goes with."""

    id: str
    image_id: str
    tag_type: TagType
    tag_id: str
    created_at: datetime


class GeneratedPictureAnswer(Given):
    """A picture and where its file is."""

    id: str
    filename: str
    filepath: str = Field(description="Below the root of the server.")
    url: str
    mime_type: str
    size: int = Field(description="In bytes.")
    revised_prompt: str = Field(default="", description="Left out where the service did not change the prompt.")
    tags: list[PictureTagAnswer]


class GeneratedMetadataAnswer(Given):
    """Who painted."""

    prompt: str
    provider: str
    model: str = Field(description="The model that painted; the successor of one that was shut down.")
    count: int


class GeneratedPicturesAnswer(Given):
    """The pictures of a request."""

    data: list[GeneratedPictureAnswer]
    metadata: GeneratedMetadataAnswer


class ProfileTagAnswer(Given):
    """A tag of a profile."""

    id: str
    image_profile_id: str
    tag_id: str
    created_at: datetime


class ProfileKeyAnswer(Given):
    """The stored key that a profile names."""

    id: str
    label: str
    provider: str


class ImageProfileAnswer(Given):
    """A profile."""

    id: str
    user_id: str
    name: str
    provider: str
    api_key_id: str | None
    base_url: str | None
    model_name: str
    parameters: dict[str, object]
    is_default: bool
    created_at: datetime
    updated_at: datetime
    api_key: ProfileKeyAnswer | None
    tags: list[ProfileTagAnswer]
    matching_tags: list[str] = Field(default=[], description="Where sorted by tags: those that match.")
    matching_tag_count: int = 0


class DoneAnswer(Given):
    """What was done."""

    message: str


class ProviderModelsAnswer(Given):
    """The models of a provider."""

    provider: str
    models: list[str]
    supported_models: list[str]


class KeyValidityAnswer(Given):
    """Whether a provider takes a key."""

    valid: bool
    message: str
    models: list[str]


class ToolAnswer(Given):
    """A tool that a language model may call."""

    name: str
    description: str
    parameters: dict[str, object]


class ToolsAnswer(Given):
    """All tools."""

    tools: list[ToolAnswer]
    time_line: dict[str, dict[str, str]] = Field(alias="timeLine", description="How long each step takes, for users.")
