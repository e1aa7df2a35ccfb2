"""Signed files: what they say, that changes are noticed, and that a provider's own manifest lives on in ours."""

from __future__ import annotations

import asyncio
import hashlib
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from limner.domain.errors import BadPicture, StorageError
from limner.storage.authority import credentials
from limner.storage.provenance import Provenance
from limner.storage.story import Ingredient, Source, Step, Story, Wholeness
from tests.storage.samples import FORMATS, NOON, animation, opened, sample

PRIVATE = "a prompt that nobody else should read"
RECIPE = {"request": {"prompt": PRIVATE, "seed": None, "guidance": 7.5}, "words": ["grün", "\u0000", "日没"]}
STEPS = (
    Step(action="c2pa.resized", description="To a width of 24."),
    Step(action="c2pa.converted", description="To x."),
)


def now() -> datetime:
    """Certificates are judged by the machine's own clock."""
    return datetime.now(UTC)


def story(**changes: Any) -> Story:
    told = Story(title="Picture 1", model="openai/gpt-image-2", source=Source.TRAINED, created=NOON)
    return replace(told, **changes)


@pytest_asyncio.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Provenance]:
    async with Provenance(tmp_path / "ours", version="0.1.0", now=now) as provenance:
        yield provenance


@pytest_asyncio.fixture
async def theirs(tmp_path: Path) -> AsyncIterator[Provenance]:
    """Somebody else's, such as a provider's."""
    async with Provenance(tmp_path / "theirs", version="7", now=now) as provenance:
        yield provenance


@pytest.mark.parametrize("format", FORMATS)
async def test_a_signed_file_tells_its_story(ours: Provenance, format: str) -> None:
    data = sample(format)
    signed = await ours.sign(data, f"image/{format}", story(recipe=RECIPE, steps=STEPS))
    assert opened(signed).tobytes() == opened(data).tobytes()
    verdict = await ours.verify(signed)
    assert (verdict.state, verdict.ours, verdict.problems) == (Wholeness.WHOLE, True, ())
    assert verdict.signer is not None
    assert verdict.signer.startswith("Limner installation, Limner signer ")
    assert verdict.generator == "limner 0.1.0"
    assert verdict.agent == "openai/gpt-image-2"
    assert verdict.source_type == "trainedAlgorithmicMedia"
    assert verdict.actions == ("c2pa.created", "c2pa.resized", "c2pa.converted")
    assert verdict.recipe == RECIPE
    assert verdict.ingredients == ()
    assert len(signed) - len(data) < 6000


@pytest.mark.parametrize("format", FORMATS)
async def test_without_a_recipe_no_word_of_the_prompt_is_in_the_file(ours: Provenance, format: str) -> None:
    signed = await ours.sign(sample(format), f"image/{format}", story())
    assert PRIVATE.encode() not in signed
    assert (await ours.verify(signed)).recipe is None


async def test_values_that_json_lacks_do_not_keep_a_file_from_being_signed(ours: Provenance) -> None:
    recipe = {"cost": Decimal("0.04"), "at": NOON, "prompt": "half a \ud83d"}
    verdict = await ours.verify(await ours.sign(sample("png"), "image/png", story(recipe=recipe)))
    assert verdict.recipe == {"cost": "0.04", "at": "2026-11-21 12:00:00+00:00", "prompt": "half a ?"}


@pytest.mark.parametrize("source", Source)
async def test_where_a_picture_comes_from_is_said_in_common_words(ours: Provenance, source: Source) -> None:
    signed = await ours.sign(sample("png"), "image/png", story(source=source))
    assert (await ours.verify(signed)).source_type == source.value


@pytest.mark.parametrize("format", FORMATS)
async def test_a_file_that_was_changed_is_broken(ours: Provenance, format: str) -> None:
    signed = bytearray(await ours.sign(sample(format, 256, 256), f"image/{format}", story(recipe=RECIPE)))
    place = len(signed) // 2 if format in ("webp", "avif") else len(signed) - 40
    signed[place] ^= 1
    verdict = await ours.verify(bytes(signed))
    assert verdict.state is Wholeness.BROKEN
    assert not verdict.ours
    assert verdict.recipe is None
    assert verdict.problems


