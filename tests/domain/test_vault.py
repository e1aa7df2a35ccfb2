"""What of a key may be shown: what kind it is, and its end."""

import pytest

from limner.domain.vault import first_signs, last_signs


@pytest.mark.parametrize(
    "secret,begins",
    [
        ("sk-proj-0123456789abcdefghij", "sk-proj-"),
        ("sk-ant-api03-0123456789abcdefghij", "sk-ant-"),
        ("bfl_0123456789abcdefghij", "bfl_"),
        ("r8_0123456789abcdefghij", "r8_"),
        ("sk-0123456789ABCDEFGHIJ", "sk-"),
        ("0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11:0123456789", ""),
        ("AIzaSyD-0123456789abcdefghij", ""),
        ("sk-short", ""),
        ("", ""),
    ],
)
def test_of_a_key_only_its_kind_and_its_end_are_shown(secret: str, begins: str) -> None:
    assert first_signs(secret) == begins
    shown = len(first_signs(secret)) + len(last_signs(secret))
    assert not shown or len(secret) - shown >= 12
