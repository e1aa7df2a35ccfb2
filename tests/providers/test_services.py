"""Which services can be used, and with which key."""

import asyncio
import socket
from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from limner.domain.call import Finished
from limner.domain.errors import NotConfigured
from limner.domain.steering import ServiceConfig
from limner.domain.vault import Opener
from limner.providers.services import ConfiguredServices
from limner.providers.sketch import Sketch
from limner.testing.examples import CALL, CARD, SKETCH_CARD
from limner.testing.fakes import FakeClock, FakeProvider, MemoryBlobs
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.wire.client import Wire
from limner.wire.connection import Connection, listens, reached
from limner.wire.knocking import FRESH, Knocks
from limner.wire.line import Line
from tests.shipped import shipped

BASE = CARD.base_url


def services(
    connections: dict[str, Connection] | None = None, plugins: tuple[EntryPoint, ...] = ()
) -> ConfiguredServices:
    other = replace(CARD, id="other", name="Other", adapter="other")
    return ConfiguredServices([CARD, SKETCH_CARD, other], connections or {}, Wire(MemoryBlobs()), plugins=plugins)


@pytest.mark.req("S0-045")
@pytest.mark.parametrize(
    "connection, ready, reason",
    [
        (None, False, "Needs a key: set OPENAI_API_KEY."),
        (Connection(base_url=BASE), False, "Needs a key: set OPENAI_API_KEY."),
        (Connection(base_url=BASE, api_key="sk-1"), True, "Ready"),
        (Connection(base_url="http://127.0.0.1:1/v1", base_url_overridden=True), True, "Ready"),
        (
            Connection(base_url="127.0.0.1:1", base_url_overridden=True),
            False,
            "Needs an address that begins with http:// or https://: set OPENAI_BASE_URL.",
        ),
        (
            Connection(base_url=BASE, api_key="sk-1\nX: y"),
            False,
            "The key has characters that no key has: set OPENAI_API_KEY again.",
        ),
    ],
)
def test_what_a_service_needs(connection: Connection | None, ready: bool, reason: str) -> None:
    found = services({"openai": connection} if connection else {})
    state = found.readiness("openai")
    assert (state.ready, state.reason) == (ready, reason)
    if not ready:
        with pytest.raises(NotConfigured, match="OpenAI cannot be used"):
            found.provider("openai")


COMFY_CARD = replace(
    CARD, id="comfyui", name="ComfyUI", local=True, key_variables=(), base_url_variable="COMFYUI_BASE_URL"
)
ENGINE = "http://127.0.0.1:8188"


async def test_an_engine_that_is_away_is_not_ready_until_it_is_back() -> None:
    there, asked, clock = {ENGINE: False}, [], FakeClock()

    def listens(address: str) -> bool:
        asked.append(address)
        return there[address]

    places = {"comfyui": Connection(base_url=ENGINE)}
    found = ConfiguredServices(
        [COMFY_CARD, SKETCH_CARD, CARD], places, Wire(MemoryBlobs()), plugins=(), knocks=Knocks(clock, listens)
    )
    assert found.readiness("comfyui").ready, "nobody has asked yet"
    await asyncio.gather(found.knock(), found.knock())
    away = found.readiness("comfyui")
    assert (away.ready, away.usable, away.code) == (False, True, "unreachable")
    assert away.reason == f"Not reachable at {ENGINE}. Start ComfyUI, or set COMFYUI_BASE_URL."
    assert found.provider("comfyui") is found.provider("comfyui"), "whoever names it may ask it"
    elsewhere = found.opened({"comfyui": Opener(secret=None, base_url="http://127.0.0.1:9999")})
    assert elsewhere.readiness("comfyui").ready, "other people's addresses are not asked"
    there[ENGINE] = True
    await found.knock()
    assert (found.readiness("comfyui").ready, asked) == (False, [ENGINE])
    clock.advance(FRESH)
    await found.knock()
    assert (found.readiness("comfyui").ready, asked) == (True, [ENGINE, ENGINE])


async def test_what_is_switched_off_is_not_asked() -> None:
    asked: list[str] = []
    places = {"comfyui": Connection(base_url=ENGINE)}

    def listens(address: str) -> bool:
        asked.append(address)
        return False

    knocks = Knocks(FakeClock(), listens)
    found = ConfiguredServices([COMFY_CARD], places, Wire(MemoryBlobs()), plugins=(), knocks=knocks)
    found.steer({"comfyui": ServiceConfig(service="comfyui", enabled=False)})
    await found.knock()
    assert (asked, found.readiness("comfyui").code) == ([], "switched_off")


def test_a_connection_is_made_or_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        address = f"http://127.0.0.1:{engine.getsockname()[1]}/api"
        assert listens(address)
    assert not listens(address)


def test_the_artist_needs_nothing() -> None:
    assert services().readiness("sketch").ready
    assert isinstance(services().provider("sketch"), Sketch)


def test_unknown_services_and_adapters_are_not_ready() -> None:
    assert services().readiness("nothing").reason == "There is no service nothing."
    assert "adapter other" in services().readiness("other").reason
    with pytest.raises(NotConfigured, match="nothing cannot be used"):
        services().provider("nothing")


