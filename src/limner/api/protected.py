"""What programs read that are to get a token for this server themselves (RFC 9728), such as MCP clients."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.api.answers import answer
from limner.api.carrying_out import base_of
from limner.api.gate import MCP, PROTECTED
from limner.domain.errors import NotFound
from limner.runtime.asking import runtime_of

router = APIRouter(prefix=PROTECTED, include_in_schema=False)


@router.get("")
@router.get(MCP)
async def describe_protected(request: Request) -> Response:
    """Who gives tokens for `/mcp`. Raises NotFound where nobody does but this server itself, by hand."""
    client = runtime_of(request).admittance.openid.client
    if client is None:
        raise NotFound("Tokens for this server are made on it: at /settings/tokens, or by `limner tokens add`.")
    described = {
        "resource": f"{base_of(request)}{MCP}",
        "authorization_servers": [client.issuer],
        "bearer_methods_supported": ["header"],
        "resource_name": "Limner",
    }
    return answer(described)
