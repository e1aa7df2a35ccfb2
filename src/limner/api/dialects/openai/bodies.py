"""What OpenAI's clients send: the fields of the Images API (openai-openapi 2.3.0, openai-python 3.54.0)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

NO_NUL = r"^[^\x00]*$"
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
Text = Annotated[str, Field(max_length=100_000)]
QUALITIES = frozenset({"auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"})
"""OpenAI's words; other models' own words are taken as well where that model is named."""


class _Body(BaseModel):
    """Null counts as absent. Fields that are not here are ignored, as OpenAI's own clients send them now and then."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, allow_inf_nan=False)

    model: Word | None = Field(
        default=None,
        description="A bare OpenAI name, `service/model`, an alias, a service, `tier/fast` (ultra, high, standard, "
        "fast, auto) or `profile/NAME`. Left out: whoever is ready.",
    )
    n: Annotated[int, Field(ge=1, le=10)] | None = None
    size: Annotated[str, Field(max_length=20)] | None = Field(default=None, description='"1024x1024", or "auto".')
    response_format: Literal["b64_json", "url"] | None = Field(default=None, description="b64_json where left out.")
    user: Annotated[str, Field(max_length=1000)] | None = Field(default=None, description="Taken and not looked at.")


class _Painting(_Body):
    quality: Word | None = Field(default=None, description="`hd` is high, `standard` is medium.")
    style: Word | None = None
    background: Literal["auto", "opaque", "transparent"] | None = None
    output_format: Literal["png", "jpeg", "webp", "avif", "gif", "svg"] | None = None
    output_compression: Annotated[int, Field(ge=0, le=100)] | None = None
    moderation: Literal["auto", "low"] | None = None
    input_fidelity: Literal["low", "high"] | None = None
    stream: bool | None = None
    partial_images: Annotated[int, Field(ge=0, le=3)] | None = None
    negative_prompt: Text | None = Field(default=None, description="Limner's own; not in OpenAI's API.")
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(
        default=None, description="Limner's own; not in OpenAI's API."
    )


class GenerationBody(_Painting):
    """Pictures from words."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"model": "sketch", "prompt": "a lighthouse at dusk", "size": "512x512"}]}
    )

    prompt: Annotated[str, Field(min_length=1, max_length=100_000)]


class ImageRef(BaseModel):
    """A picture in a JSON body."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    image_url: str | None = Field(default=None, description="A data URL.")
    file_id: Annotated[str, Field(max_length=64)] | None = Field(default=None, description="The id of a kept picture.")


class ImageEditBody(_Painting):
    """A change to pictures, in JSON: `images` in place of the form's files."""

    prompt: Annotated[str, Field(min_length=1, max_length=100_000)]
    images: Annotated[list[ImageRef], Field(min_length=1, max_length=16)]
    mask: ImageRef | None = None


class EditForm(_Painting):
    """A change to pictures, as a form: `image` or several `image[]`, and perhaps a `mask`, come as files."""

    prompt: Annotated[str, Field(min_length=1, max_length=100_000)]


class VariationForm(_Body):
    """Pictures like another one, which comes as the file `image`."""
