"""The whole way with keys alone: signed in, painted, opened, marked as a favourite, edited with a mask, downloaded."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from limner.domain.people import Role
from tests.api.people import PASSWORD, accounts_site, add_user, quick_hashes
from tests.api.served import Site
from tests.web.test_editing_browser import covered
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]

FURTHEST = 150
"""Presses of Tab until something on these pages has the focus, at most."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that Ann may sign in to."""
    folder = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as patch, accounts_site(folder) as site:
        quick_hashes(patch)
        add_user(folder, "ann@example.com", Role.ADMIN)
        yield site


async def tabbed_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until it has the focus, which shows."""
    await expect(wanted).to_be_visible()
    for _ in range(FURTHEST):
        if await wanted.evaluate("each => each === document.activeElement"):
            assert await wanted.evaluate("each => each.matches(':focus-visible')")
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by keys")


async def typed_into(page: Page, field: Locator, text: str) -> None:
    await tabbed_to(page, field)
    await page.keyboard.press("Control+a")
    await page.keyboard.type(text)


async def entered(page: Page, wanted: Locator) -> None:
    await tabbed_to(page, wanted)
    await page.keyboard.press("Enter")


@pytest.mark.req("S1-087", "S1-123")
async def test_the_whole_way_is_walked_with_keys_alone(browser: Browser, house: Site) -> None:
    seen = await visit(browser, house)
    page = seen.page
    await page.goto("/login")
    await typed_into(page, page.get_by_label("Email"), "ann@example.com")
    await typed_into(page, page.get_by_label("Password"), PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{house.url}/")

    await typed_into(page, page.get_by_label("Prompt", exact=True), "a lighthouse on a cliff")
    await page.keyboard.press("Control+Enter")
    picture = page.locator(".job.done .pic a").first
    await entered(page, picture)

    # The lightbox: closer, and back; a favourite from then on.
    await expect(page).to_have_url(re.compile(r"/images/[0-9a-f-]{36}$"))
    await expect(page.locator("[data-part=zooming]")).to_be_visible()
    zoom = page.locator("[data-part=zoom]")
    await expect(zoom).to_have_text("Fit")
    await page.keyboard.press("+")
    await expect(zoom).not_to_have_text("Fit")
    await page.keyboard.press("0")
    await expect(zoom).to_have_text("Fit")
    await page.keyboard.press("f")
    await expect(page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")

    await entered(page, page.get_by_role("link", name="Edit", exact=True))
    await expect(page.locator("#editor[data-ready]")).to_be_attached()
    await typed_into(page, page.get_by_label("What should appear there"), "a full moon")
    await entered(page, page.locator("summary", has_text="Area by numbers"))
    group = page.locator("[data-part=numbers]")
    for field, pixels in (("Left", "100"), ("Top", "100"), ("Width", "300"), ("Height", "200")):
        await typed_into(page, group.get_by_label(field, exact=True), pixels)
    await page.keyboard.press("Enter")
    await covered(page, 0.05, 0.07)
    await tabbed_to(page, page.get_by_role("button", name="Mark this area"))
    await page.keyboard.press("Control+z")
    await covered(page, 0, 0)
    await page.keyboard.press("Enter")
    await covered(page, 0.05, 0.07)
    await page.keyboard.press("Control+Enter")
    await entered(page, page.locator(".panel .job.done .pic a"))

    await expect(page.locator("[data-part=compare]")).to_be_visible()
    await page.keyboard.press("b")
    await expect(page.get_by_label("Compare before and after")).to_be_focused()
    await page.keyboard.press("b")
    async with page.expect_download() as coming:
        await page.keyboard.press("d")
    download = await coming.value
    assert download.suggested_filename.endswith(".png")
    assert await download.failure() is None
    assert seen.complaints == []
