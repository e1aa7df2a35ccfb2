"""Speaks to text models through pydantic-ai (2.68). Importing it costs a second and 130 MB: only `sending` does it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import (
    BinaryContent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolCallPart,
    ToolReturnPart,
    UserContent,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel, OpenAIResponsesModelSettings
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from limner.domain.text_models import TextCard, TextServiceCard, TextUsage
from limner.domain.texts import (
    Finish,
    PlainText,
    Speaker,
    TextDelta,
    TextEnd,
    TextMessage,
    TextPicture,
    TextPiece,
    TextRequest,
    ToolCall,
    ToolResult,
)
from limner.wire.carrier import OneShot, client
from limner.wire.client import Wire
from limner.wire.connection import Connection

FINISHES = {
    "stop": Finish.DONE,
    "length": Finish.CUT,
    "content_filter": Finish.REFUSED,
    "tool_call": Finish.TOOLS,
}
NO_KEY = "none"
"""What libraries are given that want a key where there is none; the way leaves it out."""
ANSWER = "answer"


class CutShort(Exception):
    """The answer ended without saying that it was at its end."""


@dataclass(frozen=True, slots=True)
class Speech:
    """One call to one model."""

    card: TextCard
    service: TextServiceCard
    place: Connection

    def way(self, wire: Wire, deadline: float) -> OneShot:
        """The way on which it goes; `deadline` is in seconds for the whole answer."""
        headers = dict(self.place.headers)
        if self.place.organization:
            headers["OpenAI-Organization"] = self.place.organization
        return OneShot(wire, headers=headers, with_key=bool(self.place.api_key), deadline=deadline)

    async def pieces(self, request: TextRequest, way: OneShot) -> AsyncGenerator[TextPiece]:
        """Sends the request over this way and says what comes. Raises whatever the library raises, and CutShort."""
        model = self._model(way)
        asking = model_request_stream(
            model,
            _messages(request),
            model_settings=self._settings(request),
            model_request_parameters=_parameters(request),
            instrument=False,
        )
        async with asking as stream:
            async for event in stream:
                text = _text_of(event)
                if text:
                    yield TextDelta(text=text)
            whole = stream.get()
        tools = [part for part in whole.parts if isinstance(part, ToolCallPart)]
        for part in tools:
            yield ToolCall(id=part.tool_call_id, name=part.tool_name, arguments=part.args_as_json_str())
        finish = FINISHES.get(whole.finish_reason or "")
        if finish is None:
            raise CutShort("the answer broke off")
        if finish is Finish.DONE and tools:  # OpenAI's responses call both of them completed
            finish = Finish.TOOLS
        yield TextEnd(finish=finish, usage=_usage(whole), request_id=way.request_id)

    def _model(self, way: OneShot) -> Model:
        key, carried = self.place.api_key or NO_KEY, client(way)
        address = f"{self.place.base_url}{self.service.path}"
        if self.service.wire == "anthropic":
            there = AnthropicProvider(api_key=key, base_url=address, http_client=carried)
            return AnthropicModel(self.card.name, provider=there)
        if self.service.wire == "openai":
            own = OpenAIProvider(base_url=address, api_key=key, http_client=carried)
            return OpenAIResponsesModel(self.card.name, provider=own)
        profile = ModelProfile(supports_json_schema_output=True)
        other = OpenAICompatibleProvider(
            self.card.service, base_url=address, api_key=key, http_client=carried, profile=profile
        )
        return OpenAIChatModel(self.card.name, provider=other)

    def _settings(self, request: TextRequest) -> ModelSettings:
        """The library's own retries are off: a second try would be a second purchase."""
        most = request.most_output(self.card)
        if self.service.wire == "openai":
            return OpenAIResponsesModelSettings(max_tokens=most, max_retries=0, openai_store=False)
        return ModelSettings(max_tokens=most, max_retries=0)


def _parameters(request: TextRequest) -> ModelRequestParameters:
    tools = [
        ToolDefinition(name=tool.name, description=tool.description, parameters_json_schema=dict(tool.schema))
        for tool in request.tools
    ]
    if request.schema is None:
        return ModelRequestParameters(function_tools=tools)
    wanted = OutputObjectDefinition(json_schema=dict(request.schema), name=ANSWER, strict=True)
    return ModelRequestParameters(output_mode="native", output_object=wanted)


def _messages(request: TextRequest) -> list[ModelMessage]:
    """The conversation in the library's words. Instructions stand in each of the user's turns: it sends the last."""
    return [
        ModelResponse(parts=_spoken(said))
        if said.speaker is Speaker.MODEL
        else ModelRequest(parts=_asked(said), instructions=request.instructions)
        for said in request.messages
    ]


def _spoken(said: TextMessage) -> list[TextPart | ToolCallPart]:
    parts: list[TextPart | ToolCallPart] = []
    for part in said.parts:
        if isinstance(part, PlainText):
            parts.append(TextPart(content=part.text))
        elif isinstance(part, ToolCall):
            parts.append(ToolCallPart(tool_name=part.name, args=part.arguments, tool_call_id=part.id))
    return parts


def _asked(said: TextMessage) -> Sequence[ToolReturnPart | UserPromptPart]:
    """Results of tools come first, as services want it, then pictures and texts as they stand."""
    results = [
        ToolReturnPart(
            tool_name=part.name,
            content=part.content,
            tool_call_id=part.call_id,
            outcome="failed" if part.failed else "success",
        )
        for part in said.parts
        if isinstance(part, ToolResult)
    ]
    content: list[UserContent] = []
    for part in said.parts:
        if isinstance(part, PlainText):
            content.append(part.text)
        elif isinstance(part, TextPicture):
            content.append(BinaryContent(data=part.data, media_type=part.media_type))
    return [*results, UserPromptPart(content=content)] if content else results


def _text_of(event: object) -> str:
    """The text that an event brings; thoughts are none."""
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""


def _usage(whole: ModelResponse) -> TextUsage | None:
    counted = whole.usage
    if not counted.input_tokens and not counted.output_tokens:
        return None
    return TextUsage(input=counted.input_tokens, output=counted.output_tokens, cached_input=counted.cache_read_tokens)
