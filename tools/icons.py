"""Draw the icons by which systems show the installed studio, from its mark: `python -m tools.icons`, with Chromium.

The maskable one has its mark within the inner four fifths, which no system cuts away (W3C manifest, "safe zone").
"""

import asyncio
import os
import shutil
import sys

from playwright.async_api import async_playwright

from tools.sources import ROOT

STATIC = ROOT / "src/limner/web/static"
ICONS = {"icon-192.png": (192, 1.0), "icon-512.png": (512, 1.0), "icon-maskable.png": (512, 0.72)}
"""The edge in pixels, and how much of it the mark has."""
GROUND = "#5e1c10"


def page(mark: str, edge: int, share: float) -> str:
    """A page that is the icon."""
    ground = "transparent" if share == 1 else GROUND
    size = round(edge * share)
    box = f"display: grid; place-items: center; width: {edge}px; height: {edge}px; background: {ground}"
    drawn = mark.replace("<svg ", f'<svg width="{size}" height="{size}" ', 1)
    return f'<body style="margin: 0; background: transparent"><div style="{box}">{drawn}</div></body>'


async def draw() -> None:
    """Writes all of them."""
    mark = (STATIC / "mark.svg").read_text(encoding="utf-8")
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for name, (edge, share) in ICONS.items():
            window = await browser.new_page(viewport={"width": edge, "height": edge})
            await window.set_content(page(mark, edge, share))
            await window.screenshot(path=STATIC / name, omit_background=True)
            print(f"{name}: {(STATIC / name).stat().st_size} bytes")
        await browser.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(draw()))
