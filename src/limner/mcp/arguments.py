"""What the tools are asked with, and the request that it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from limner.domain.errors import InvalidRequest, UsageError
from limner.domain.interpreting import wanted_language
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.request import Aspect, ImageRequest, InputImage, Operation, Role, Size, Strictness
from limner.runtime import Runtime

Value = TypeVar("Value")

LONGEST_PROMPT = 32_000
LONGEST_ADDRESS = 24_000_000
"""Characters of a picture that comes as a data URL: 18 MB of it."""
LONGEST_WAIT = 600.0
"""Seconds that a call may ask to be waited for."""
IMAGES = "limner://images/"
_OWN = re.compile(r"(?:limner://images/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)

Name = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=LONGEST_PROMPT)]
Address = Annotated[str, Field(min_length=1, max_length=LONGEST_ADDRESS)]
Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$")]
Dollars = Annotated[str, Field(max_length=20, pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is to be done, with the pictures that it starts from still named as they were."""

    operation: Operation
    prompt: str = ""
    image: str | None = None
    mask: str | None = None
    scale: int | None = None


class Arguments(BaseModel):
    """The arguments of one tool; a name that is not among them is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Look(Arguments):
    """What the picture should be like and who paints it; whatever is left out is the model's choice."""

    model: Name | None = Field(
        default=None, description="A model, such as openai/gpt-image-2; or sketch, which is free."
    )
    provider: Name | None = Field(default=None, description="A service, whose default model paints.")
    tier: Name | None = Field(default=None, description="ultra, high, standard or fast; auto reads it from the prompt.")
    profile: Name | None = Field(default=None, description="A profile of this person, by its name or id.")
    fallback: bool = Field(default=False, description="Let another service paint where the one that is named cannot.")
    negative_prompt: Text | None = Field(default=None, description="What should not be in the picture.")
    count: int = Field(default=1, ge=1, le=10, description="How many pictures.")
    size: Name | None = Field(default=None, description="Pixels, such as 1024x1024.")
    aspect: Name | None = Field(default=None, description="A shape, such as 16:9, instead of a size.")
    quality: Name | None = Field(default=None, description="Such as low, medium or high.")
    style: Name | None = None
    presets: list[Name] = Field(default=[], max_length=10, description="Saved styles.")
    seed: int | None = Field(default=None, ge=0, le=2**63 - 1)
    format: Name | None = Field(default=None, description="png, jpeg or webp.")
    background: Name | None = Field(default=None, description="transparent or opaque.")
    project: Name = "default"
    tags: list[Name] = Field(default=[], max_length=20)
    strict: bool = Field(default=False, description="Refuse what the model cannot do as asked, rather than adapt it.")
    translate: bool = Field(default=False, description="Put the prompt into the language that the model reads best.")
    reuse: bool = Field(default=False, description="Give kept pictures of an identical request again, at no cost.")

    def wish(self) -> Wish:
        """What is to be done."""
        raise NotImplementedError

    def allowed(self) -> Money | None:
        """What it may cost by its own arguments; None where they do not say."""
        return None


class Purchase(Look):
    """The same, for a tool that may spend money."""

    max_cost_usd: Dollars | None = Field(
        default=None,
        description="The most that this call may cost, in US dollars, such as 0.10: the person's agreement to a price. "
        "Set it only to what they have agreed to.",
    )
    idempotency_key: Key | None = Field(
        default=None, description="Calls with the same key and the same arguments are carried out and paid for once."
    )
    wait_seconds: float | None = Field(
        default=None,
        ge=0,
        le=LONGEST_WAIT,
        description="How long to wait for the pictures; the job goes on after that.",
    )

    def allowed(self) -> Money | None:
        """What it may cost by its own arguments; None where they do not say."""
        return None if self.max_cost_usd is None else Money.usd(self.max_cost_usd)


class GenerateArguments(Purchase):
    """What `generate` takes."""

    prompt: Text = Field(min_length=1, description="What to paint.")

    def wish(self) -> Wish:
        """A picture from words."""
        return Wish(operation=Operation.GENERATE, prompt=self.prompt)


SOURCE = "A kept picture by its id or limner://images/ address, an http(s) address, or a data URL."


class EditArguments(Purchase):
    """What `edit` takes."""

    image: Address = Field(description=f"The picture to change. {SOURCE}")
    prompt: Text = Field(min_length=1, description="What to change.")
    mask: Address | None = Field(
        default=None, description=f"Where to change it: white is changed, black is kept. {SOURCE}"
    )

    def wish(self) -> Wish:
        """A picture that is changed, within the mask where there is one."""
        operation = Operation.EDIT if self.mask is None else Operation.INPAINT
        return Wish(operation=operation, prompt=self.prompt, image=self.image, mask=self.mask)


