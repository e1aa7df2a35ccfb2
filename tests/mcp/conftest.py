"""The MCP server over a real installation, with the official client of the protocol in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.server.lowlevel import Server
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult

from limner.domain.people import LOCAL, Principal
from limner.mcp.callers import Caller
from limner.mcp.serving import mcp_server
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.testing.openai_stand_in import OpenAIStandIn

PAID = {"model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
FREE = {"model": "sketch", "size": "64x64"}
SECRET = b"a secret of the tests, thirty-two bytes long"
ERAS = ("legacy", "auto")
"""How the client connects: with a session, and as the newest protocol has it."""


@dataclass(slots=True)
class Person:
    """Whoever sits at the client: says yes, or no, or something else, and remembers what they were asked."""

    says: ElicitResult = field(default_factory=lambda: ElicitResult(action="accept", content={"agree": True}))
    asked: list[str] = field(default_factory=list)

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params.message)
        return self.says


@dataclass(kw_only=True, slots=True)
class House:
    """An installation, the MCP server over it, and the service that it buys from."""

    runtime: Runtime
    stand_in: OpenAIStandIn
    principal: Principal = LOCAL
    line: str | None = "tests"

    def server(self) -> Server[Any]:
        def caller_of(_: object) -> Caller:
            return Caller(principal=self.principal, line=self.line, counted=False)

        return mcp_server(self.runtime, caller_of, SECRET)

    def client(self, person: Person | None = None, *, era: str = "legacy") -> Client:
        return Client(self.server(), elicitation_callback=person, mode=era)


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with OpenAIStandIn() as stand_in:
        variables = {"OPENAI_API_KEY": "sk-of-the-tests", "OPENAI_BASE_URL": stand_in.base_url}
        settings = read_settings(variables, tmp_path, data_dir=tmp_path / "data", log_level="error")
        async with open_runtime(settings) as runtime:
            yield House(runtime=runtime, stand_in=stand_in)


def told(result: CallToolResult) -> Any:
    """What a tool answers, where nothing went wrong."""
    assert not result.is_error, result.content
    return result.structured_content


def problem_of(result: CallToolResult) -> Any:
    """What a tool says went wrong."""
    assert result.is_error, result.structured_content
    return result.structured_content["problem"]
