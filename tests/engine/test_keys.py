"""Whose key a call goes under, what happens where one is refused or gone, and that nothing is bought twice for it."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.domain.call import Pending
from limner.domain.errors import (
    FailureCode,
    InvalidRequest,
    NotConfigured,
    NotFound,
    PolicyError,
    Problem,
    ProviderError,
    Spent,
)
from limner.domain.job import CallState, Job, JobState
from limner.domain.people import LOCAL, Principal
from limner.domain.request import ImageRequest
from limner.domain.vault import Access, KeyChange, KeyState, Opener, StoredKey
from limner.engine.vault import MOST, NewKey
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house

ACME = facts("acme", usd="0.04")
OTHER = facts("other", usd="0.05", rank=2)
ANN = Principal(id="ann", name="Ann")
BOB = Principal(id="bob", name="Bob")
ROOT = Principal(id="root", name="Root", administrator=True)
FOX = ImageRequest(prompt="a fox", model="acme")


def refusal(code: FailureCode, *, retryable: bool = False, spent: Spent = Spent.NO) -> ProviderError:
    return ProviderError(Problem(code=code, message=f"No: {code}.", retryable=retryable, spent=spent, provider="acme"))


UNAUTHORIZED, BROKE = refusal(FailureCode.AUTHENTICATION), refusal(FailureCode.NO_CREDIT)
SLOW_DOWN = refusal(FailureCode.RATE_LIMITED, retryable=True)
DROPPED = refusal(FailureCode.LINE_DROPPED, spent=Spent.UNKNOWN)


async def stored(here: House, secret: str, who: Principal = ANN, **more: object) -> StoredKey:
    return await here.vault.add(NewKey(service="acme", secret=secret, **more), who)  # type: ignore[arg-type]  # tests name fields as they are


async def painted(here: House, who: Principal = ANN, request: ImageRequest = FOX) -> Job:
    return await here.engine.generate(request, who, timeout=20)


def keys_of(job: Job) -> list[str | None]:
    """The stored keys that the calls of a job were last sent with."""
    return [None if call.access is None else call.access.key for call in job.calls]


# --- whose key ------------------------------------------------------------------------------------


async def test_ones_own_key_comes_before_a_shared_one_and_that_before_the_installations(tmp_path: Path) -> None:
    shop, shared_shop, own_shop = FakeProvider(), FakeProvider(), FakeProvider()
    async with house(tmp_path, {"acme": shop}, ACME) as here:
        here.services.behind |= {"sk-own": own_shop, "sk-shared": shared_shop}
        assert keys_of(await painted(here)) == [None]
        shared = await stored(here, "sk-shared", ROOT, shared=True)
        assert keys_of(await painted(here)) == [shared.id]
        own = await stored(here, "sk-own")
        assert keys_of(await painted(here)) == [own.id]
        assert keys_of(await painted(here, BOB)) == [shared.id]
        assert (shop.purchases, shared_shop.purchases, own_shop.purchases) == (1, 2, 1)
        await here.books_are_right()


async def test_a_service_without_the_installations_key_is_ready_for_whoever_has_one(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        here.services.unready["acme"] = "Needs a key."
        with pytest.raises(NotConfigured, match="Needs a key"):
            await painted(here)
        await stored(here, "sk-own")
        assert (await painted(here)).state is JobState.SUCCEEDED
        assert (await painted(here, request=ImageRequest(prompt="a fox"))).state is JobState.SUCCEEDED
        with pytest.raises(NotConfigured):
            await painted(here, BOB)


async def test_a_key_that_is_named_is_used_and_no_other(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider(), "other": FakeProvider()}, ACME, OTHER) as here:
        first, second = await stored(here, "sk-first"), await stored(here, "sk-second")
        for key in (second, first, second):
            job = await painted(here, request=ImageRequest(prompt="a fox", access=Access(key=key.id)))
            assert (keys_of(job), job.model) == ([key.id], "acme/one")
        with pytest.raises(InvalidRequest, match="one for acme, and other is wanted"):
            await painted(here, request=ImageRequest(prompt="a fox", model="other", access=Access(key=first.id)))


@pytest.mark.req("S2-088")
async def test_a_key_of_somebody_else_cannot_be_named_looked_at_or_changed(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        key = await stored(here, "sk-own")
        with pytest.raises(NotFound, match="API key not found"):
            await painted(here, BOB, replace(FOX, access=Access(key=key.id)))
        for action in (
            here.vault.get(key.id, ROOT),
            here.vault.remove(key.id, BOB),
            here.vault.replace(key.id, KeyChange(label="x"), BOB),
            here.vault.check(key.id, BOB),
        ):
            with pytest.raises(NotFound):
                await action
        assert [one.id for one in await here.vault.list(ANN)] == [key.id]
        assert list(await here.vault.list(BOB)) == []


async def test_only_administrators_share_and_change_what_is_shared(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with pytest.raises(PolicyError):
            await stored(here, "sk-own", ANN, shared=True)
        own, shared = await stored(here, "sk-own"), await stored(here, "sk-shared", ROOT, shared=True)
        with pytest.raises(PolicyError):
            await here.vault.replace(own.id, KeyChange(shared=True), ANN)
        with pytest.raises(PolicyError):
            await here.vault.remove(shared.id, ANN)
        assert (await here.vault.replace(shared.id, KeyChange(label="Team"), LOCAL)).label == "Team"
        assert (await here.vault.remove(shared.id, LOCAL)).label == "Team"


@pytest.mark.parametrize("secret", ["", "   ", "sk with blanks", "sk-\x00nul", "sk-ä", "x" * 5000, "sk\nsecond"])
async def test_what_is_no_key_is_refused_without_being_repeated(tmp_path: Path, secret: str) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        with pytest.raises(InvalidRequest) as caught:
            await stored(here, secret)
        assert caught.value.field == "api_key"
        assert not secret.strip() or secret not in caught.value.message


async def test_nobody_stores_more_keys_than_make_sense(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        for number in range(MOST):
            await stored(here, f"sk-{number}")
        with pytest.raises(InvalidRequest, match="Remove one first"):
            await stored(here, "sk-one-more")


# --- addresses ------------------------------------------------------------------------------------


async def test_an_address_of_ones_own_never_sees_the_installations_or_a_shared_key(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        shared = await stored(here, "sk-shared", ROOT, shared=True)
        there = "https://mine.example.com/v1"
        job = await painted(here, request=replace(FOX, access=Access(base_url=there)))
        assert job.calls[0].access == Access(base_url=there)
        assert {opener for _, opener in here.services.openings} == {Opener(base_url=there)}
        with pytest.raises(InvalidRequest, match="shared key"):
            await painted(here, request=replace(FOX, access=Access(key=shared.id, base_url=there)))
        with pytest.raises(InvalidRequest, match="http"):
            await painted(here, request=replace(FOX, access=Access(base_url="ftp://mine.example.com")))
        with pytest.raises(InvalidRequest, match="Name the model"):
            await painted(here, request=ImageRequest(prompt="a fox", access=Access(base_url=there)))


async def test_only_an_administrators_address_may_be_private(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        claimed = Access(base_url="https://mine.example.com", may_be_private=True)
        job = await painted(here, request=replace(FOX, access=claimed))
        assert job.calls[0].access == replace(claimed, may_be_private=False)
        job = await painted(here, ROOT, replace(FOX, access=replace(claimed, may_be_private=False)))
        assert job.calls[0].access == claimed


# --- several keys -----------------------------------------------------------------------------------


async def test_keys_of_one_rank_take_turns_by_their_weights(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        heavy, light = await stored(here, "sk-heavy", weight=3.0), await stored(here, "sk-light")
        used = Counter([keys_of(await painted(here))[0] for _ in range(16)])
        assert used == {heavy.id: 12, light.id: 4}


async def test_the_least_busy_key_is_taken(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, facts("acme", usd="0.04", count=1)) as here:
        first, second = await stored(here, "sk-first"), await stored(here, "sk-second")
        job = await painted(here, request=replace(FOX, count=4))
        assert Counter(keys_of(job)) == {first.id: 2, second.id: 2}


@pytest.mark.parametrize("refused", [UNAUTHORIZED, BROKE, SLOW_DOWN])
async def test_a_key_that_is_refused_is_passed_over_for_the_next(tmp_path: Path, refused: ProviderError) -> None:
    first_shop, second_shop, shop = FakeProvider(refused), FakeProvider(), FakeProvider()
    async with house(tmp_path, {"acme": shop}, ACME) as here:
        here.services.behind |= {"sk-first": first_shop, "sk-second": second_shop}
        await stored(here, "sk-first")
        second = await stored(here, "sk-second")
        job = await painted(here)
        assert (job.state, keys_of(job)) == (JobState.SUCCEEDED, [second.id])
        assert (first_shop.purchases, second_shop.purchases, shop.purchases) == (0, 1, 0)
        assert here.clock.monotonic() < 1.0  # nobody waited
        await here.books_are_right()


async def test_where_all_keys_are_refused_the_installations_own_is_not_spent(tmp_path: Path) -> None:
    shop = FakeProvider()
    async with house(tmp_path, {"acme": shop}, ACME) as here:
        here.services.behind |= {"sk-first": FakeProvider(UNAUTHORIZED), "sk-second": FakeProvider(BROKE)}
        await stored(here, "sk-first")
        await stored(here, "sk-second")
        job = await painted(here)
        assert job.state is JobState.FAILED
        assert shop.submits == []


async def test_a_key_whose_breaker_is_open_is_passed_over(tmp_path: Path) -> None:
    first_shop, second_shop = FakeProvider(*[UNAUTHORIZED] * 9), FakeProvider()
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        here.services.behind |= {"sk-first": first_shop, "sk-second": second_shop}
        await stored(here, "sk-first")
        await stored(here, "sk-second")
        for _ in range(12):
            assert (await painted(here)).state is JobState.SUCCEEDED
        assert len(first_shop.submits) == 5  # as many as open it
        assert second_shop.purchases == 12
        assert here.health.standing("acme", "sk-first").own.cause == "configuration"
        assert here.health.standing("acme").own.failures == 0


async def test_nothing_goes_to_another_key_after_a_line_that_dropped(tmp_path: Path) -> None:
    first_shop, second_shop = FakeProvider(DROPPED), FakeProvider()
    async with house(tmp_path, {"acme": FakeProvider()}, ACME) as here:
        here.services.behind |= {"sk-first": first_shop, "sk-second": second_shop}
        first = await stored(here, "sk-first")
        await stored(here, "sk-second")
        job = await painted(here)
        assert (job.state, keys_of(job)) == (JobState.AMBIGUOUS, [first.id])
        assert second_shop.submits == []


OUTCOMES = {"taken": None, "refused": UNAUTHORIZED, "broke": BROKE, "slow": SLOW_DOWN, "dropped": DROPPED}


@settings(max_examples=25, deadline=None)
@given(scripts=st.lists(st.lists(st.sampled_from(sorted(OUTCOMES)), max_size=6), min_size=2, max_size=4))
async def test_however_keys_rotate_one_picture_is_bought_once_at_most(scripts: list[list[str]]) -> None:
    shops = {}
    for number, script in enumerate(scripts):
        shop = shops[f"sk-{number}"] = FakeProvider()
        shop.script(*(shop.paint if name == "taken" else OUTCOMES[name] for name in script))  # type: ignore[arg-type]  # tests name fields as they are
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), {"acme": FakeProvider()}, ACME) as here:
            here.services.behind |= shops
            for secret in shops:
                await stored(here, secret)
            job = await painted(here)
            bought = sum(shop.purchases for shop in shops.values())
            assert bought <= 1
            assert (job.state is JobState.FAILED) == (bought == 0)
            await here.books_are_right()


# --- afterwards -------------------------------------------------------------------------------------


UNFINISHED = [Pending(ticket={"id": "t1"}, poll_after=0.01)] * 100_000
"""More than are asked for before the process has stopped, however slow the machine is."""


async def begun(here: House, shop: FakeProvider) -> Job:
    """A job whose call is at the service under a stored key, in a process that has stopped."""
    shop.script(Pending(ticket={"id": "t1"}, poll_after=0.0))
    job = await here.engine.submit(FOX, ANN)
    while (await here.jobs.get(job.id)).calls[0].state is not CallState.SUBMITTED:
        await here.engine.wait(job.id, ANN, timeout=0.01)
    return job


async def test_after_a_restart_the_call_is_followed_under_its_own_key(tmp_path: Path) -> None:
    shop, own_shop = FakeProvider(), FakeProvider(polled=UNFINISHED)
    async with house(tmp_path, {"acme": shop}, ACME) as here:
        here.services.behind["sk-own"] = own_shop
        key = await stored(here, "sk-own")
        job = await begun(here, own_shop)
    again = FakeProvider()
    async with house(tmp_path, {"acme": shop}, ACME, ids_from=500) as here:
        here.services.behind["sk-own"] = again
        ended = await here.engine.wait(job.id, ANN, timeout=20)
        assert (ended.state, keys_of(ended)) == (JobState.SUCCEEDED, [key.id])
        assert (len(again.polls) > 0, again.purchases, shop.polls) == (True, 0, [])


async def test_a_key_that_was_removed_meanwhile_leaves_the_purchase_to_a_person(tmp_path: Path) -> None:
    shop, own_shop = FakeProvider(), FakeProvider(polled=UNFINISHED)
    async with house(tmp_path, {"acme": shop}, ACME) as here:
        here.services.behind["sk-own"] = own_shop
        key = await stored(here, "sk-own")
        job = await begun(here, own_shop)
        await here.vault.remove(key.id, ANN)
    async with house(tmp_path, {"acme": shop}, ACME, ids_from=500) as here:
        ended = await here.engine.wait(job.id, ANN, timeout=20)
        assert ended.state is JobState.AMBIGUOUS
        assert ended.problem is not None
        assert "stored key of this call was removed" in ended.problem.message
        assert ended.held.micro > 0
        assert (shop.submits, shop.polls) == ([], [])
        await here.books_are_right()


async def test_a_service_that_lost_the_installations_key_leaves_what_it_accepted_to_a_person(tmp_path: Path) -> None:
    shop = FakeProvider(polled=UNFINISHED)
    async with house(tmp_path, {"acme": shop}, ACME) as here:
        job = await begun(here, shop)
    async with house(tmp_path, {"acme": shop}, ACME, ids_from=500, work=False) as here:
        here.services.unready["acme"] = "Needs a key: set ACME_API_KEY."
        await here.dispatcher.start(here.runner.run, watch=False)
        ended = await here.engine.wait(job.id, ANN, timeout=20)
        assert ended.state is JobState.AMBIGUOUS
        assert ended.problem is not None
        assert "may have been charged" in ended.problem.message
        assert ended.held.micro > 0
        assert shop.purchases == 1
        await here.books_are_right()


async def test_a_named_key_that_was_removed_before_anything_was_sent_costs_nothing(tmp_path: Path) -> None:
    shop = FakeProvider()
    async with house(tmp_path, {"acme": shop}, ACME, work=False) as here:
        key = await stored(here, "sk-own")
        job = await here.engine.submit(replace(FOX, access=Access(key=key.id)), ANN)
        await here.vault.remove(key.id, ANN)
    async with house(tmp_path, {"acme": shop}, ACME, ids_from=500) as here:
        ended = await here.engine.wait(job.id, ANN, timeout=20)
        assert (ended.state, ended.held.micro) == (JobState.FAILED, 0)
        assert shop.submits == []


@pytest.mark.req("S2-030")
async def test_under_another_secret_stored_keys_fail_and_say_so_and_nothing_else_breaks(tmp_path: Path) -> None:
    shop = FakeProvider()
    async with house(tmp_path, {"acme": shop}, ACME) as here:
        key = await stored(here, "sk-own", label="Mine")
    async with house(tmp_path, {"acme": shop}, ACME, ids_from=500, secret=b"another secret of the tests") as here:
        with pytest.raises(NotConfigured, match=r"Invalid API key.*'Mine'.*LIMNER_SECRET_KEY"):
            await painted(here)
        assert (await here.vault.check(key.id, ANN)).state is KeyState.NOT_READY
        assert shop.submits == []
        assert (await painted(here, BOB)).state is JobState.SUCCEEDED
        await here.vault.replace(key.id, KeyChange(secret="sk-anew"), ANN)
        assert keys_of(await painted(here)) == [key.id]