class UpscaleArguments(Purchase):
    """What `upscale` takes."""

    image: Address = Field(description=f"The picture to make larger. {SOURCE}")
    scale: Literal[2, 4] = 2

    def wish(self) -> Wish:
        """A picture that is made larger."""
        return Wish(operation=Operation.UPSCALE, image=self.image, scale=self.scale)


class EstimateArguments(Look):
    """What `estimate` takes."""

    operation: Literal["generate", "edit", "upscale"] = "generate"
    prompt: Text = ""
    image: Address | None = Field(default=None, description=f"The picture to start from. {SOURCE}")
    mask: Address | None = None
    scale: Literal[2, 4] | None = None

    def wish(self) -> Wish:
        """What would be done."""
        inpaints = self.operation == "edit" and self.mask is not None
        operation = Operation.INPAINT if inpaints else Operation(self.operation)
        return Wish(operation=operation, prompt=self.prompt, image=self.image, mask=self.mask, scale=self.scale)


class SearchArguments(Arguments):
    """What `search` takes."""

    words: Annotated[str, Field(max_length=500)] | None = Field(default=None, description="Words of the prompt.")
    model: Name | None = None
    service: Name | None = None
    project: Name | None = None
    tag: Name | None = None
    favorite: bool = False
    limit: int = Field(default=10, ge=1, le=20)
    cursor: Name | None = Field(default=None, description="`next` of the answer before.")


class GetArguments(Arguments):
    """What `get` takes."""

    id: Name = Field(description="The id of a job or a picture, or a limner://images/ address.")
    wait_seconds: float = Field(
        default=0, ge=0, le=LONGEST_WAIT, description="How long to wait for a job that goes on."
    )


class CancelArguments(Arguments):
    """What `cancel` takes."""

    id: Name = Field(description="The id of a job.")


Read = TypeVar("Read", bound=Arguments)


def read(kind: type[Read], given: Mapping[str, object]) -> Read:
    """The arguments of a call, checked. Raises InvalidRequest, naming the first that is wrong."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise InvalidRequest(f"{field}: {fault['msg']}.", field=field) from None


def image_id(text: str) -> str | None:
    """The id of a kept picture that a text names; None where it names something else."""
    found = _OWN.fullmatch(text.strip())
    return None if found is None else found[1].lower()


async def wanted(runtime: Runtime, principal: Principal, given: Look) -> ImageRequest:
    """The request that the arguments of a painting tool make. Raises UsageError, NotFound and PictureWithheld."""
    wish = given.wish()
    return ImageRequest(
        prompt=wish.prompt,
        operation=wish.operation,
        inputs=await _inputs(runtime, principal, wish),
        negative_prompt=given.negative_prompt,
        model=given.model,
        provider=given.provider,
        profile=given.profile,
        tier=given.tier,
        fallback=given.fallback,
        count=given.count,
        size=_parsed("size", given.size, Size.parse),
        aspect=_parsed("aspect", given.aspect, Aspect.parse),
        quality=given.quality,
        style=given.style,
        presets=tuple(given.presets),
        seed=given.seed,
        scale=wish.scale,
        format=given.format,
        background=given.background,
        project=given.project,
        tags=tuple(given.tags),
        strictness=Strictness.STRICT if given.strict else Strictness.ADAPT,
        max_cost=given.allowed(),
        translate=wanted_language(given.translate),
        reuse=given.reuse,
    )


def _parsed(field: str, text: str | None, parse: Callable[[str], Value]) -> Value | None:
    try:
        return None if text is None else parse(text)
    except ValueError as error:
        raise InvalidRequest(str(error), field=field) from error


async def _inputs(runtime: Runtime, principal: Principal, wish: Wish) -> tuple[InputImage, ...]:
    """The pictures that it starts from, kept."""
    if wish.image is None:
        return ()
    source = await _picture(runtime, principal, wish.image, "image")
    if wish.mask is None:
        return (source,)
    drawn = await _picture(runtime, principal, wish.mask, "mask")
    return source, await runtime.uploads.mask(await runtime.blobs.get(drawn.digest), source)


async def _picture(runtime: Runtime, principal: Principal, address: str, field: str) -> InputImage:
    """A picture that an argument names."""
    uploads, own = runtime.uploads, image_id(address)
    try:
        if own is not None:
            return await uploads.kept(await runtime.pictures.get(own, principal.id), Role.SOURCE)
        if address.startswith("data:"):
            return await uploads.inline(Role.SOURCE, address)
        if address.startswith(("http://", "https://")):
            return await uploads.fetched(Role.SOURCE, address)
    except UsageError as error:
        error.field = field
        raise
    raise InvalidRequest(f"{field} names no picture. Give it like this: {SOURCE}", field=field)
