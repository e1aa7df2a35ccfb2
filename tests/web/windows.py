"""Windows of a real browser onto a site, in a theme and a width."""

import os
import shutil
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.api.served import Site

FOUND = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)

WIDTHS = {360: 780, 768: 1024, 1280: 800, 1440: 900, 1920: 1080}
"""Widths that are looked at, each with a height."""

in_a_browser = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(FOUND is None, reason="there is no Chromium on this machine; `make chromium` looks for one"),
]
"""Marks of tests that need one."""


class Visit:
    """One browser window, and everything it complained about."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} {message.location['url']}")


NO_WORKER = "Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined })"


async def visit(
    browser: Browser, site: Site, theme: str = "ink", width: int = 1280, keeps: bool = False, **options: Any
) -> Visit:
    """A window of its own onto a site. Unless it `keeps`, its browser has nothing of it for when the line is down."""
    context = await browser.new_context(
        base_url=site.url, viewport={"width": width, "height": WIDTHS[width]}, reduced_motion="reduce", **options
    )
    context.set_default_timeout(20_000)
    if not keeps:
        await context.add_init_script(NO_WORKER)
    await context.add_cookies([{"name": "theme", "value": theme, "url": site.url}])
    return Visit(context, await context.new_page())


async def composing(page: Page) -> None:
    """Opens the Create page and waits for its script; a press before that sends the plain form."""
    await page.goto("/")
    await expect(page.get_by_role("button", name="Improve")).to_be_visible()


async def choose_model(page: Page, name: str) -> None:
    """Opens the list of models and takes the one whose name begins like this."""
    await page.get_by_role("button", name="Model", exact=False).first.click()
    await page.get_by_role("dialog", name="Choose a model").get_by_role("radio", name=name).click()
    await expect(page.get_by_role("dialog", name="Choose a model")).to_be_hidden()
