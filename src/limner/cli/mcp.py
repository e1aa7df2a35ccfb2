"""The MCP server over stdin and stdout, for a client on this machine such as Claude Desktop."""

from __future__ import annotations

from limner.cli.admin import Errors
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App
from limner.cli.output import Output

app = App()


@app.add()
def mcp(json: Errors = False) -> int:
    """Let a language model on this machine paint: the MCP server, over stdin and stdout."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        # Imported here because the library takes 0.8 s, and only this command needs it.
        from limner.mcp.stdio import serve_stdio

        # stdin is read by a thread that nobody can stop. What is on disk is taken up at the next start.
        with session.interruption.answered_by(session.interruption.leave):
            await serve_stdio(session.studio.runtime, session.studio.principal)
        return OK

    return with_studio(output, action, paints=True)
