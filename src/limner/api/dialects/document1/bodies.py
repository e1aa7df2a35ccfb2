"""What document 1's callers send. Fields that it does not know are ignored, and null counts as absent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from limner.domain.preset import Preset

NO_NUL = r"^[^\x00]*$"
Prompt = Annotated[str, Field(max_length=4000, pattern=NO_NUL)]
"""Document 1 limits prompts to 4000 characters."""
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
ImageUrl = Annotated[
    str, Field(min_length=1, description="A data URL, the address of a picture here, or a public http(s) address.")
]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, alias_generator=to_camel)


class ImagesGenerateBody(_Body):
    """What is to be painted."""

    prompt: Annotated[Prompt, Field(min_length=1)]
    provider: Word | None = Field(default=None, examples=["dalle3"])
    size: Annotated[str, Field(max_length=20)] | None = Field(default=None, examples=["1024x1024"])
    quality: Word | None = Field(default=None, examples=["hd"])
    style: Word | None = Field(default=None, examples=["vivid"])
    count: Annotated[int, Field(ge=1, le=10)] | None = None
    negative_prompt: Prompt | None = None
    steps: Annotated[int, Field(ge=1, le=10_000)] | None = None
    cfg_scale: Annotated[float, Field(ge=0, le=1000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None


class ImagesEnhanceBody(_Body):
    """A prompt to make more of."""

    prompt: Annotated[Prompt, Field(min_length=1)]
    style: Word | None = None


class ImagesAnalyzeBody(_Body):
    """A picture to look at."""

    image_url: ImageUrl


class ImagesEditBody(_Body):
    """How a picture is to be changed."""

    image_url: ImageUrl
    prompt: Prompt | None = None
    edit_type: Literal["inpaint", "outpaint"] = "inpaint"
    mask: str | None = Field(
        default=None, min_length=1, description="Base64. White changes; with transparency, what is transparent does."
    )
    strength: Annotated[float, Field(ge=0, le=1)] | None = None
    provider: Word | None = None


class ImagesVariationsBody(_Body):
    """How many pictures like another one."""

    image_url: ImageUrl
    count: Annotated[int, Field(ge=1, le=10)] | None = None
    provider: Word | None = None


class ImagesUpscaleBody(_Body):
    """How much larger a picture is to be."""

    image_url: ImageUrl
    scale: Literal[2, 4] = 2
    provider: Word | None = None


class ImagesStyleTransferBody(_Body):
    """In which style a picture is to be painted anew: a saved one by its id, or words."""

    image_url: ImageUrl
    style: Annotated[Prompt, Field(min_length=1)]
    provider: Word | None = None


class ImagesTemplateBody(_Body):
    """A prompt with blanks to save."""

    name: Word
    template: Annotated[Prompt, Field(min_length=1)]


class ImagesStyleBody(_Body):
    """A style to save."""

    id: Word
    name: Annotated[str, Field(max_length=200)] = ""
    description: Prompt = ""
    value: Annotated[Prompt, Field(min_length=1)]

    def meant(self) -> Preset:
        """The style itself."""
        return Preset(id=self.id, name=self.name, description=self.description, value=self.value)


class ImagesCollectionBody(_Body):
    """A collection to make."""

    name: Word
    description: Prompt | None = None


class ImagesCollectBody(_Body):
    """A picture to add to a collection."""

    image_id: Annotated[str, Field(min_length=1, max_length=64)]


class ImagesReportBody(_Body):
    """What is wrong with a picture."""

    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