async def test_a_recipe_that_was_changed_breaks_the_file(ours: Provenance) -> None:
    signed = await ours.sign(sample("jpeg"), "image/jpeg", story(recipe={"prompt": "honest words"}))
    verdict = await ours.verify(signed.replace(b"honest words", b"forged words"))
    assert verdict.state is Wholeness.BROKEN
    assert verdict.recipe is None


@pytest.mark.parametrize("data", [sample("png"), sample("webp"), animation(3)], ids=["png", "webp", "gif"])
async def test_an_unsigned_file_is_unsigned(ours: Provenance, data: bytes) -> None:
    assert (await ours.verify(data)).state is Wholeness.UNSIGNED
    assert (await ours.verify(data + b"jumb c2pa")).state is Wholeness.UNSIGNED


async def test_a_file_that_cannot_even_be_read_is_broken(ours: Provenance) -> None:
    signed = await ours.sign(sample("png"), "image/png", story())
    verdict = await ours.verify(signed[: len(signed) // 2])
    assert verdict.state is Wholeness.BROKEN
    assert verdict.problems


async def test_what_is_no_picture_cannot_be_verified(ours: Provenance) -> None:
    with pytest.raises(BadPicture, match=r"^notes.txt is not a picture"):
        await ours.verify(b"just words", name="notes.txt")


async def test_somebody_else_with_the_same_name_is_not_us(ours: Provenance, theirs: Provenance) -> None:
    signed = await theirs.sign(sample("png"), "image/png", story())
    verdict = await ours.verify(signed)
    assert (verdict.state, verdict.ours) == (Wholeness.WHOLE, False)
    assert verdict.signer is not None
    assert verdict.signer.startswith("Limner installation")


@pytest.mark.parametrize("format", FORMATS)
async def test_a_providers_manifest_is_an_ingredient_of_ours(ours: Provenance, theirs: Provenance, format: str) -> None:
    delivered = await theirs.sign(sample(format), f"image/{format}", story(model="their-model"))
    copy = await ours.sign(delivered, f"image/{format}", story(recipe=RECIPE), parent=delivered)
    derivative = await ours.sign(sample("webp", 24, 16), "image/webp", story(steps=STEPS), parent=delivered)
    for signed, actions in ((copy, ()), (derivative, ("c2pa.resized", "c2pa.converted"))):
        verdict = await ours.verify(signed)
        assert (verdict.state, verdict.ours) == (Wholeness.WHOLE, True)
        assert verdict.actions == ("c2pa.opened", *actions)
        assert verdict.source_type == "trainedAlgorithmicMedia"
        assert verdict.agent == "openai/gpt-image-2"
        (ingredient,) = verdict.ingredients
        assert ingredient == Ingredient(
            title="The file as the provider delivered it",
            relationship="parentOf",
            signer=(await theirs.verify(delivered)).signer,
            generator="limner 7",
            source_type="trainedAlgorithmicMedia",
            whole=True,
        )


async def test_an_ingredient_that_was_changed_is_told(ours: Provenance, theirs: Provenance) -> None:
    delivered = bytearray(await theirs.sign(sample("jpeg", 256, 256), "image/jpeg", story()))
    delivered[-40] ^= 1
    signed = await ours.sign(bytes(delivered), "image/jpeg", story(), parent=bytes(delivered))
    verdict = await ours.verify(signed)
    assert verdict.state is Wholeness.WHOLE
    assert [ingredient.whole for ingredient in verdict.ingredients] == [False]


@pytest.mark.parametrize("format", FORMATS)
async def test_a_providers_manifest_that_cannot_be_read_is_left_out_and_that_is_said(
    ours: Provenance, theirs: Provenance, format: str
) -> None:
    delivered = bytearray(await theirs.sign(sample(format), f"image/{format}", story()))
    delivered[delivered.index(b"c2pa.actions") + 40] ^= 0xFF
    signed = await ours.sign(bytes(delivered), f"image/{format}", story(), parent=bytes(delivered))
    verdict = await ours.verify(signed)
    assert (verdict.state, verdict.ours, verdict.ingredients) == (Wholeness.WHOLE, True, ())
    assert verdict.actions == ("c2pa.created", "c2pa.edited.metadata")


async def test_a_provider_without_a_manifest_is_no_ingredient(ours: Provenance) -> None:
    data = sample("png")
    verdict = await ours.verify(await ours.sign(data, "image/png", story(), parent=data))
    assert verdict.ingredients == ()
    assert verdict.actions == ("c2pa.created",)


async def test_what_cannot_be_signed_is_a_storage_error(ours: Provenance) -> None:
    with pytest.raises(StorageError, match="could not be signed") as caught:
        await ours.sign(b"not a picture", "image/png", story())
    assert caught.value.code == "not_signed"


async def test_many_are_signed_at_once(ours: Provenance) -> None:
    data = sample("png")
    signed = await asyncio.gather(*(ours.sign(data, "image/png", story(title=str(n))) for n in range(10)))
    verdicts = await asyncio.gather(*map(ours.verify, signed))
    assert {verdict.state for verdict in verdicts} == {Wholeness.WHOLE}
    assert len({hashlib.sha256(one).digest() for one in signed}) == 10


# --- the certificate --------------------------------------------------------------------


async def test_nothing_is_made_before_it_is_needed(tmp_path: Path) -> None:
    async with Provenance(tmp_path / "p", version="1", now=now) as provenance:
        await provenance.verify(sample("png"))
        assert not (tmp_path / "p").exists()


def test_loading_the_module_loads_nothing_heavy() -> None:
    program = (
        "import sys, limner.storage.library; print([m for m in ('c2pa', 'cryptography.x509') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "[]"


async def test_the_certificate_stays_the_same_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "provenance"
    first = credentials(folder, now())
    assert credentials(folder, now()) == first
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    secret = [file for file in folder.iterdir() if file.suffix != ".lock"]
    assert {file.name for file in secret} == {"authority.pem", "authority.key", "signer.pem", "signer.key"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in secret} == {0o600}
    assert "PRIVATE" not in repr(first)


def test_a_signer_that_runs_out_gets_a_successor_under_the_same_authority(tmp_path: Path) -> None:
    first = credentials(tmp_path, now() - timedelta(days=365 * 20 - 30))
    second = credentials(tmp_path, now())
    assert second.authority == first.authority
    assert second.signer != first.signer
    assert second.key != first.key


@pytest.mark.parametrize("lost", ["signer.pem", "signer.key", "authority.pem"])
async def test_what_is_left_of_a_set_up_that_was_interrupted_is_made_whole(tmp_path: Path, lost: str) -> None:
    credentials(tmp_path / "p", now())
    (tmp_path / "p" / lost).unlink()
    if lost == "signer.key":
        (tmp_path / "p" / "signer.pem").unlink()
    async with Provenance(tmp_path / "p", version="1", now=now) as provenance:
        signed = await provenance.sign(sample("png"), "image/png", story())
        assert (await provenance.verify(signed)).ours


def test_two_that_start_together_get_the_same_certificate(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from limner.storage.authority import credentials\n"
        "print(credentials(Path(sys.argv[1]), datetime.now(UTC)).signer)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) for _ in range(2)
    ]
    first, second = (process.communicate(timeout=50)[0] for process in running)
    assert first == second
    assert b"BEGIN CERTIFICATE" in first


def test_a_certificate_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    credentials(tmp_path, now())
    (tmp_path / "signer.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(StorageError, match="Restore it from a backup"):
        credentials(tmp_path, now())
