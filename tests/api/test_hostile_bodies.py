"""Bodies that are no JSON, or not the right one: refused in each surface's words, before anything is bought or kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.api.hostile import JSON, NATIVE, PAINTING, Front, Watch, check_shape

DEEP = 100_000
MEGABYTE = 1_000_000
LONE = '"\\ud800"'


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A body, made of what the route would take."""

    name: str
    made: Callable[[str], bytes]
    """From the JSON text of a right body."""
    status: int = 400
    """Of the native interface; 422 is 400 elsewhere."""


def more(text: str, name: str, value: str) -> bytes:
    """One more member at the end of an object."""
    return f'{text[:-1]}, "{name}": {value}}}'.encode()


def prompt(value: object) -> Callable[[str], bytes]:
    return lambda text: json.dumps({**json.loads(text), "prompt": value}).encode()


def member(value: str, name: str = "whatever") -> Callable[[str], bytes]:
    return lambda text: more(text, name, value)


WRONG = [
    Wrong(name="a megabyte of prompt", made=prompt("x" * MEGABYTE), status=422),
    Wrong(name="a number as prompt", made=prompt(5), status=422),
    Wrong(name="true as prompt", made=prompt(True), status=422),
    Wrong(name="null as prompt", made=prompt(None), status=422),
    Wrong(name="a list as prompt", made=prompt(["a lake"]), status=422),
    Wrong(name="an object as prompt", made=prompt({"a": "lake"}), status=422),
    Wrong(name="an empty prompt", made=prompt(" \n\t"), status=422),
    Wrong(name="a prompt that cannot be seen", made=prompt("\u202e\u200b\u2060\ufeff"), status=422),
    Wrong(name="NUL in the prompt", made=prompt("a\0lake"), status=422),
    Wrong(name="an escape for terminals in the prompt", made=prompt("a \x1b[2J lake"), status=422),
    Wrong(name="NaN", made=member("NaN")),
    Wrong(name="minus Infinity", made=member("[-Infinity]")),
    Wrong(name="NaN where no space is", made=lambda text: more(text, "whatever", "NaN").replace(b" ", b"")),
    Wrong(name="a number of 5,000 digits", made=member("9" * 5000)),
    Wrong(name="100,000 lists in each other", made=member("[" * DEEP + "]" * DEEP)),
    Wrong(name="100,000 lists that stay open", made=lambda _: b"[" * DEEP),
    Wrong(name="100,000 objects in each other", made=member('{"a":' * DEEP + "1" + "}" * DEEP)),
    Wrong(name="half of a pair of surrogates", made=member(LONE)),
    Wrong(name="half of a pair in the prompt", made=member(LONE, "prompt")),
    Wrong(name="no UTF-8", made=lambda text: text.encode()[:-1] + b', "prompt": "\xff\xfe"}'),
    Wrong(name="a mark of byte order", made=lambda text: b"\xef\xbb\xbf" + text.encode()),
    Wrong(name="UTF-16", made=lambda text: text.encode("utf-16")),
    Wrong(name="a second value", made=lambda text: f"{text} {text}".encode()),
    Wrong(name="a cut object", made=lambda text: text.encode()[:-1]),
    Wrong(name="nothing", made=lambda _: b""),
    Wrong(name="a NUL alone", made=lambda _: b"\0"),
    Wrong(name="null", made=lambda _: b"null", status=422),
    Wrong(name="a list", made=lambda text: f"[{text}]".encode(), status=422),
    Wrong(name="text", made=lambda _: b'"a lake"', status=422),
]
OTHER_KINDS = (
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/jsonp",
    "image/png",
)


def status_on(front: Front, status: int) -> int:
    return 400 if front.surface is not None and status == 422 else status


@pytest.mark.req("S0-066", "S2-085")
@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
@pytest.mark.parametrize("front", PAINTING, ids=lambda front: front.name)
def test_a_body_that_is_not_right_is_refused(watch: Watch, front: Front, wrong: Wrong) -> None:
    text = json.dumps(watch.target.body(front))
    with watch.nothing_happens() as note:
        answer = watch.site.client.post(front.path, content=wrong.made(text), headers=JSON)
        note(answer)
        check_shape(front, answer, status_on(front, wrong.status))


@pytest.mark.parametrize("kind", OTHER_KINDS)
@pytest.mark.parametrize("front", PAINTING, ids=lambda front: front.name)
def test_json_that_says_it_is_something_else_is_refused(watch: Watch, front: Front, kind: str) -> None:
    """What a form of another site can send without being asked first (text/plain) is not read as JSON."""
    with watch.nothing_happens() as note:
        answer = watch.site.client.post(
            front.path, content=json.dumps(watch.target.body(front)), headers={"Content-Type": kind}
        )
        note(answer)
        assert "application/json" in check_shape(front, answer, 415)


@pytest.mark.parametrize("front", PAINTING, ids=lambda front: front.name)
def test_of_a_name_that_stands_twice_the_last_value_counts_for_everybody(watch: Watch, front: Front) -> None:
    """What checks a request and what carries it out read the same: here the last one is refused."""
    text = json.dumps(watch.target.body(front))
    with watch.nothing_happens() as note:
        answer = watch.site.client.post(front.path, content=more(text, "prompt", "5"), headers=JSON)
        note(answer)
        check_shape(front, answer, status_on(front, 422))


def test_each_row_of_document_4_says_what_is_wrong_with_it(watch: Watch) -> None:
    rows = [{"prompt": value, "provider": "openai"} for value in (5, None, ["a"], "\u200b", "a\0b", "x" * MEGABYTE)]
    with watch.nothing_happens() as note:
        answer = watch.site.client.post("/unified/generate/batch", json={"requests": rows})
        note(answer)
        results = answer.json()["results"]
        assert [result["status"] for result in results] == ["failed"] * len(rows)
        assert all(result["error"] for result in results)


BROKEN = {
    "no JSON": b'{"a": ',
    "lists in each other": b"[" * DEEP,
    "NaN": b'{"whatever": NaN}',
    "no UTF-8": b'{"a": "\xff"}',
    "a list": b"[1, 2]",
    "text": b'"a"',
    "nothing": b"",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_no_route_that_reads_json_stumbles_over_what_is_none(watch: Watch, broken: str) -> None:
    paths = watch.site.client.get("/openapi.json").json()["paths"]
    routes = [
        (method, path)
        for path, methods in paths.items()
        for method, route in methods.items()
        if "application/json" in route.get("requestBody", {}).get("content", {})
    ]
    assert len(routes) > 60
    with watch.nothing_happens() as note:
        for method, path in routes:
            filled = path.replace("{", "").replace("}", "")
            answer = watch.site.client.request(method, filled, content=BROKEN[broken], headers=JSON)
            note(answer)
            assert 400 <= answer.status_code < 500, (method, path, answer.text)
            assert answer.json(), (method, path)


def test_forms_that_cannot_be_read_have_a_code_of_their_own(watch: Watch) -> None:
    with watch.nothing_happens() as note:
        answer = watch.site.client.post(NATIVE.path, content=b"x", headers={"Content-Type": "multipart/form-data"})
        note(answer)
        assert check_shape(NATIVE, answer, 400).startswith("The form cannot be read. Missing boundary")
        assert answer.json()["code"] == "malformed_form"
