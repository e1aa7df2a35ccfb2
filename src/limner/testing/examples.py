"""Ready-made values for tests: a service's card, a call, pictures that go with it, a line with everything behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from limner.domain.call import Call, CallInput
from limner.domain.model_card import ServiceCard
from limner.domain.ports import Provider
from limner.domain.request import Operation, Role, Size
from limner.providers.services import ConfiguredServices
from limner.testing.fakes import MemoryBlobs
from limner.testing.pictures import PictureMaker, alpha_mask
from limner.wire.client import Wire
from limner.wire.connection import Connection

SMALL = Size(64, 48)
CARD = ServiceCard(
    id="openai",
    name="OpenAI",
    description="A service for tests.",
    adapter="openai",
    local=False,
    base_url="https://api.openai.com/v1",
    base_url_variable="OPENAI_BASE_URL",
    key_variables=("OPENAI_API_KEY",),
    organization_variable="OPENAI_ORG_ID",
    requests_per_second=0.0,
    concurrency=0,
    default_model="gpt-image-2",
    colour="#10a37f",
    documentation="",
)
"""OpenAI without limits on its pace."""
SKETCH_CARD = replace(
    CARD,
    id="sketch",
    name="Sketch",
    adapter="sketch",
    local=True,
    base_url="",
    base_url_variable="",
    key_variables=(),
    organization_variable=None,
    default_model="sketch",
)
CALL = Call(
    id="00000000-0000-7000-8000-000000000001",
    model="gpt-image-2",
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=1,
    size=Size(1024, 1024),
    quality="low",
    timeout=20.0,
)
"""One small picture of OpenAI's."""


def input_picture(role: Role, *, number: int = 0, size: Size = SMALL) -> CallInput:
    """A picture that goes with a call; a mask marks what changes by transparency."""
    data = alpha_mask(size) if role is Role.MASK else PictureMaker().png(size, number)
    return CallInput(
        role=role, digest=f"{number:064x}", media_type="image/png", width=size.width, height=size.height, data=data
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """A provider with all that is behind it."""

    provider: Provider
    blobs: MemoryBlobs
    wire: Wire
    services: ConfiguredServices


@asynccontextmanager
async def provider_at(card: ServiceCard, connection: Connection) -> AsyncIterator[Bench]:
    """A service at some address, with its pictures in memory."""
    blobs = MemoryBlobs()
    async with Wire(blobs) as wire:
        services = ConfiguredServices([card], {card.id: connection}, wire, plugins=())
        yield Bench(provider=services.provider(card.id), blobs=blobs, wire=wire, services=services)
