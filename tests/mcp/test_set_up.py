"""The pages' own words on how to set up a client, taken as they stand and used by the official client."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from limner.domain.people import Role
from tests.api.people import accounts_site, add_user, client_of
from tests.api.served import serving

pytestmark = pytest.mark.timeout(240)  # processes start slowly on a machine that has much to do
PAGE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text(encoding="utf-8")
LIMNER = Path(sys.executable).with_name("limner")
TOOLS = {"estimate", "generate", "edit", "upscale", "search", "get", "cancel"}


def snippets() -> list[dict[str, Any]]:
    """What the page has people write into the files of their clients: each server by itself."""
    written = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL) + re.findall(r'`(\{"servers".*?\})`', PAGE)
    found = [json.loads(text) for text in written]
    return [server for each in found for server in (each.get("mcpServers") or each["servers"]).values()]


async def tools_of(client: Client) -> set[str]:
    async with client as mcp:
        return {tool.name for tool in (await mcp.list_tools()).tools}


def test_the_page_shows_both_ways() -> None:
    assert [("command" in each, "url" in each) for each in snippets()].count((True, False)) == 2
    assert [("command" in each, "url" in each) for each in snippets()].count((False, True)) == 2


@pytest.mark.parametrize("server", [each for each in snippets() if "command" in each])
async def test_a_client_starts_limner_as_the_page_says(tmp_path: Path, server: dict[str, Any]) -> None:
    assert server["command"] in ("limner", "/path/to/limner")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIMNER_", "OPENAI_"))}
    env = {**kept, **server.get("env", {}), "LIMNER_DATA_DIR": str(tmp_path / "data")}
    started = StdioServerParameters(command=str(LIMNER), args=server["args"], env=env)
    assert await tools_of(Client(started)) == TOOLS


@pytest.mark.parametrize("server", [each for each in snippets() if "url" in each])
def test_a_client_reaches_a_server_as_the_page_says(tmp_path: Path, server: dict[str, Any]) -> None:
    wanted = server.get("headers", {})

    def reached(url: str, token: str) -> set[str]:
        headers = {name: value.replace("${input:limner}", token) for name, value in wanted.items()}

        async def ask() -> set[str]:
            async with httpx2.AsyncClient(headers=headers, timeout=60) as client:
                path = re.sub(r"^https?://[^/]+", "", server["url"])
                return await tools_of(Client(streamable_http_client(f"{url}{path}", http_client=client)))

        return asyncio.run(ask())

    if not wanted:
        with serving(tmp_path) as site:
            assert reached(site.url, "") == TOOLS
        return
    with accounts_site(tmp_path) as site:
        user = add_user(tmp_path, "ann@example.com", Role.MEMBER)
        with client_of(site, user.email) as client:
            token = client.post("/api/v1/tokens", json={"name": "mcp"}).json()["token"]
        assert reached(site.url, token) == TOOLS
