"""What a text model wants painted: the arguments of a tool, checked by its schema, as a request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from limner.domain.chats import Chat
from limner.domain.errors import UsageError
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.picture_tools import EDIT_IMAGE, MOST_PICTURES, MOST_REFERENCES, QUALITIES, SIZES, STYLES, TOOLS
from limner.domain.profile import Profile
from limner.domain.request import ImageRequest, InputImage, Operation, Role, Size
from limner.domain.stores import Pictures
from limner.domain.texts import ToolCall

LONGEST_PROMPT = 4000
"""Characters that document 2 allows."""
CHOICES: Mapping[str, tuple[str, ...]] = {"size": SIZES, "style": STYLES, "quality": QUALITIES}


class WrongArguments(UsageError):
    """A text model has called a tool in a way that its schema does not allow."""

    code = "wrong_arguments"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanting:
    """Reads calls of tools for one chat."""

    pictures: Pictures
    takes: Callable[[Picture, Role], Awaitable[InputImage]]
    """Makes a kept picture the start of another one."""

    async def request(
        self, call: ToolCall, chat: Chat, profile: Profile, near: frozenset[str], principal: Principal
    ) -> ImageRequest:
        """The request that a call comes to; `near` are the pictures of the conversation, no other can be changed.

        Raises WrongArguments, with what to do better, and PictureWithheld.
        """
        arguments = checked(call)
        size = arguments.get("size")
        return ImageRequest(
            prompt=str(arguments["prompt"]),
            operation=Operation.EDIT if call.name == EDIT_IMAGE["name"] else Operation.GENERATE,
            inputs=await self._inputs(arguments, near, principal),
            profile=profile.id,
            count=_count(arguments),
            size=None if size is None else Size.parse(str(size)),
            style=_word(arguments, "style"),
            quality=_word(arguments, "quality"),
            tags=(*(tag.word for tag in chat.tags), f"CHAT:{chat.id}"),
        )

    async def _inputs(
        self, arguments: Mapping[str, object], near: frozenset[str], principal: Principal
    ) -> tuple[InputImage, ...]:
        named = [(str(arguments["image_id"]), Role.SOURCE)] if "image_id" in arguments else []
        named += [(picture_id, Role.REFERENCE) for picture_id in _references(arguments)]
        if any(picture_id not in near for picture_id, _ in named):
            raise WrongArguments("There is no image with this id in the conversation. Take an id that was told.")
        pictures = [await self.pictures.get(picture_id, principal.id) for picture_id, _ in named]
        return tuple([await self.takes(picture, role) for picture, (_, role) in zip(pictures, named, strict=True)])


def arguments_of(call: ToolCall) -> Mapping[str, object]:
    """What a model wrote, as far as it is an object; nothing otherwise."""
    try:
        found = json.loads(call.arguments or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def checked(call: ToolCall) -> Mapping[str, object]:
    """The arguments of a call, right by its tool's schema; what the tool does not have is left out.

    Raises WrongArguments with a sentence for the model.
    """
    tool = TOOLS.get(call.name)
    if tool is None:
        raise WrongArguments(f"There is no tool of this name. There are {' and '.join(TOOLS)}.")
    needed = ("image_id", "prompt") if call.name == EDIT_IMAGE["name"] else ("prompt",)
    known = {*needed, *CHOICES, "count", "reference_ids"}
    arguments = {name: value for name, value in arguments_of(call).items() if name in known and value is not None}
    for name in needed:
        value = arguments.get(name)
        if not isinstance(value, str) or not value.strip():
            raise WrongArguments(f"{name} has to be a text that is not empty. Call the tool again.")
    if len(str(arguments["prompt"])) > LONGEST_PROMPT:
        raise WrongArguments(f"prompt has at most {LONGEST_PROMPT} characters. Call the tool again with fewer.")
    for name, choices in CHOICES.items():
        if name in arguments and arguments[name] not in choices:
            raise WrongArguments(f"{name} has to be one of {', '.join(choices)}. Call the tool again.")
    _count(arguments)
    _references(arguments)
    return arguments


def _count(arguments: Mapping[str, object]) -> int:
    count = arguments.get("count", 1)
    if isinstance(count, float) and count.is_integer():
        count = int(count)  # JSON has one kind of number, and some models write 2.0
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_PICTURES:
        raise WrongArguments(f"count has to be a whole number from 1 to {MOST_PICTURES}. Call the tool again.")
    return count


def _references(arguments: Mapping[str, object]) -> tuple[str, ...]:
    """The ids of the pictures that are references, each once."""
    found = arguments.get("reference_ids", [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found) or len(found) > MOST_REFERENCES:
        raise WrongArguments(
            f"reference_ids has to be a list of at most {MOST_REFERENCES} ids of images. Call the tool again."
        )
    return tuple(dict.fromkeys(found))


def _word(arguments: Mapping[str, object], name: str) -> str | None:
    value = arguments.get(name)
    return None if value is None else str(value)
