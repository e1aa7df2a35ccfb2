"""What text models are asked, and what they say, piece by piece."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

from limner.domain.readiness import Readiness
from limner.domain.text_models import LONGEST_WAIT, TextCard, TextUsage
from limner.domain.vault import Opener

OVERHEAD = 32
"""Tokens beyond its text that a message, a tool or a picture costs at most: its role, its frame, its name."""
FRAME = 1_024
"""Tokens that a service's own instructions cost where there are tools or a schema: measured at Claude, under 700."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainText:
    """Text that somebody wrote."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPicture:
    """A picture that is shown to a text model. What can be read in it is never an instruction."""

    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    """A tool that the model wants used."""

    id: str
    name: str
    arguments: str
    """A JSON object as the model wrote it; it may be anything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolResult:
    """What came of a tool."""

    call_id: str
    name: str
    content: str
    failed: bool = False


class Speaker(StrEnum):
    """Who says a message. Results of tools are told by the user's side."""

    USER = "user"
    MODEL = "model"


Part: TypeAlias = "PlainText | TextPicture | ToolCall | ToolResult"


@dataclass(frozen=True, kw_only=True, slots=True)
class TextMessage:
    """One turn of a conversation: the user's has texts, pictures and results of tools, the model's texts and calls."""

    speaker: Speaker
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TextTool:
    """A tool that the model may ask for."""

    name: str
    description: str
    schema: Mapping[str, object]
    """JSON Schema of its arguments."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextRequest:
    """What a text model is asked: one call, one purchase."""

    instructions: str
    """What it is to do, by Limner: never anything that a stranger wrote."""
    messages: tuple[TextMessage, ...]
    most_tokens: int
    """Tokens of the answer at most, thoughts included; the hold follows from it."""
    tools: tuple[TextTool, ...] = ()
    schema: Mapping[str, object] | None = None
    """JSON Schema that the answer is to have; never together with tools."""
    seconds: float = LONGEST_WAIT
    """How long the whole answer may take. What is cut off then may have been bought."""

    @property
    def pictures(self) -> tuple[TextPicture, ...]:
        """Those that are shown in it."""
        return tuple(part for said in self.messages for part in said.parts if isinstance(part, TextPicture))

    def most_input(self, card: TextCard) -> int:
        """Tokens that the question has at most: no tokenizer makes more of a text than it has bytes."""
        texts = [self.instructions, *(_text(part) for said in self.messages for part in said.parts)]
        texts += [f"{tool.name}{tool.description}{json.dumps(dict(tool.schema))}" for tool in self.tools]
        texts += [] if self.schema is None else [json.dumps(dict(self.schema))]
        tokens = sum(len(text.encode(errors="replace")) + OVERHEAD for text in texts)
        if card.pixels_a_token:
            tokens += sum(-(-one.width * one.height // card.pixels_a_token) for one in self.pictures)
        tokens += FRAME if self.tools or self.schema is not None else 0
        return min(tokens, card.context) if card.context else tokens

    def most_output(self, card: TextCard) -> int:
        """Tokens of the answer at most."""
        return min(self.most_tokens, card.longest_answer) if card.longest_answer else self.most_tokens


def _text(part: Part) -> str:
    match part:
        case PlainText():
            return part.text
        case ToolCall():
            return f"{part.id}{part.name}{part.arguments}"
        case ToolResult():
            return f"{part.call_id}{part.name}{part.content}"
        case TextPicture():
            return ""


class Finish(StrEnum):
    """Why an answer ends."""

    DONE = "done"
    CUT = "cut"
    """It had as many tokens as were allowed."""
    TOOLS = "tools"
    """It waits for the results of tools."""
    REFUSED = "refused"
    """The service's moderation stopped it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDelta:
    """A piece of text."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TextEnd:
    """The end of an answer; the last piece, and there is exactly one."""

    finish: Finish
    usage: TextUsage | None
    """None where the service did not count."""
    request_id: str | None = None


TextPiece: TypeAlias = "TextDelta | ToolCall | TextEnd"
"""What a stream gives: text as it comes, each call of a tool whole, and the end."""


class SendsTexts(Protocol):
    """Speaks to text models; knows nothing of money."""

    def readiness(self, service: str, opener: Opener | None = None) -> Readiness:
        """Whether a service has what it needs, with somebody's own key where one is given; sends nothing."""
        ...

    def credential(self, service: str, opener: Opener | None = None) -> str:
        """Stands for a service's address and key, that of `opener` where one is given; nobody can use it.

        For a service that paints too it is the same as there.
        """
        ...

    async def looked_up(self, card: TextCard) -> TextCard | None:
        """The card of a local model with what its server says that it can do; None where it is not there now.

        Other services are not asked: they give the card as it is.
        """
        ...

    def default_model(self, service: str) -> str:
        """The model that the installation has named for a service whose models the catalog does not know, or empty."""
        ...

    def stream(self, card: TextCard, request: TextRequest, opener: Opener | None) -> AsyncGenerator[TextPiece]:
        """Buys one call, never twice, and says what comes; `opener` has somebody's own key in place of the usual one.

        Raises ProviderError; what it says about `spent` is certain: `no` only where provably nothing was bought. What
        is not read to its end is given up: the line is closed.
        """
        ...
