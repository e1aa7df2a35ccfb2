"""A kill between the end of a job and the message about it: the message is sent all the same."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from limner.domain.people import LOCAL
from limner.domain.webhooks import DeliveryState, Webhook
from limner.runtime import open_runtime
from limner.settings import Settings, read_settings
from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.acceptance import test_kill
from tests.acceptance.installation import PROGRAM
from tests.acceptance.test_kill import FREE, PAID, environment, postgres_url, start
from tests.receiver import Receiver

__all__ = ["postgres_url"]


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn() as server:
        yield server


@pytest_asyncio.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    async with Receiver() as found:
        monkeypatch.setitem(test_kill.EXTRA, "LIMNER_FETCH_ALLOWLIST", found.place)
        monkeypatch.setitem(test_kill.EXTRA, "LIMNER_PUBLIC_URL", "https://limner.test")
        yield found


def settings_of(folder: Path, stand_in: OpenAIStandIn) -> Settings:
    return read_settings(environment(stand_in), folder, data_dir=folder)


async def subscribed(settings: Settings, receiver: Receiver) -> tuple[Webhook, str]:
    async with open_runtime(settings, work=False) as runtime:
        return await runtime.webhooks.add(receiver.url, (), LOCAL)


async def died(folder: Path, stand_in: OpenAIStandIn, *, model: str, step: str, when: str) -> None:
    victim = await start(folder, stand_in, model=model, step=step, when=when)
    _, complaint = await asyncio.wait_for(victim.communicate(), 40)
    assert victim.returncode == -signal.SIGKILL, complaint.decode()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("model", [PAID, FREE])
async def test_death_right_after_the_end_of_a_job_loses_no_message(
    tmp_path: Path,
    stand_in: OpenAIStandIn,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    model: str,
    kind: str,
) -> None:
    if kind == "postgresql":
        monkeypatch.setitem(test_kill.EXTRA, "LIMNER_DATABASE_URL", request.getfixturevalue("postgres_url"))
    settings = settings_of(tmp_path, stand_in)
    webhook, secret = await subscribed(settings, receiver)
    await died(tmp_path, stand_in, model=model, step="close_call", when="after")
    assert receiver.messages == []
    async with open_runtime(settings) as runtime:
        (message,) = await receiver.came(1)
        said = message.verified(secret)
        page = await runtime.jobs.page(LOCAL.id, limit=9, cursor=None, states=frozenset())
        assert [(said["type"], said["data"]["id"])] == [("job.succeeded", job.id) for job in page.items]
        assert len(said["data"]["images"]) == 2
    async with open_runtime(settings, work=False) as runtime:
        found = await runtime.webhooks.deliveries(webhook.id, LOCAL, limit=9, cursor=None)
        assert [(each.id, each.state, each.tries) for each in found.items] == [(message.id, DeliveryState.DELIVERED, 1)]
    assert len(receiver.messages) == 1


async def test_death_while_the_message_is_on_its_way_sends_it_once_more_under_the_same_id(
    tmp_path: Path, stand_in: OpenAIStandIn, receiver: Receiver
) -> None:
    settings = settings_of(tmp_path, stand_in)
    _, secret = await subscribed(settings, receiver)
    await died(tmp_path, stand_in, model=FREE, step="close_call", when="after")
    receiver.faults.add(Fault(delay=30))
    server = await asyncio.create_subprocess_exec(
        *(*PROGRAM, "serve", "--port", "0"),
        cwd=tmp_path,
        env=environment(stand_in) | {"LIMNER_DATA_DIR": str(tmp_path)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await receiver.came(1)
    server.send_signal(signal.SIGKILL)
    await server.wait()
    async with open_runtime(settings):
        first, second = (await receiver.came(2))[:2]
        assert (first.id, first.body) == (second.id, second.body)
        second.verified(secret)
