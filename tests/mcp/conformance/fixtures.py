"""The tools, resources and prompts that the conformance suite asks for by name: they stand where Limner's own would."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any, cast

import anyio
from mcp.server import MCPServer
from mcp.server.lowlevel import Server
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp_types import (
    AudioContent,
    CallToolResult,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    Tool,
    UnsubscribeRequestParams,
)
from pydantic import Field

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
WAV = base64.b64encode(b"RIFF&\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0\x80>\0\0\2\0\x10\0data\2\0\0\0\0\0").decode()
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
    "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"}},
    "additionalProperties": False,
}
DEFAULTS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    },
    "required": [],
}
TITLED = [
    {"const": f"value{number}", "title": f"{word} Option"}
    for number, word in enumerate(("First", "Second", "Third"), 1)
]
ENUMS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {"type": "string", "oneOf": TITLED},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
        "titledMulti": {
            "type": "array",
            "items": {
                "anyOf": [
                    {"const": each["const"], "title": each["title"].replace("Option", "Choice")} for each in TITLED
                ]
            },
        },
    },
    "required": [],
}
USER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    },
    "required": ["username", "email"],
}


def text(words: str) -> TextContent:
    return TextContent(type="text", text=words)


def embedded(uri: str, words: str, media_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=media_type, text=words))


def fixture_server(*_: object) -> Server[Any]:
    """The server, in the place of Limner's own."""
    server: MCPServer[Any] = MCPServer("limner-conformance", version="1")
    add_content(server)
    add_talking(server)
    add_asking(server)
    add_resources(server)
    add_prompts(server)
    inner: Server[Any] = server._lowlevel_server
    add_raw(inner)
    return inner


def add_content(server: MCPServer[Any]) -> None:
    """Tools that only answer."""

    @server.tool(description="Simple text.")
    async def test_simple_text() -> CallToolResult:
        return CallToolResult(content=[text("This is a simple text response for testing.")])

    @server.tool(description="Image content.")
    async def test_image_content() -> CallToolResult:
        return CallToolResult(content=[ImageContent(type="image", data=PNG, mime_type="image/png")])

    @server.tool(description="Audio content.")
    async def test_audio_content() -> CallToolResult:
        return CallToolResult(content=[AudioContent(type="audio", data=WAV, mime_type="audio/wav")])

    @server.tool(description="Embedded resource.")
    async def test_embedded_resource() -> CallToolResult:
        return CallToolResult(content=[embedded("test://embedded-resource", "This is an embedded resource content.")])

    @server.tool(description="Multiple content types.")
    async def test_multiple_content_types() -> CallToolResult:
        data = json.dumps({"test": "data", "value": 123})
        return CallToolResult(
            content=[
                text("Multiple content types test:"),
                ImageContent(type="image", data=PNG, mime_type="image/png"),
                embedded("test://mixed-content-resource", data, "application/json"),
            ]
        )

    @server.tool(description="Error handling.")
    async def test_error_handling() -> CallToolResult:
        raise ToolError("This tool intentionally returns an error for testing")


def add_talking(server: MCPServer[Any]) -> None:
    """Tools that say something, or ask, before they answer."""

    @server.tool(description="Tool with logging.")
    async def test_tool_with_logging(context: Context[Any, Any]) -> CallToolResult:
        for said in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await context.info(said)
            await anyio.sleep(0.05)
        return CallToolResult(content=[text("Logged.")])

    @server.tool(description="Tool with progress.")
    async def test_tool_with_progress(context: Context[Any, Any]) -> CallToolResult:
        for share in (0, 50, 100):
            await context.report_progress(share, 100)
            await anyio.sleep(0.05)
        return CallToolResult(content=[text("Progressed.")])

    @server.tool(description="Reconnection.")
    async def test_reconnection(context: Context[Any, Any]) -> CallToolResult:
        await context.close_sse_stream()
        await anyio.sleep(0.1)
        return CallToolResult(content=[text("Reconnection test completed successfully")])

    @server.tool(description="Sampling.")
    async def test_sampling(prompt: str, context: Context[Any, Any]) -> CallToolResult:
        said = await context.session.create_message(
            [SamplingMessage(role="user", content=text(prompt))], max_tokens=100, related_request_id=context.request_id
        )
        return CallToolResult(content=[text(f"LLM response: {getattr(said.content, 'text', said.content)}")])


