"""What callers may send about profiles, and the shapes of answers about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

from pydantic import BaseModel, ConfigDict, Field

from limner.api.schemas import EXAMPLE_ID, Answer
from limner.domain.profile import ProfileChanges, ProfileDraft
from limner.engine.profiles import LONGEST, LONGEST_ADDRESS, Profiles

Name = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Model = Annotated[str, Field(min_length=1, max_length=2 * LONGEST)]
Key = Annotated[str, Field(min_length=1, max_length=64)]
Address = Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS)]

PARAMETERS = "Options of a request, such as `quality` or `aspect`; others are passed to the service as they are."


class ProfileBody(BaseModel):
    """A profile to set up."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        json_schema_extra={
            "examples": [
                {"name": "Posters", "model": "openai/gpt-image-2", "parameters": {"quality": "hd", "aspect": "2:3"}}
            ]
        },
    )

    name: Name
    model: Model = Field(description="`service/model`, a bare name or an alias.")
    key: Key | None = Field(default=None, description="The id of a stored key of the service.")
    base_url: Address | None = Field(default=None, description="Where the service is reached instead.")
    parameters: dict[str, object] = Field(default_factory=dict, description=PARAMETERS)
    default: bool = Field(default=False, description="Take the place of the default profile.")

    def draft(self, profiles: Profiles) -> ProfileDraft:
        """The profile that is meant. Raises UnknownModel."""
        service, model = profiles.painter(self.model)
        return ProfileDraft(
            name=self.name,
            service=service,
            model=model,
            key=self.key,
            base_url=self.base_url,
            parameters=self.parameters,
            is_default=self.default,
        )


class ProfileChangesBody(BaseModel):
    """What is to become different about a profile; null takes a key or an address away."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    name: Name = ""
    model: Model = ""
    key: Key | None = None
    base_url: Address | None = None
    parameters: dict[str, object] = Field(default={}, description=f"All of them anew. {PARAMETERS}")
    default: bool = False

    def changes(self, profiles: Profiles) -> ProfileChanges:
        """What was given. Raises UnknownModel."""
        changes = cast(ProfileChanges, self.model_dump(exclude_unset=True, exclude={"model", "default"}))
        if "model" in self.model_fields_set:
            changes["service"], changes["model"] = profiles.painter(self.model)
        if "default" in self.model_fields_set:
            changes["is_default"] = self.default
        return changes


class ProfileAnswer(Answer):
    """A saved choice of model, key and options."""

    id: str = Field(examples=[EXAMPLE_ID])
    name: str
    service: str
    model: str = Field(description="The service's own name for it.", examples=["gpt-image-2"])
    key: str | None = Field(description="The id of a stored key; null for whichever you can use.")
    base_url: str | None
    parameters: dict[str, object]
    default: bool
    tags: list[str]
    created: datetime
    updated: datetime


class ProfileList(Answer):
    """Your profiles, the default first."""

    items: list[ProfileAnswer]
