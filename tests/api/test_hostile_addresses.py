"""Addresses that lead inside: of pictures, of webhooks, of services; in every spelling, by name and by redirect."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import httpx2
import pytest
from aiohttp.resolver import ThreadedResolver

from limner.domain.people import Role
from tests.api.hostile import PAID, Front, Target, Watch, check_shape, twice, watched
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import serving
from tests.api.test_inputs import PLAIN

PRIVATE = (
    "http://127.0.0.1/x.png",
    "http://127.0.0.1:{port}/api/v1/jobs",
    "http://127.0.0.1./x.png",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://00000177.0.0.1/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://127.1/",
    "http://127.000.000.001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::80ff:fffe]/",
    "http://[fe80::1%25eth0]/",
    "http://[fc00::1]/",
    "http://[ff02::1]/",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://192.0.2.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST:{port}/",
    "http://a.localhost/",
    "http://\u24dbocalhost/",
    "http://127\u30020\u30020\u30021/",
    "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
    "http://%31%32%37.0.0.1/",
    "http://127.0.0.1%00.example.com/",
    "http://127.0.0.1\t/",
)
ODD = (
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://example.com/x.png",
    "dict://127.0.0.1:11211/",
    "javascript:alert(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml;base64,PHN2Zz4=",
    "data:image/png,plain",
    "//127.0.0.1/x.png",
    "http:///127.0.0.1/",
    "http:127.0.0.1/",
    "http:\\\\127.0.0.1/",
    "http://user:tulip@example.com/",
    "http://example.com:tulip@127.0.0.1/",
    "http://127.0.0.1%2f@example.com/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1\r\nX-Evil: 1/",
    "http://[::1",
    "http://example.com:99999/",
    "http://example.com:http/",
    "http://",
    "http://{long}.example/",
    "http://{name}.example/",
)
RESTYLED = {"provider": "sketch", "prompt": "more snow", "style": "ink"}
PICTURES = twice(
    [
        Front(name=kind, surface="document1", path=f"/api/images/{kind}", body=RESTYLED)
        for kind in ("edit", "variations", "upscale", "style-transfer")
    ]
)
"""Routes that take the address of a picture."""
HOOKS = Front(name="webhooks", path="/api/v1/webhooks", body={"events": ["job.succeeded"]})


def spelled(address: str, target: Target) -> str:
    return address.format(port=target.site.url.rpartition(":")[2], long="a" * 300, name="a" * 64)


@pytest.mark.parametrize("address", PRIVATE + ODD)
def test_no_picture_is_fetched_from_inside(watch: Watch, address: str) -> None:
    url = spelled(address, watch.target)
    for front in PICTURES:
        with watch.nothing_happens(secret="tulip") as note:
            answer = watch.site.client.post(front.path, json=watch.target.body(front, imageUrl=url))
            note(answer)
            check_shape(front, answer, 400)
            assert "tulip" not in answer.text


@pytest.mark.parametrize(
    "address", PRIVATE + tuple(each for each in ODD if "{name}" not in each and "long" not in each)
)
def test_no_webhook_is_set_up_that_leads_inside(watch: Watch, address: str) -> None:
    with watch.nothing_happens(secret="tulip") as note:
        url = spelled(address, watch.target)
        answer = watch.site.client.post(HOOKS.path, json=watch.target.body(HOOKS, url=url))
        note(answer)
        check_shape(HOOKS, answer, 422)
        assert answer.json()["field"] == "url"


@pytest.mark.parametrize("address", ["https://example.com/x.png", "http://127.0.0.1/x.png", "file:///etc/passwd"])
def test_openais_surface_fetches_nothing_at_all(watch: Watch, address: str) -> None:
    """Its clients send pictures themselves: as a file, or as a data URL."""
    for path in ("/v1/images/edits", "/compat/openai/v1/images/edits"):
        front = Front(name="openai", surface="openai", path=path)
        with watch.nothing_happens() as note:
            body = {"prompt": "snow", "model": "sketch", "images": [{"image_url": address}]}
            answer = watch.site.client.post(path, json=body)
            note(answer)
            check_shape(front, answer, 400)


class Leading(http.server.BaseHTTPRequestHandler):
    """Leads from /to/N to the N-th place; what else is asked for, it has seen."""

    places: ClassVar[list[str]] = []
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = self.path.startswith("/to/")
        self.send_response(302 if found else 200)
        if found:
            self.send_header("Location", self.places[int(self.path.rpartition("/")[2])])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A place outside that leads on, and a server that may reach it."""

    watch: Watch
    url: str
    names: dict[str, list[list[str]]] = field(default_factory=dict)


@contextmanager
def leading() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Leading)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Target, str]]:
    folder = tmp_path_factory.mktemp("led")
    with leading() as port, serving(folder, fetch_allowlist=f"127.0.0.1:{port}") as site:
        yield Target(site, folder, ""), f"http://127.0.0.1:{port}"


