"""Programs in other languages and environments that speak to a site and say what they got."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from limner.testing.faults import Drop, Fault
from tests.api.served import Site

HERE = Path(__file__).parent
PATIENCE = 50
LOST = Fault(drop=Drop.AFTER_READING)
"""The line breaks after the service has read the order."""


def told_by(command: Sequence[str], site: Site, variables: Mapping[str, str] | None = None) -> Any:
    """What a program says, from its last line."""
    surroundings = {**os.environ, "CLIENT_URL": site.url, "CLIENT_KEY": "unused", **(variables or {})}
    done = subprocess.run(
        command, cwd=HERE, env=surroundings, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def sizes(pictures: Sequence[str]) -> list[tuple[int, int]]:
    """What pictures in base64 measure."""
    return [Image.open(io.BytesIO(base64.b64decode(picture, validate=True))).size for picture in pictures]


def bought(site: Site, prompt: str) -> int:
    """How often the service was asked for this."""
    return sum(order["prompt"] == prompt for order in site.stand_in.orders)
