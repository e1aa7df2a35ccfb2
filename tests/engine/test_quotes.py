"""Quotes cannot be forged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.errors import QuoteRefused
from limner.engine.quotes import HmacSealer, check_in_time

SEALER = HmacSealer(b"s" * 32)
values = st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=20), max_size=5)


@given(payload=values)
def test_what_is_sealed_opens_again(payload: dict[str, object]) -> None:
    assert SEALER.open(SEALER.seal(payload)) == payload


@given(payload=values, place=st.integers(0, 10_000), letter=st.sampled_from("Aa0_-."))
def test_no_letter_of_a_token_can_be_changed(payload: dict[str, object], place: int, letter: str) -> None:
    token = SEALER.seal(payload)
    place %= len(token)
    forged = token[:place] + letter + token[place + 1 :]
    if forged != token:
        with pytest.raises(QuoteRefused):
            SEALER.open(forged)


@pytest.mark.parametrize("token", ["", ".", "a.b", "ü.ü", "a" * 10_000])
def test_nonsense_is_refused(token: str) -> None:
    with pytest.raises(QuoteRefused):
        SEALER.open(token)


def test_another_secret_opens_nothing() -> None:
    with pytest.raises(QuoteRefused):
        HmacSealer(b"t" * 32).open(SEALER.seal({"id": "1"}))


def test_a_quote_is_good_until_its_last_moment_and_not_after() -> None:
    expires = datetime(2026, 11, 21, 12, tzinfo=UTC)
    check_in_time(expires, expires - timedelta(microseconds=1))
    with pytest.raises(QuoteRefused):
        check_in_time(expires, expires)
