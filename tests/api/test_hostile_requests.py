"""Requests that are hardly any: heads and bodies that lie, names that are not ours, paths that lead out."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from email.parser import BytesParser
from pathlib import Path

import httpx2
import pytest

from limner.api.heads import MOST, BoundedProtocol
from tests.api.hostile import NATIVE, PAINTING, Front, Target, Watch, check_shape

HOST = b"Host: 127.0.0.1\r\n"
BODY = b'{"prompt": "a lake", "model": "openai/gpt-image-2"}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
SMUGGLED = b"0\r\n\r\nDELETE /api/v1/keys HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ELSEWHERE = Front(name="elsewhere", path="/nowhere")


@dataclass(frozen=True, slots=True)
class Raw:
    """What came back on a line of its own, until the other side closed it."""

    status: int
    headers: dict[str, str]
    body: bytes
    more: bytes
    """What came after the answer."""

    def answer(self) -> httpx2.Response:
        return httpx2.Response(self.status, headers=self.headers, content=self.body)


def said_to(target: Target, data: bytes) -> Raw:
    """Sends bytes and reads until the server closes; it has to, for nothing after bad input can be trusted."""
    host, _, port = target.site.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        got = b""
        try:
            line.sendall(data)
            while piece := line.recv(65_536):
                got += piece
        except ConnectionError:  # it has closed while there was more to say
            pass
    head, _, rest = got.partition(b"\r\n\r\n")
    first, _, lines = head.partition(b"\r\n")
    headers = dict(BytesParser().parsebytes(lines))
    length = int(headers.get("content-length", "0"))
    status = int(first.split(b" ")[1]) if first else 0
    return Raw(status, headers, rest[:length], rest[length:])


def head_of(front: Front, *lines: bytes) -> bytes:
    return b"POST %s HTTP/1.1\r\n%s%s" % (front.path.encode(), HOST, b"".join(lines))


UNREADABLE = {
    "a length and chunks": (LENGTH + CHUNKED, SMUGGLED),
    "chunks and a length": (CHUNKED + LENGTH, SMUGGLED),
    "two encodings": (CHUNKED + b"Transfer-Encoding: identity\r\n", SMUGGLED),
    "an encoding that nobody knows": (b"Transfer-Encoding: xchunked\r\n", SMUGGLED),
    "a space before the colon": (b"Transfer-Encoding : chunked\r\n", SMUGGLED),
    "a tab in the encoding's name": (b"Transfer-\tEncoding: chunked\r\n", SMUGGLED),
    "two lengths": (LENGTH + b"Content-Length: 1\r\n", BODY),
    "the same length twice": (LENGTH + LENGTH, BODY),
    "a list of lengths": (b"Content-Length: 5, 5\r\n", b"hello"),
    "a length with a sign": (b"Content-Length: +5\r\n", b"hello"),
    "a length below zero": (b"Content-Length: -1\r\n", b""),
    "a length in hexadecimal": (b"Content-Length: 0x5\r\n", b"hello"),
    "a length that no number holds": (b"Content-Length: 99999999999999999999999\r\n", b""),
    "a chunk without a size": (CHUNKED, b"ZZ\r\nabc\r\n0\r\n\r\n"),
    "chunks with bare line feeds": (CHUNKED, b"1\na\n0\n\n"),
    "a folded header": (b"X-A: b\r\n c: d\r\n", b""),
    "NUL in a header": (b"X-A: b\0c\r\n", b""),
    "a bare carriage return in a header": (b"X-A: b\rSet-Cookie: c=d\r\n", b""),
    "a space in a header's name": (b"X A: b\r\n", b""),
    "a header without a name": (b": b\r\n", b""),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_heads_and_bodies_that_two_readers_may_read_differently_are_refused(watch: Watch, name: str) -> None:
    lines, rest = UNREADABLE[name]
    for front in PAINTING:
        with watch.nothing_happens() as note:
            raw = said_to(watch.target, head_of(front, b"Content-Type: application/json\r\n", lines) + b"\r\n" + rest)
            note(raw.answer())
            check_shape(front, raw.answer(), 400)
            assert raw.more == b""
            assert raw.headers["connection"] == "close"


NO_HTTP = {
    "another method": b"BUY / HTTP/1.1\r\n" + HOST + b"\r\n",
    "bare line feeds": b"GET /health HTTP/1.1\nHost: 127.0.0.1\n\n",
    "another version": b"GET /health HTTP/9.9\r\n" + HOST + b"\r\n",
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a tunnel": b"CONNECT example.com:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path that is no ASCII": b"GET /h\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n",
    "nothing that is known": b"\0" * 64,
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_no_http_is_answered_once_and_not_read_on(watch: Watch, name: str) -> None:
    with watch.nothing_happens() as note:
        raw = said_to(watch.target, NO_HTTP[name])
        note(raw.answer())
        check_shape(ELSEWHERE, raw.answer(), 400)
        assert raw.more == b""


TOO_LONG = {
    "an endless address": b"GET /v1/" + b"a" * MOST * 2,
    "an endless header": b"GET /v1/models HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * MOST * 8,
    "headers without end": b"GET /v1/models HTTP/1.1\r\n" + HOST + b"X-A: b\r\n" * (MOST // 4),
    "a whole head that is too long": b"GET /v1/models HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * MOST + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_heads_have_a_limit(watch: Watch, name: str) -> None:
    with watch.nothing_happens():
        raw = said_to(watch.target, TOO_LONG[name])
        # Where it closes while we still send, the system may drop what it had said before.
        assert raw.status in (431, 0)
        if raw.status:
            check_shape(Front(name="openai", surface="openai", path="/v1/models"), raw.answer(), 431)


def test_a_long_head_within_the_limit_is_read(target: Target) -> None:
    assert target.site.client.get("/health", headers={"X-A": "a" * (MOST - 2000)}).status_code == 200


def test_a_head_has_to_come_to_its_end(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "patience", 1.0)
    with watch.nothing_happens() as note:
        raw = said_to(watch.target, b"GET /v1/models HTTP/1.1\r\n" + HOST + b"X-A: ")
        note(raw.answer())
        check_shape(Front(name="openai", surface="openai", path="/v1/models"), raw.answer(), 408)
        assert said_to(watch.target, b"").status == 0  # who says nothing is told nothing


@pytest.mark.parametrize("front", PAINTING, ids=lambda front: front.name)
def test_a_body_that_says_it_is_huge_is_not_waited_for(watch: Watch, front: Front) -> None:
    with watch.nothing_happens() as note:
        raw = said_to(watch.target, head_of(front, b"Content-Length: 9999999999\r\n") + b"\r\n{")
        note(raw.answer())
        check_shape(front, raw.answer(), 413)


def test_a_caller_who_leaves_in_the_midst_of_a_body_leaves_nothing_behind(watch: Watch) -> None:
    host, _, port = watch.site.url.removeprefix("http://").partition(":")
    for lines, rest in ((LENGTH, BODY[:-1]), (CHUNKED, b"%x\r\n%s\r\n" % (len(BODY), BODY))):
        head = head_of(NATIVE, b"Content-Type: application/json\r\n", lines, b"X-Request-Id: left-early\r\n")
        with watch.nothing_happens():
            with socket.create_connection((host, int(port)), timeout=20) as line:
                line.sendall(head + b"\r\n" + rest)
            for _ in range(1000):
                if any(vars(each).get("request_id") == "left-early" for each in watch.lines):
                    break
                watch.site.client.get("/health")
            (told,) = [vars(each) for each in watch.lines if vars(each).get("request_id") == "left-early"]
            assert told["status"] == 499


HOSTS = (
    "evil.example",
    "127.0.0.1.evil.example",
    "evil.example@127.0.0.1",
    "127.0.0.1@evil.example",
    "127.0.0.1/evil.example",
    "127.0.0.1#evil.example",
    "127.0.0.1?evil.example",
    "127.0.0.1:abc",
    "127.0.0.1:80:80",
    '"><script>alert(1)</script>.localhost',
    "a b.localhost",
    "localhost.",
    "2130706433",
    "0x7f.1",
    "0.0.0.0",
    "[::]",
    "",
)


@pytest.mark.parametrize("host", HOSTS)
def test_a_name_that_is_not_ours_is_refused_in_each_surfaces_words(watch: Watch, host: str) -> None:
    for front in PAINTING:
        with watch.nothing_happens() as note:
            answer = watch.site.client.post(front.path, json=watch.target.body(front), headers={"Host": host})
            note(answer)
            check_shape(front, answer, 421)
            assert "evil" not in answer.text.replace(front.path, "")


def test_a_second_name_does_not_hide_behind_the_first(watch: Watch) -> None:
    for first, second in ((b"evil.example", b"127.0.0.1"), (b"127.0.0.1", b"evil.example")):
        with watch.nothing_happens() as note:
            data = b"GET /health HTTP/1.1\r\nHost: %s\r\nHost: %s\r\n\r\n" % (first, second)
            raw = said_to(watch.target, data)
            note(raw.answer())
            check_shape(Front(name="health", path="/health"), raw.answer(), 421)


FORWARDED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-For": "203.0.113.9",
    "X-Original-URL": "/api/v1/keys",
    "X-Rewrite-URL": "/api/v1/keys",
    "X-HTTP-Method-Override": "DELETE",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
}


def test_what_only_proxies_may_say_is_not_believed(target: Target) -> None:
    """Addresses in answers are made of the name that was checked."""
    body = {"prompt": "a quiet lake", "provider": "sketch"}
    answer = target.site.client.post("/generate-image", json=body, headers=FORWARDED)
    assert answer.status_code == 200, answer.text
    assert answer.json()["imageUrl"].startswith(f"{target.site.url}/api/v1/images/")
    assert "evil" not in answer.text + str(answer.headers)


PATHS = (
    "/storage/images/..%2f..%2f..%2fetc%2fpasswd",
    "/storage/images/../../../etc/passwd",
    "/storage/images/default/..%2f..%2f..%2flimner.db",
    "/storage/images/%2e%2e/%2e%2e/limner.db",
    "/storage/images/..%252f..%252flimner.db",
    "/storage/images/..%5c..%5climner.db",
    "/storage/images/\u2025/\uff0e\uff0e/limner.db",
    "/storage/images/%00.png",
    "/storage/images//etc/passwd",
    "/uploads/generated/..%2f..%2flimner.db/x.png",
    "/uploads/generated/local/..%2f..%2f..%2flimner.db",
    "/uploads/generated/local/%00.png",
    "/static/x/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/static/../pages.py",
    "/static/x/%2e%2e%2fpages.py",
    "/static/x/%252e%252e/pages.py",
    "/static/x/..%5cpages.py",
    "/static/x//etc/passwd",
    "/static/x/%00",
    "/api/v1/images/..%2f..%2flimner.db/file",
    "/api/v1/images/%00/file",
    "/api/v1/images/a%0d%0aSet-Cookie:x=1/file",
    "/v1/models/..%2f..%2fhealth",
    "/s/..%2f..%2flimner.db",
    "/jobs/..%2f..%2flimner.db",
    "/compat/../api/v1/keys",
    "/compat/document4/storage/images/..%2f..%2f..%2fetc%2fpasswd",
)


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_its_folder(watch: Watch, path: str) -> None:
    encoded = path.encode("ascii", "replace") if path.isascii() else httpx2.URL(path).raw_path
    with watch.nothing_happens() as note:
        raw = said_to(watch.target, b"GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n" % (encoded, HOST))
        note(raw.answer())
        assert raw.status in (404, 422), raw
        assert "set-cookie" not in {name.lower() for name in raw.headers}
        body = json.loads(raw.body)
        assert b"root:" not in raw.body
        assert b"SQLite" not in raw.body
        assert body, path


@pytest.mark.parametrize(
    "name", ["../../outside", "..\\outside", "/etc/outside", "a\u2025/\uff0f..", "CON", ". .", "%2e%2e%2f"]
)
def test_a_project_may_have_any_name_and_its_files_stay_in_their_folder(target: Target, name: str) -> None:
    before = {path for path in target.folder.rglob("*") if path.is_file()}
    body = {"prompt": "a lake at dusk", "provider": "sketch", "project_id": name, "width": 64, "height": 64}
    made = target.site.client.post("/unified/generate", json=body).json()
    address = made["images"][0]["local_url"]
    assert target.site.client.get(address).headers["content-type"] == "image/png"
    added = {path for path in target.folder.rglob("*") if path.is_file()} - before
    data = target.folder / "data"
    assert added
    assert all(Path(path).resolve().is_relative_to(data.resolve()) for path in added)
    assert not (target.folder / "outside").exists()


SIGNS = "a lake\r\nSet-Cookie: stolen=1\r\n\r\n<script>"


def test_what_people_write_ends_no_line_of_a_head_and_no_line_of_the_log(watch: Watch) -> None:
    body = {"prompt": SIGNS, "model": "sketch", "size": "64x64", "project": SIGNS, "tags": [SIGNS]}
    job = watch.site.client.post("/api/v1/jobs", json=body, headers={"Prefer": "wait=30"})
    assert job.status_code == 201, job.text
    picture = job.json()["images"][0]["id"]
    for path in (f"/api/v1/images/{picture}/file?download=true", f"/api/v1/images/{picture}/file"):
        answer = watch.site.client.get(path)
        assert "stolen" not in answer.cookies
        assert "\n" not in answer.headers["content-disposition"]
        assert answer.headers["content-type"] == "image/png"
    with watch.nothing_happens() as note:
        answer = watch.site.client.get("/api/v1/jobs/a%0d%0aevent=forged", headers={"X-Request-Id": "a\tb"})
        note(answer)
        check_shape(Front(name="jobs", path="/api/v1/jobs"), answer, 404)


def test_a_page_shows_what_people_write_as_text(target: Target) -> None:
    marked = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
    form = {"prompt": marked, "model": "sketch", "count": "1", "shape": marked}
    page = target.site.client.post("/", data=form, headers={"Accept": "text/html"})
    assert page.status_code == 422
    assert "<script>alert(2)" not in page.text
    assert "<img src=x" not in page.text
    assert "script-src" in page.headers["content-security-policy"]
