"""Where the text model is."""

from pathlib import Path

import pytest

from limner.domain.errors import NotConfigured
from limner.runtime import open_runtime
from limner.settings import read_settings


@pytest.mark.parametrize("address", ["ftp://here", "localhost:11434"])
async def test_an_address_that_is_none_is_said_when_it_opens(tmp_path: Path, address: str) -> None:
    settings = read_settings({"OLLAMA_BASE_URL": address}, tmp_path, data_dir=tmp_path / "data")
    with pytest.raises(NotConfigured, match="OLLAMA_BASE_URL is wrong"):
        async with open_runtime(settings, work=False):
            pass
