"""An installation opens, keeps its secret, and says what is wrong with its folder or its database."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.codec import JsonRequestCodec
from limner.domain.errors import InvalidRequest, NotConfigured, StorageError
from limner.domain.money import Money
from limner.domain.people import LOCAL
from limner.domain.request import Aspect, ImageRequest, InputImage, Margins, Operation, Role, Size, Strictness
from limner.providers.connecting import connections, paced
from limner.runtime import open_runtime
from limner.runtime.installation import known_secrets
from limner.settings import Settings, read_settings
from limner.system import TimeOrderedIds


def settings(folder: Path, **variables: str) -> Settings:
    return read_settings(variables, folder, data_dir=folder / "data")


async def test_it_opens_twice_and_keeps_its_secret(tmp_path: Path) -> None:
    async with open_runtime(settings(tmp_path)) as first:
        (secret,) = known_secrets(first.settings)
        async with open_runtime(settings(tmp_path), work=False) as second:
            assert known_secrets(second.settings) == (secret,)
    path = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(secret) >= 32
    assert known_secrets(settings(tmp_path, LIMNER_SECRET_KEY="z" * 32)) == (b"z" * 32,)


async def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StorageError, match="LIMNER_DATA_DIR"):
        async with open_runtime(settings(tmp_path)):
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_read_only_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    with pytest.raises(StorageError) as refusal:
        async with open_runtime(settings(tmp_path)):
            pass
    assert refusal.value.code == "read_only"


async def test_a_file_that_is_no_database_is_said_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    database = tmp_path / "data" / "limner.db"
    database.write_bytes(b"this is a shopping list, not a database" * 100)
    with pytest.raises(StorageError) as refusal:
        async with open_runtime(settings(tmp_path)):
            pass
    assert refusal.value.code == "database_corrupt"
    assert database.read_bytes().startswith(b"this is a shopping list")


async def test_keys_and_addresses_come_from_the_names_in_the_catalog(tmp_path: Path) -> None:
    chosen = settings(tmp_path, OPENAI_API_KEY=" sk-1 ", OPENAI_BASE_URL="http://127.0.0.1:9/v1/", OPENAI_ORG_ID="org")
    async with open_runtime(chosen, work=False) as runtime:
        found = connections(runtime.catalog.services, chosen.variables)["openai"]
        assert (found.api_key, found.base_url, found.organization) == ("sk-1", "http://127.0.0.1:9/v1", "org")
        assert found.base_url_overridden
        assert "sk-1" not in repr(found)
        assert runtime.services.readiness("openai").ready


@pytest.mark.req("S1-015", "S4-010")
async def test_a_pace_can_be_set_and_nonsense_is_named(tmp_path: Path) -> None:
    async with open_runtime(settings(tmp_path), work=False) as runtime:
        cards = runtime.catalog.services
    by_id = {card.id: card for card in paced(cards, {"OPENAI_REQUESTS_PER_SECOND": "0"})}
    assert by_id["openai"].requests_per_second == 0
    assert {card.id: card for card in paced(cards, {})}["openai"].requests_per_second == 1
    fewer = {card.id: card.concurrency for card in paced(cards, {}, 3)}
    assert {card.id: min(card.concurrency, 3) for card in cards} == fewer
    for wrong in ("fast", "-1", "inf", "nan"):
        with pytest.raises(NotConfigured, match="OPENAI_REQUESTS_PER_SECOND"):
            paced(cards, {"OPENAI_REQUESTS_PER_SECOND": wrong})


texts = st.text(max_size=20)
pictures = st.builds(
    InputImage,
    role=st.sampled_from(Role),
    digest=st.just("a" * 64),
    media_type=st.just("image/png"),
    width=st.integers(1, 9000),
    height=st.integers(1, 9000),
    image_id=st.none() | texts,
)
requests = st.builds(
    ImageRequest,
    prompt=texts,
    operation=st.sampled_from(Operation),
    negative_prompt=st.none() | texts,
    inputs=st.lists(pictures, max_size=3).map(tuple),
    model=st.none() | texts,
    count=st.integers(1, 10),
    size=st.none() | st.builds(Size, st.integers(1, 9000), st.integers(1, 9000)),
    aspect=st.none() | st.builds(Aspect, st.integers(1, 32), st.integers(1, 32)),
    margins=st.none() | st.builds(Margins, left=st.integers(0, 99), bottom=st.integers(0, 99)),
    presets=st.lists(texts, max_size=2).map(tuple),
    guidance=st.none() | st.floats(0, 30),
    seed=st.none() | st.integers(0, 2**63 - 1),
    tags=st.lists(texts, max_size=2).map(tuple),
    strictness=st.sampled_from(Strictness),
    max_cost=st.none() | st.builds(Money, st.integers(0, 10**9)),
    extra=st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=3),
)


@given(request=requests)
def test_a_request_is_read_back_as_it_was_written(request: ImageRequest) -> None:
    codec = JsonRequestCodec()
    again = codec.load(codec.dump(request))
    assert again == request
    assert codec.fingerprint(again) == codec.fingerprint(request)


def test_what_is_no_request_names_the_field() -> None:
    with pytest.raises(InvalidRequest, match="count"):
        JsonRequestCodec().load({"prompt": "a fox", "count": "many"})


def test_ids_sort_by_time_and_are_never_the_same() -> None:
    ids = TimeOrderedIds()
    made = [ids.new() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {text[14] for text in made} == {"7"}


async def test_the_first_thumbnail_notes_the_tone(tmp_path: Path) -> None:
    async with open_runtime(settings(tmp_path)) as runtime:
        request = ImageRequest(prompt="a stormy sea at night", model="sketch", size=Size(64, 64))
        job = await runtime.engine.generate(request, LOCAL, timeout=20)
        before = job.pictures[0]
        await runtime.thumbnail(before, 256)
        after = await runtime.pictures.get(before.id)
        assert after.tone != before.tone
        assert len(after.tone) == 7
