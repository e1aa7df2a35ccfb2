"""What is sealed opens for its own row under its own secret, and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.sealing import SealBroken
from limner.sealing import AesSeals

OLD, NEW = b"the first secret of the tests, long", b"the second secret of the tests, long"
CONTEXTS = st.text(min_size=1, max_size=40)


def seals(*secrets: bytes) -> AesSeals:
    return AesSeals(lambda: secrets)


@pytest.mark.req("S0-061", "S2-083")
@given(secret=st.text(max_size=200), context=CONTEXTS, other=CONTEXTS)
def test_a_sealed_value_opens_in_its_own_place_only(secret: str, context: str, other: str) -> None:
    sealed = seals(OLD).seal(secret, context=context)
    assert seals(OLD).open(sealed, context=context) == secret
    if other != context:
        with pytest.raises(SealBroken):
            seals(OLD).open(sealed, context=other)


@pytest.mark.req("S2-083")
def test_two_seals_of_the_same_value_differ_and_show_nothing_of_it() -> None:
    one, two = (seals(OLD).seal("sk-a-key-of-the-tests", context="a") for _ in range(2))
    assert one != two
    assert "sk-a-key" not in one + two
    assert one.split(".")[:2] == two.split(".")[:2]


@given(place=st.integers(min_value=0, max_value=10_000), bit=st.integers(min_value=0, max_value=7))
def test_a_changed_value_does_not_open(place: int, bit: int) -> None:
    sealed = seals(OLD).seal("sk-a-key-of-the-tests", context="a")
    spot = place % len(sealed)
    changed = sealed[:spot] + chr(ord(sealed[spot]) ^ (1 << bit)) + sealed[spot + 1 :]
    try:
        assert seals(OLD).open(changed, context="a") == "sk-a-key-of-the-tests"  # base64 has idle bits at its end
        assert changed[:spot] + changed[spot + 1 :] == sealed[:spot] + sealed[spot + 1 :]
        assert spot >= len(sealed.rstrip("=")) - 1
    except SealBroken:
        pass


@pytest.mark.parametrize("text", ["", "v1", "v1..", "v1.0.", "whsec_plain", "v2.00.AAAA", "v1.00.AAAA.BBBB"])
def test_what_is_no_seal_is_refused(text: str) -> None:
    with pytest.raises(SealBroken):
        seals(OLD).open(text, context="a")


@pytest.mark.req("S0-060", "S2-030")
def test_another_secret_opens_nothing_and_both_open_what_either_sealed() -> None:
    old, new = seals(OLD).seal("one", context="a"), seals(NEW).seal("two", context="a")
    with pytest.raises(SealBroken, match="LIMNER_SECRET_KEY"):
        seals(NEW).open(old, context="a")
    both = seals(NEW, OLD)
    assert (both.open(old, context="a"), both.open(new, context="a")) == ("one", "two")
    assert (both.is_newest(old), both.is_newest(new)) == (False, True)


def test_a_secret_that_changed_meanwhile_is_read_again() -> None:
    known = [OLD]
    here = AesSeals(lambda: tuple(known))
    first = here.seal("one", context="a")
    known[:] = [NEW, OLD]
    later = here.seal("two", context="a")
    assert here.is_newest(later)
    assert not here.is_newest(first)
    assert here.open(first, context="a") == "one"
