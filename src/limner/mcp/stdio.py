"""The MCP server over stdin and stdout: for a client on this machine that starts it, over the data directory here."""

from __future__ import annotations

import asyncio

from mcp.server.stdio import stdio_server

from limner.domain.people import Principal
from limner.mcp.callers import Caller, Context
from limner.mcp.serving import mcp_server, sealing_secret
from limner.runtime import Runtime


async def serve_stdio(runtime: Runtime, principal: Principal) -> None:
    """Answers until stdin ends. Nothing else may be written to stdout: what tries to lands on stderr meanwhile."""
    caller = Caller(principal=principal, line=f"stdio:{runtime.ids.new()}", counted=False)

    def caller_of(_: Context) -> Caller:
        return caller

    server = mcp_server(runtime, caller_of, await asyncio.to_thread(sealing_secret, runtime.settings))
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
