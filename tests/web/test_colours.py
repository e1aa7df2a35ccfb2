"""Each service that document 3 gives a colour has it, in both themes."""

import colorsys
import re
from pathlib import Path

import pytest

from limner.web.showing import COLOURS

STATIC = Path("src/limner/web/static")


@pytest.mark.req("S3-065")
@pytest.mark.parametrize(
    ("service", "least", "most"),
    [("openai", 90, 170), ("together", 200, 250), ("replicate", 270, 330), ("gemini", 15, 45)],
)
def test_a_service_has_the_documents_colour(service: str, least: int, most: int) -> None:
    name = COLOURS[service]
    assert f".{name} {{ --c: var(--p-{name}); }}" in (STATIC / "site.css").read_text()
    (found,) = re.findall(rf"--p-{name}: light-dark\((#\w{{6}}), (#\w{{6}})\)", (STATIC / "tokens.css").read_text())
    for colour in found:
        red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        assert least <= 360 * colorsys.rgb_to_hls(red, green, blue)[0] <= most, colour
