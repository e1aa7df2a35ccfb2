"""Keys are hidden, whatever text they stand in."""

import pytest

from limner.wire.redact import HIDDEN, LONGEST, Redactor


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abcdefghijkl. See the page.",
        "Authorization: Bearer abcdefghijklmnop",
        "authorization: Basic dXNlcjpwYXNzd29yZA==",
        "token r8_abcdefghijklmnopqrstuvwxyz was refused",
        "key=AIzaSyA-abcdefghijklmnopqrstuvwxyz012",
        'body {"api_key": "abcdefgh12345678"}',
        "xai-abcdefghijklmnop and hf_abcdefghijklmnop",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk",
    ],
)
def test_what_looks_like_a_key_is_hidden(text: str) -> None:
    told = Redactor([])(text)
    assert HIDDEN in told
    assert "abcdefgh" not in told
    assert "dXNl" not in told


def test_the_known_key_is_hidden_in_any_text() -> None:
    told = Redactor(["plainsecret", None, ""])("x=plainsecret&y=PLAIN\n<b>plainsecret</b>")
    assert told == f"x={HIDDEN}&y=PLAIN <b>{HIDDEN}</b>"


@pytest.mark.parametrize(
    "text", ["The size 1024x1024 is not allowed.", "safety_violations=[violence]", "a key is needed"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor(["ab"])(text) == text


def test_a_key_at_the_cut_is_not_half_shown() -> None:
    told = Redactor(["0123456789abcdef"])("word " * (LONGEST // 5 - 1) + "0123456789abcdef" * 3)
    assert len(told) <= LONGEST
    assert "0123" not in told