def add_asking(server: MCPServer[Any]) -> None:
    """Tools that ask the person."""

    async def asked(context: Context[Any, Any], message: str, schema: dict[str, Any]) -> CallToolResult:
        told = await context.session.elicit_form(message, schema, context.request_context.request_id)
        return CallToolResult(
            content=[text(f"Elicitation completed: action={told.action}, content={json.dumps(told.content)}")]
        )

    @server.tool(description="Elicitation.")
    async def test_elicitation(message: str, context: Context[Any, Any]) -> CallToolResult:
        return await asked(context, message, USER)

    @server.tool(description="Elicitation sep1034 defaults.")
    async def test_elicitation_sep1034_defaults(context: Context[Any, Any]) -> CallToolResult:
        return await asked(context, "Please review these values", DEFAULTS)

    @server.tool(description="Elicitation sep1330 enums.")
    async def test_elicitation_sep1330_enums(context: Context[Any, Any]) -> CallToolResult:
        return await asked(context, "Please choose", ENUMS)


def add_resources(server: MCPServer[Any]) -> None:
    """What can be read."""

    @server.resource("test://static-text", mime_type="text/plain", description="Some text.")
    def static_text() -> str:
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png", description="A picture.")
    def static_binary() -> bytes:
        return base64.b64decode(PNG)

    @server.resource("test://watched-resource", mime_type="text/plain", description="Something to watch.")
    def watched() -> str:
        return "Watched."

    @server.resource("test://template/{id}/data", mime_type="application/json", description="By its id.")
    def template(id: str) -> str:
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def add_prompts(server: MCPServer[Any]) -> None:
    """What people choose."""

    @server.prompt(description="Simple prompt.")
    def test_simple_prompt() -> str:
        return "This is a simple prompt for testing."

    @server.prompt(description="Prompt with arguments.")
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt(description="Prompt with embedded resource.")
    def test_prompt_with_embedded_resource(uri: Annotated[str, Field(alias="resourceUri")]) -> list[Message]:
        found = embedded(uri, "Embedded resource content for testing.")
        return [UserMessage(found), UserMessage("Please process the embedded resource above.")]

    @server.prompt(description="Prompt with image.")
    def test_prompt_with_image() -> list[Message]:
        picture = ImageContent(type="image", data=PNG, mime_type="image/png")
        return [UserMessage(picture), UserMessage("Please analyze the image above.")]


def add_raw(server: Server[Any]) -> None:
    """What the library has no decorator for."""
    lists = server.get_request_handler("tools/list")
    assert lists is not None

    async def list_tools(context: Any, params: PaginatedRequestParams) -> ListToolsResult:
        listed = cast(ListToolsResult, await lists.handler(context, params))
        described = Tool(
            name="json_schema_2020_12_tool",
            description="Tool with JSON Schema 2020-12 features",
            input_schema=SCHEMA,
        )
        return listed.model_copy(update={"tools": [*listed.tools, described]})

    async def complete(_: Any, params: CompleteRequestParams) -> CompleteResult:
        found = [word for word in ("paris", "park", "party") if word.startswith(params.argument.value)]
        return CompleteResult(completion=Completion(values=found, total=len(found), has_more=False))

    async def subscribe(_: Any, params: SubscribeRequestParams) -> EmptyResult:
        return EmptyResult()

    async def unsubscribe(_: Any, params: UnsubscribeRequestParams) -> EmptyResult:
        return EmptyResult()

    async def set_level(_: Any, params: SetLevelRequestParams) -> EmptyResult:
        return EmptyResult()

    server.add_request_handler("tools/list", PaginatedRequestParams, list_tools)
    server.add_request_handler("completion/complete", CompleteRequestParams, complete)
    server.add_request_handler("resources/subscribe", SubscribeRequestParams, subscribe)
    server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, unsubscribe)
    server.add_request_handler("logging/setLevel", SetLevelRequestParams, set_level)
