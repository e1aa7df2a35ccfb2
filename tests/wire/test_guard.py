"""No address leads into a private network, in whatever spelling and by whatever redirect."""

import pytest
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from limner.domain.errors import InvalidRequest
from limner.wire.guard import Guard, GuardedResolver, is_public

PRIVATE = (
    "127.0.0.1",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::80ff:fffe",
    "no address",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.png",
        "http://127.0.0.1:8188/x.png",
        "http://[::1]/x.png",
        "http://[::ffff:10.0.0.1]/x.png",
        "http://169.254.169.254/latest/meta-data",
        "https://user@example.com/x.png",
        "https://user:tulip@example.com/x.png",
        "file:///etc/passwd",
        "ftp://example.com/x.png",
        "gopher://example.com",
        "data:image/png;base64,QUJD",
        "//example.com/x.png",
        "example.com/x.png",
        "http://",
        "http:///x.png",
        "http://example.com:99999/",
        "http://[::1/",
        "",
    ],
)
async def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await Guard().check(url)
    assert caught.value.field == "url"
    assert "tulip" not in caught.value.message


@pytest.mark.parametrize("url", ["https://example.com/x.png?a=1", "http://8.8.8.8/x.png", "HTTPS://EXAMPLE.com"])
async def test_addresses_that_are_fine(url: str) -> None:
    assert await Guard().check(url) == URL(url)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server of the test's."""
    rows = {"inside": ["10.0.0.5"], "mixed": ["10.0.0.5", "8.8.8.8"], "outside": ["8.8.8.8"]}

    async def resolve(_: ThreadedResolver, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        found = rows[host.rstrip(".").lower()]
        return [
            {"hostname": host, "host": each, "port": port, "family": family, "proto": 0, "flags": 0} for each in found
        ]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)


async def addresses(guard: Guard, host: str, port: int = 443) -> list[str]:
    return [row["host"] for row in await GuardedResolver(guard).resolve(host, port)]


async def test_names_lead_to_public_addresses_only(names: None) -> None:
    assert await addresses(Guard(), "outside") == ["8.8.8.8"]
    assert await addresses(Guard(), "mixed") == ["8.8.8.8"]
    with pytest.raises(OSError, match="not public"):
        await addresses(Guard(), "inside")


async def test_the_allow_list_is_for_one_port(names: None) -> None:
    guard = Guard(["inside:8188", " 10.0.0.9:80 ", "[fd00::1]:80", ""])
    assert await addresses(guard, "inside", 8188) == ["10.0.0.5"]
    with pytest.raises(OSError, match="not public"):
        await addresses(guard, "inside", 22)
    for url in ("http://10.0.0.9/x.png", "http://[fd00::1]/x.png", "http://inside:8188/"):
        assert await guard.check(url) == URL(url)
    with pytest.raises(InvalidRequest):
        await guard.check("http://10.0.0.9:81/x.png")


@pytest.mark.parametrize("entry", ["inside", "inside:", ":80", "http://inside:80", "inside:port"])
def test_an_entry_of_the_allow_list_is_host_and_port(entry: str) -> None:
    with pytest.raises(InvalidRequest, match="host:port"):
        Guard([entry])


async def test_a_service_may_live_inside_and_only_its_own_results_may_use_that(names: None) -> None:
    guard = Guard()
    for base_url in ("http://127.0.0.1:8188/v1", "http://inside:7860", "https://outside/v1"):
        guard.trust(base_url)
    for url in ("http://127.0.0.1:8188/view", "http://INSIDE:7860/file", "https://outside/x.png"):
        assert await guard.check(url, from_service=True) == URL(url)
    for url in ("http://127.0.0.1:8188/view", "http://inside:7860/file", "http://Inside.:7860/file"):
        with pytest.raises(InvalidRequest):
            await guard.check(url)
    assert await guard.check("https://outside/x.png") == URL("https://outside/x.png")
    with pytest.raises(InvalidRequest):
        await guard.check("http://127.0.0.1:22/", from_service=True)


def test_a_base_url_is_http() -> None:
    with pytest.raises(InvalidRequest, match="base URL"):
        Guard().trust("ftp://127.0.0.1")


async def test_a_base_url_leads_to_public_addresses_alone(names: None) -> None:
    guard = Guard(["inside:8188"])
    for address in ("https://outside/v1", "http://8.8.8.8", "http://inside:8188/v1"):
        await guard.check_base_url(address, private=False)
    for address in ("https://inside/v1", "https://mixed/v1", "http://127.0.0.1", "http://[::ffff:10.0.0.1]/v1"):
        with pytest.raises(InvalidRequest):
            await guard.check_base_url(address, private=False)
        await guard.check_base_url(address, private=True)


@pytest.mark.parametrize(
    "address", ["ftp://outside", "outside", "https://a:b@outside", "https://outside?a=1", "http://"]
)
async def test_what_no_base_url_can_be(names: None, address: str) -> None:
    with pytest.raises(InvalidRequest):
        await Guard().check_base_url(address, private=True)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "0X7F000001",
        "127.1",
        "0",
        "127.000.000.001",
        "8.8.2056",
        "example.1",
        "localhost.",
        "a.localhost",
    ],
)
async def test_numbers_in_odd_spellings_and_this_machines_names_are_refused_before_anybody_is_asked(host: str) -> None:
    for guard in (Guard(), Guard([f"{host}:81"])):
        with pytest.raises(InvalidRequest):
            await guard.check(f"http://{host}/x.png")
    with pytest.raises(InvalidRequest):
        await Guard().check_base_url(f"http://{host}/v1", private=False)
    await Guard().check_base_url(f"http://{host}/v1", private=True)


async def test_what_cannot_be_a_name_is_not_known() -> None:
    with pytest.raises(OSError, match="no name of a host"):
        await addresses(Guard(), f"{'a' * 64}.example")
    with pytest.raises(InvalidRequest, match="is not known"):
        await Guard().check_base_url(f"https://{'a' * 64}.example", private=False)
