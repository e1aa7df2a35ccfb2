"""`limner mcp` as a process of its own: it speaks the protocol and nothing else, and dies without losing anything."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from mcp import Client, StdioServerParameters

from limner.domain.people import LOCAL
from limner.runtime import open_runtime
from limner.settings import read_settings
from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.mcp.conftest import FREE, PAID, Person, told

pytestmark = pytest.mark.timeout(240)  # processes start slowly on a machine that has much to do
PATIENCE = 100
"""Seconds for one answer."""
PROGRAM = (sys.executable, "-c", "import sys; from limner.cli.entry import main; sys.exit(main())", "mcp")
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
PAINTS = {"prompt": "a cat", **PAID, "max_cost_usd": "0.10"}


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn() as stand_in:
        yield stand_in


def environment(folder: Path, shop: OpenAIStandIn) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIMNER_", "OPENAI_"))}
    own = {"OPENAI_API_KEY": "sk-of-the-tests", "OPENAI_BASE_URL": shop.base_url}
    return {**kept, **own, "LIMNER_DATA_DIR": str(folder / "data"), "LIMNER_LOG_LEVEL": "debug"}


class Spoken:
    """The process, spoken to line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def send(self, method: str, number: int | None = None, **params: Any) -> None:
        named = {} if number is None else {"id": number}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **named}).encode())
        self.process.stdin.write(b"\n")
        await self.process.stdin.drain()

    async def answer(self, number: int) -> Any:
        """The result of a request; every line on stdout is a message."""
        assert self.process.stdout is not None
        while True:
            message = json.loads(await asyncio.wait_for(self.process.stdout.readline(), PATIENCE))
            assert message["jsonrpc"] == "2.0"
            if message.get("id") == number:
                return message["result"]

    async def begin(self) -> None:
        await self.send("initialize", 0, **HELLO)
        assert (await self.answer(0))["serverInfo"]["name"] == "limner"
        await self.send("notifications/initialized")

    async def call(self, number: int, tool: str, **arguments: Any) -> None:
        await self.send("tools/call", number, name=tool, arguments=arguments)


async def started(folder: Path, shop: OpenAIStandIn) -> Spoken:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, cwd=folder, env=environment(folder, shop), stdin=pipe, stdout=pipe, stderr=pipe, limit=2**20
    )
    spoken = Spoken(process)
    await spoken.begin()
    return spoken


async def bought(shop: OpenAIStandIn, count: int) -> None:
    """Until the service has accepted so many purchases; it lives in this process, so looking costs nothing."""
    for _ in range(9000):
        if shop.purchases == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{shop.purchases} were bought")


async def test_the_official_client_paints_through_a_process(tmp_path: Path, shop: OpenAIStandIn) -> None:
    person = Person()
    parameters = StdioServerParameters(
        command=PROGRAM[0], args=list(PROGRAM[1:]), env=environment(tmp_path, shop), cwd=tmp_path
    )
    async with Client(parameters, elicitation_callback=person) as client:
        free = told(await client.call_tool("generate", {"prompt": "a lake", **FREE}))
        paid = told(await client.call_tool("generate", {"prompt": "a cat", **PAID}))
        found = told(await client.call_tool("search", {}))["pictures"]
    assert [picture["id"] for picture in found] == [paid["pictures"][0]["id"], free["pictures"][0]["id"]]
    assert (len(person.asked), shop.purchases) == (1, 1)


async def test_stdout_has_messages_alone_and_the_end_of_stdin_is_the_end(tmp_path: Path, shop: OpenAIStandIn) -> None:
    spoken = await started(tmp_path, shop)
    await spoken.call(1, "generate", prompt="a lake", **FREE)
    assert (await spoken.answer(1))["structuredContent"]["state"] == "succeeded"
    assert spoken.process.stdin is not None
    spoken.process.stdin.write(b"this is no message\n")
    await spoken.send("ping", 2)
    assert await spoken.answer(2) == {}
    spoken.process.stdin.close()
    out, err = await asyncio.wait_for(spoken.process.communicate(), PATIENCE)
    assert (spoken.process.returncode, out) == (0, b"")
    assert b"Traceback" not in err


async def test_a_process_that_is_killed_loses_nothing_and_nothing_is_bought_twice(
    tmp_path: Path, shop: OpenAIStandIn
) -> None:
    """It dies while the service paints. Only a person can tell whether that was bought; what is known is kept."""
    spoken = await started(tmp_path, shop)
    await spoken.call(1, "generate", **PAINTS, idempotency_key="cat of today")
    first = (await spoken.answer(1))["structuredContent"]
    shop.faults.add(Fault(delay=60))
    await spoken.call(2, "generate", **{**PAINTS, "prompt": "a dog"}, idempotency_key="dog of today")
    await bought(shop, 2)
    spoken.process.send_signal(signal.SIGKILL)
    await spoken.process.communicate()

    again = await started(tmp_path, shop)
    await again.call(1, "generate", **PAINTS, idempotency_key="cat of today")
    assert (await again.answer(1))["structuredContent"]["job_id"] == first["job_id"]
    await again.call(2, "generate", **{**PAINTS, "prompt": "a dog"}, idempotency_key="dog of today")
    lost = (await again.answer(2))["structuredContent"]
    assert lost["state"] == "ambiguous"
    assert "do not ask for it again" in lost["next"]
    assert again.process.stdin is not None
    again.process.stdin.close()
    await again.process.communicate()

    assert shop.purchases == 2
    settings = read_settings(environment(tmp_path, shop), tmp_path)
    async with open_runtime(settings, work=False) as runtime:
        assert list(await runtime.ledger.check()) == []
        kept = await runtime.jobs.get(first["job_id"], LOCAL.id)
        (picture,) = kept.pictures
        assert len(await runtime.blobs.get(picture.original.digest)) == picture.original.size


async def test_a_process_that_is_asked_to_end_ends(tmp_path: Path, shop: OpenAIStandIn) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        spoken = await started(tmp_path, shop)
        spoken.process.send_signal(number)
        await asyncio.wait_for(spoken.process.wait(), PATIENCE)
        assert spoken.process.returncode in {-signal.SIGTERM, 130}