@pytest.fixture
def outside(led: tuple[Target, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The name server of the test gives each name its addresses in turn, the last ones for ever."""
    with watched(led[0]) as watch:
        place = Place(watch=watch, url=led[1])
        answering(monkeypatch, place.names)
        Leading.asked.clear()
        yield place


def answering(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[list[str]]]) -> None:
    async def resolve(_: ThreadedResolver, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        if host not in names:
            raise OSError(f"nobody knows {host}")
        turns = names[host]
        found = turns.pop(0) if len(turns) > 1 else turns[0]
        return [
            {"hostname": host, "host": each, "port": port, "family": family, "proto": 0, "flags": 0} for each in found
        ]

    monkeypatch.setattr(ThreadedResolver, "resolve", resolve)


@pytest.mark.parametrize(
    "places",
    [
        ["http://169.254.169.254/latest/meta-data"],
        ["http://127.0.0.1:1/"],
        ["http://0x7f.1/"],
        ["http://[::ffff:127.0.0.1]/"],
        ["//127.0.0.1:1/"],
        ["file:///etc/passwd"],
        ["http://user:tulip@example.com/"],
        ["http://inside.example/"],
        ["/to/1", "{place}/to/2", "/to/3", "http://10.0.0.1/"],
        ["/to/0"],
        ["http://[::1/"],
    ],
)
def test_a_redirect_leads_no_further_than_an_address_does(outside: Place, places: list[str]) -> None:
    outside.names["inside.example"] = [["10.0.0.5"]]
    Leading.places[:] = [each.format(place=outside.url) for each in places]
    front = PICTURES[0]
    with outside.watch.nothing_happens(secret="tulip") as note:
        body = {"prompt": "snow", "provider": "sketch", "imageUrl": f"{outside.url}/to/0"}
        answer = outside.watch.site.client.post(front.path, json=body)
        note(answer)
        check_shape(front, answer, 400)
    assert 1 <= len(Leading.asked) <= 6
    assert all(path.startswith("/to/") for path in Leading.asked)


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["10.0.0.5", "::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["0.0.0.0"]]
)
def test_a_name_leads_no_further_than_its_addresses_do(outside: Place, found: list[str]) -> None:
    outside.names["inside.example"] = [found]
    port = outside.url.rpartition(":")[2]
    for front in PICTURES:
        with outside.watch.nothing_happens() as note:
            body = {**front.body, "imageUrl": f"http://inside.example:{port}/x.png"}
            answer = outside.watch.site.client.post(front.path, json=body)
            note(answer)
            check_shape(front, answer, 400)
    assert Leading.asked == []


def test_only_administrators_say_that_a_service_lies_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what a name leads to is looked at again when it is used: the second answer is another one."""
    quick_hashes(monkeypatch)
    names = {"turning.example": [["8.8.8.8"], ["127.0.0.1"]], "inside.example": [["10.0.0.5"]]}
    answering(monkeypatch, names)
    add_user(tmp_path, "root@example.com", Role.OWNER)
    add_user(tmp_path, "ann@example.com")
    with accounts_site(tmp_path) as site, watched(Target(site, tmp_path, "")) as watch:
        with client_of(site, "ann@example.com") as ann:
            key = ann.post("/api/v1/keys", json={"service": "openai", "api_key": "sk-anns-own-0123456789"}).json()["id"]
            for address in (*PRIVATE, *ODD, "http://inside.example/v1", site.stand_in.base_url):
                with watch.nothing_happens(secret="tulip") as note:
                    for answer, front in _with_base_url(ann, spelled(address, watch.target), key):
                        note(answer)
                        check_shape(front, answer, 400 if front.surface else 422)
            for place in (site.stand_in.base_url, f"http://turning.example:{site.stand_in.port}/v1", "http://127.1/v1"):
                _check_unsent(watch, ann, {"key": key, "base_url": place})
        with client_of(site, "root@example.com") as root:
            made = root.post(
                "/api/v1/profiles", json={"name": "inside", "model": PAID, "base_url": site.stand_in.base_url}
            )
            assert made.status_code == 201, made.text


def _with_base_url(client: httpx2.Client, address: str, key: str) -> Iterator[tuple[httpx2.Response, Front]]:
    native = Front(name="profiles", path="/api/v1/profiles")
    yield client.post(native.path, json={"name": "x", "model": PAID, "key": key, "base_url": address}), native
    document2 = Front(name="document2", path="/api/image-profiles", surface="document2")
    body = {"name": "x", "provider": "OPENAI", "modelName": "gpt-image-2", "apiKeyId": key, "baseUrl": address}
    yield client.post(document2.path, json=body), document2


def _check_unsent(watch: Watch, client: httpx2.Client, access: dict[str, str]) -> None:
    """A job that names its service's address: what is inside when it is used is sent nothing, and nothing is spent."""
    body = {"prompt": "a lake", "model": PAID, "size": "1024x1024", "access": access}
    asked = len(watch.site.stand_in.log)
    answer = client.post("/api/v1/jobs", json=body, headers={"Prefer": "wait=30"})
    job = answer.json()
    if answer.status_code != 422:
        assert (job["state"], job["problem"]["spent"]) == ("failed", "no"), job
        assert job["held"]["micro_usd"] == job["cost"]["micro_usd"] == 0
    assert len(watch.site.stand_in.log) == asked


def test_a_picture_in_the_address_itself_needs_nobody(watch: Watch) -> None:
    body = watch.target.body(PICTURES[0], imageUrl=f"data:image/png;base64,{PLAIN}")
    assert watch.site.client.post(PICTURES[0].path, json=body).status_code == 200
