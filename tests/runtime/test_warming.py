"""What the first call to a text model needs is loaded beforehand, where there is such a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, sys
from pathlib import Path
from limner.runtime import open_runtime
from limner.settings import read_settings

async def main(folder, *keys):
    variables = {"OLLAMA_BASE_URL": "http://127.0.0.1:9", **dict.fromkeys(keys, "sk-ant-of-the-tests-0123")}
    async with open_runtime(read_settings(variables, folder, data_dir=folder / "data"), work=False) as runtime:
        before = "pydantic_ai" in sys.modules
        print(before, await runtime.texts.warm(), "pydantic_ai" in sys.modules)

asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("keys", "said"), [((), "False False False"), (("ANTHROPIC_API_KEY",), "False True True")], ids=["none", "claude"]
)
def test_clients_of_text_models_are_loaded_only_where_one_can_be_used(
    tmp_path: Path, keys: tuple[str, ...], said: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *keys], capture_output=True, text=True, timeout=240, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == said
