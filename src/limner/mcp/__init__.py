"""The MCP server: what a language model can ask of Limner, over HTTP at `/mcp` and over stdin and stdout."""
