"""Changing the secret in the data directory: whole, or not yet, never half."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner.domain.errors import PolicyError, StorageError
from limner.domain.people import LOCAL, Principal
from limner.engine.vault import NewKey
from limner.runtime import Runtime, open_runtime
from limner.runtime import vault as rotating
from limner.settings import Settings, read_settings

SK = "sk-canary-of-the-tests-0123456789"


def settings(folder: Path) -> Settings:
    return read_settings({}, folder, data_dir=folder / "data")


async def opened(runtime: Runtime) -> list[str | None]:
    ring = await runtime.doors.keyring(LOCAL)
    return [each.secret for each in ring.keys]


@pytest.mark.req("S0-060")
async def test_a_process_that_runs_meanwhile_finds_the_new_secret(tmp_path: Path) -> None:
    async with open_runtime(settings(tmp_path), work=False) as server, open_runtime(settings(tmp_path)) as other:
        await server.vault.add(NewKey(service="openai", secret=SK), LOCAL)
        before = (tmp_path / "data" / "secret.key").read_bytes()
        assert (await other.rotation.rotate(LOCAL)).sealed == 1
        assert (tmp_path / "data" / "secret.key").read_bytes() != before
        await server.vault.add(NewKey(service="fal", secret=SK), LOCAL)
        assert await opened(server) == [SK, SK]
    async with open_runtime(settings(tmp_path), work=False) as later:
        assert await opened(later) == [SK, SK]
        with pytest.raises(PolicyError):
            await later.rotation.rotate(Principal(id="ann", name="Ann"))


@pytest.mark.req("S0-060")
@pytest.mark.parametrize("step", ["reseal", "end_new_secret"])
async def test_a_rotation_that_was_cut_off_leaves_everything_usable_and_is_ended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object) -> None:
        raise StorageError("The power went.")

    async with open_runtime(settings(tmp_path), work=False) as runtime:
        await runtime.vault.add(NewKey(service="openai", secret=SK), LOCAL)
        with monkeypatch.context() as patch:
            patch.setattr(rotating, step, die)
            with pytest.raises(StorageError, match="power"):
                await runtime.rotation.rotate(LOCAL)
    async with open_runtime(settings(tmp_path), work=False) as runtime:
        assert await opened(runtime) == [SK]
        await runtime.vault.add(NewKey(service="fal", secret=SK), LOCAL)
        await runtime.rotation.rotate(LOCAL)
        assert not (tmp_path / "data" / "secret.key.next").exists()
        assert await opened(runtime) == [SK, SK]
    async with open_runtime(settings(tmp_path), work=False) as runtime:
        assert await opened(runtime) == [SK, SK]
