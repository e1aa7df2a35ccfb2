"""Text models: what they can do and cost, what they are asked, and what they say, piece by piece."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeAlias

from limner.domain.money import Money
from limner.domain.ports import Readiness
from limner.domain.vault import Opener

MILLION = 1_000_000
OVERHEAD = 32
"""Tokens beyond its text that a message, a tool or a picture costs at most: its role, its frame, its name."""
FRAME = 1_024
"""Tokens that a service's own instructions cost where there are tools or a schema: measured at Claude, under 700."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPrice:
    """What tokens cost, in micro-dollars for a million of them."""

    input: int
    output: int
    cached_input: int | None = None
    """Input that the service had kept; None where no such price is known: it is then counted as other input."""

    def of(self, usage: TextUsage) -> Money:
        """What a call costs by what the service counted, rounded up."""
        cached = usage.cached_input if self.cached_input is not None else 0
        total = (usage.input - cached) * self.input + cached * (self.cached_input or 0) + usage.output * self.output
        return Money(-(-total // MILLION))


@dataclass(frozen=True, kw_only=True, slots=True)
class TextCard:
    """What one text model can do and cost, as the catalog knows it."""

    service: str
    name: str
    """The service's own name for it."""
    title: str
    context: int
    """Tokens that question and answer have together; 0 where nobody knows."""
    longest_answer: int
    """Tokens of one answer; 0 where nobody knows."""
    sees: bool
    """Whether it can be shown pictures."""
    uses_tools: bool
    local: bool
    """It runs on a machine of one's own and costs nothing by nature."""
    price: TextPrice | None
    """None where it is unknown, or where it costs nothing by nature."""
    pixels_a_token: int = 0
    """How many pixels of a picture make a token; 0 where nobody knows."""
    shutdown: date | None = None
    source: str = ""
    as_of: date | None = None

    @property
    def id(self) -> str:
        """`service/name`."""
        return f"{self.service}/{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TextServiceCard:
    """Where text models are asked: an address, a key and a wire format."""

    id: str
    name: str
    wire: str
    """Which of the formats that `words.sending` speaks: anthropic, openai or openai_chat."""
    base_url: str
    base_url_variable: str
    path: str = ""
    """What follows the base URL before the wire format's own paths."""
    key_variables: tuple[str, ...] = ()
    """Environment names that may hold its key, first one wins; none where no key is needed."""
    key_optional: bool = False
    """Whether it can be asked without a key once its address is given."""
    local: bool = False
    any_model: bool = False
    """Whether it takes models that the catalog does not know: what they can do and cost is then unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextSource:
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


Part: TypeAlias = "TextSource | TextPicture | ToolCall | ToolResult"


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
        case TextSource():
            return part.text
        case ToolCall():
            return f"{part.id}{part.name}{part.arguments}"
        case ToolResult():
            return f"{part.call_id}{part.name}{part.content}"
        case TextPicture():
            return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextUsage:
    """Tokens as the service counted them."""

    input: int
    """All of the question, what the service had kept included."""
    output: int
    """All of the answer, thoughts included."""
    cached_input: int = 0


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

    def readiness(self, service: str) -> Readiness:
        """Whether a service has what it needs from the installation; sends nothing."""
        ...

    def stream(self, card: TextCard, request: TextRequest, opener: Opener | None) -> AsyncIterator[TextPiece]:
        """Buys one call, never twice, and says what comes; `opener` has somebody's own key in place of the usual one.

        Raises ProviderError; what it says about `spent` is certain: `no` only where provably nothing was bought. What
        is not read to its end is given up: the line is closed.
        """
        ...


class TextCatalog(Protocol):
    """Facts about text models."""

    @property
    def services(self) -> tuple[TextServiceCard, ...]:
        """All services, in the order in which they are chosen."""
        ...

    @property
    def models(self) -> tuple[TextCard, ...]:
        """All models, in the order in which they are chosen."""
        ...

    def find(self, name: str) -> TextCard:
        """One model by `service/name` or bare name. Raises UnknownModel with the nearest names."""
        ...