def made_elsewhere(_: Line) -> FakeProvider:
    return FakeProvider(models=["x"])


def test_other_packages_bring_adapters() -> None:
    plugin = EntryPoint(name="other", value=f"{__name__}:{made_elsewhere.__name__}", group="limner.providers")
    found = services({"other": Connection(base_url=BASE, api_key="k")}, (plugin,))
    assert isinstance(found.provider("other"), FakeProvider)


def test_adapters_are_made_once_for_each_key() -> None:
    found = services({"openai": Connection(base_url=BASE, api_key="sk-1")})
    own = found.connected({"openai": Connection(base_url=BASE, api_key="sk-2")})
    assert found.provider("openai") is found.provider("openai")
    assert own.provider("openai") is not found.provider("openai")
    assert own.provider("sketch") is found.provider("sketch")


async def test_each_key_goes_out_on_its_own_line() -> None:
    async with OpenAIStandIn() as stand_in, Wire(MemoryBlobs()) as wire:
        found = ConfiguredServices(
            [CARD], {"openai": Connection(base_url=stand_in.base_url, api_key="sk-first")}, wire, plugins=()
        )
        own = found.connected({"openai": Connection(base_url=stand_in.base_url, api_key="sk-second")})
        for each in (found, own):
            assert isinstance(await each.provider("openai").submit(CALL), Finished)
    assert [entry.headers["Authorization"] for entry in stand_in.log] == ["Bearer sk-first", "Bearer sk-second"]


def test_a_key_is_never_in_a_representation() -> None:
    assert "secret" not in repr(Connection(base_url=BASE, api_key="secret"))


async def test_what_is_the_installations_own_does_not_go_to_somebodys_own_address() -> None:
    async with Wire(MemoryBlobs()) as wire:
        own = Connection(
            base_url=BASE,
            api_key="sk-1",
            organization="org-1",
            headers=(("X-Proxy", "word"),),
            webhook="https://l.test",
        )
        found = ConfiguredServices([CARD], {"openai": own}, wire, plugins=())
        theirs = reached(own, Opener(secret="sk-2", base_url="https://mine.example.com/v1/"))
        assert (theirs.base_url, theirs.api_key) == ("https://mine.example.com/v1", "sk-2")
        assert (theirs.organization, theirs.headers, theirs.webhook) == (None, (), None)
        assert reached(own, Opener(base_url="https://mine.example.com/v1")).api_key is None
        assert reached(own, Opener(secret="sk-2")).headers == own.headers
        place = ("mine.example.com", 443)
        opened = found.opened({"openai": Opener(base_url="https://mine.example.com/v1"), "nothing": Opener()})
        assert opened.readiness("openai").ready
        opened.provider("openai")
        assert not wire.guard.is_exempt(place)
        found.opened({"openai": Opener(base_url="https://mine.example.com/v1", may_be_private=True)}).provider("openai")
        assert wire.guard.is_exempt(place)


@pytest.mark.req("S4-010", "S4-049")
async def test_what_administrators_say_holds_under_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.wire.pace.PATIENCE", 0.01)
    found = services({"openai": Connection(base_url=BASE, api_key="sk-1")})
    own = found.opened({"openai": Opener(secret="sk-2")})
    found.steer({"openai": ServiceConfig(service="openai", enabled=False, requests_per_second=0.001)})
    for each in (found, own, found.opened({"openai": Opener(secret="sk-3")})):
        state = each.readiness("openai")
        assert (state.ready, state.code, state.short) == (False, "switched_off", "Switched off")
        assert each.readiness("sketch").ready
        each.provider("openai")  # what was bought before is still fetched
    await own.turn("openai").enter()
    with pytest.raises(TimeoutError):
        await found.turn("openai").enter()
    found.steer({})
    assert own.readiness("openai").ready


@pytest.mark.req("S1-015")
async def test_a_model_may_have_a_pace_of_its_own_under_every_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.wire.pace.PATIENCE", 0.01)
    found = services({"openai": Connection(base_url=BASE, api_key="sk-1")})
    own = found.opened({"openai": Opener(secret="sk-2")})
    plain = shipped().find("openai/gpt-image-2")
    slow = replace(plain, requests_per_second=0.001)
    await found.turn("openai", slow).enter()
    with pytest.raises(TimeoutError):
        await own.turn("openai", slow).enter()
    await own.turn("openai", plain).enter()
    assert found.load("openai") == 2


def test_no_more_adapters_are_kept_than_make_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.providers.services.MOST_MADE", 3)
    found = services({"openai": Connection(base_url=BASE, api_key="sk-1")})
    first = found.opened({"openai": Opener(secret="sk-0")}).provider("openai")
    for number in range(1, 6):
        found.opened({"openai": Opener(secret=f"sk-{number}")}).provider("openai")
    assert found.opened({"openai": Opener(secret="sk-0")}).provider("openai") is not first
    last = found.opened({"openai": Opener(secret="sk-5")}).provider("openai")
    assert found.opened({"openai": Opener(secret="sk-5")}).provider("openai") is last
