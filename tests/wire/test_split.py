"""Pictures are taken out of JSON as it streams in, wherever the borders of the pieces fall."""

import base64
import json
from itertools import pairwise

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.wire.split import BadAnswer, JsonSplitter, Mark

PICTURE = base64.b64encode(bytes(range(256)) * 3).decode()


def split(text: bytes, borders: list[int], keys: tuple[str, ...] = ("b64_json",)) -> tuple[object, list[bytes]]:
    """The rest as parsed, and the text of each picture."""
    splitter = JsonSplitter(keys, 10_000)
    pictures: list[bytes] = []
    edges = [0, *sorted({min(border, len(text)) for border in borders}), len(text)]
    for start, end in pairwise(edges):
        for piece in splitter.feed(text[start:end]):
            if piece is Mark.BEGIN:
                pictures.append(b"")
            elif isinstance(piece, bytes):
                pictures[-1] += piece
    assert not splitter.inside
    assert splitter.count == len(pictures)
    return orjson.loads(splitter.rest), pictures


@given(st.lists(st.integers(0, 2500), max_size=12))
@settings(max_examples=150, deadline=None)
def test_borders_may_fall_anywhere(borders: list[int]) -> None:
    body = {
        "created": 1,
        "data": [{"b64_json": PICTURE}, {"b64_json": PICTURE[:8], "revised_prompt": 'a "b64_json": x'}],
    }
    rest, pictures = split(json.dumps(body).encode(), borders)
    assert pictures == [PICTURE.encode(), PICTURE[:8].encode()]
    assert rest == {
        "created": 1,
        "data": [{"b64_json": "landed:0"}, {"b64_json": "landed:1", "revised_prompt": 'a "b64_json": x'}],
    }


def test_one_byte_at_a_time() -> None:
    text = b'{"a": "\\\\", "b64_json" : "QUJD", "n": [1, "b64_json"]}'
    rest, pictures = split(text, list(range(len(text))))
    assert pictures == [b"QUJD"]
    assert rest == {"a": "\\", "b64_json": "landed:0", "n": [1, "b64_json"]}


@pytest.mark.parametrize(
    "text",
    [
        rb'{"said": "the key \"b64_json\": \"QUJD\" is theirs"}',
        rb'{"x\"b64_json": "QUJD"}',
        rb'{"list": ["b64_json", "QUJD"]}',
        rb'{"b64_json": null, "other_b64_json": "QUJD"}',
        rb'{"b64_json": 5}',
    ],
)
def test_what_only_looks_like_a_picture_stays(text: bytes) -> None:
    rest, pictures = split(text, [])
    assert pictures == []
    assert rest == json.loads(text)


def test_a_key_after_escaped_backslashes_is_one() -> None:
    rest, pictures = split(rb'{"path": "C:\\", "b64_json": "QUJD"}', [])
    assert pictures == [b"QUJD"]
    assert rest == {"path": "C:\\", "b64_json": "landed:0"}


def test_several_keys_and_nesting() -> None:
    text = b'{"a":{"image":"QQ=="},"b":[{"b64_json":"Qg=="},{"image":""}]}'
    rest, pictures = split(text, [], keys=("b64_json", "image"))
    assert pictures == [b"QQ==", b"Qg==", b""]
    assert rest == {"a": {"image": "landed:0"}, "b": [{"b64_json": "landed:1"}, {"image": "landed:2"}]}


def test_without_keys_nothing_is_taken() -> None:
    rest, pictures = split(b'{"b64_json": "QUJD"}', [3, 9], keys=())
    assert (rest, pictures) == ({"b64_json": "QUJD"}, [])


def test_the_rest_has_a_limit() -> None:
    splitter = JsonSplitter(("b64_json",), 100)
    with pytest.raises(BadAnswer, match="more than 100 bytes"):
        list(splitter.feed(b'{"text": "' + b"x" * 400))


def test_pictures_do_not_count_towards_the_rest() -> None:
    splitter = JsonSplitter(("b64_json",), 100)
    for _ in splitter.feed(b'{"b64_json": "' + b"A" * 100_000 + b'"}'):
        pass
    assert splitter.rest == b'{"b64_json": "landed:0"}'


@given(st.lists(st.integers(0, 2500), max_size=12), st.sampled_from([", ", ",", " ,\n  ", ","]))
@settings(max_examples=150, deadline=None)
def test_a_key_may_have_a_list_of_pictures(borders: list[int], between: str) -> None:
    listed = between.join(json.dumps(text) for text in (PICTURE, "QQ==", PICTURE[:8]))
    text = f'{{"images": [ {listed}], "info": "a, \\"b\\"", "parameters": {{"images": "Qg=="}}, "n": ["a", "b"]}}'
    rest, pictures = split(text.encode(), borders, keys=("images",))
    assert pictures == [PICTURE.encode(), b"QQ==", PICTURE[:8].encode(), b"Qg=="]
    assert rest == {
        "images": ["landed:0", "landed:1", "landed:2"],
        "info": 'a, "b"',
        "parameters": {"images": "landed:3"},
        "n": ["a", "b"],
    }


@pytest.mark.parametrize("text", [b'{"images": []}', b'{"images": [null, "x"]}', b'{"images": [{"url": "x"}, "y"]}'])
def test_lists_of_other_things_stay(text: bytes) -> None:
    rest, pictures = split(text, list(range(len(text))), keys=("images",))
    assert (rest, pictures) == (json.loads(text), [])
