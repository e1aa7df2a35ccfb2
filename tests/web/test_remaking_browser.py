"""Variations, enlargements and styles in a real browser: the offer follows the fields, and nothing is left behind."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.api.served import Site
from tests.web.axe import objections
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def picture(site: Site) -> str:
    """The id of a picture of 96 by 64 pixels."""
    job: Any = site.paint(prompt="Eel traps along a dyke", size="96x64", seed=3)
    found: str = job["images"][0]["id"]
    return found


async def test_an_offer_follows_the_fields_and_is_bought_where_it_stands(
    browser: Browser, site: Site, picture: str
) -> None:
    seen = await visit(browser, site)
    page = seen.page
    await page.goto(f"/images/{picture}")
    await page.get_by_role("link", name="Style", exact=True).click()
    await expect(page.get_by_role("button", name="Show what it costs")).to_be_hidden()
    await page.get_by_label("Watercolour", exact=True).check()
    await page.get_by_label("Model", exact=True).select_option("openai/gpt-image-2")
    await expect(page.get_by_role("button", name=re.compile(r"^Apply the style for \$0\."))).to_be_visible()
    await expect(page).to_have_url(re.compile("preset=watercolor"))
    bought = site.stand_in.purchases
    await page.get_by_role("button", name="Preview").first.dblclick()
    await expect(page.locator(".job.done footer")).to_contain_text("Sketch artist")
    assert site.stand_in.purchases == bought
    await page.get_by_role("button", name=re.compile(r"^Apply the style for")).click()
    await expect(page.locator(".job.done")).to_have_count(2)
    assert site.stand_in.purchases == bought + 1

    await page.goto(f"/images/{picture}/upscale")
    await page.get_by_label("Exact width").check()
    await expect(page.get_by_role("alert")).to_have_text("Width is a whole number from 97 to 384.")
    await page.get_by_label("Width in pixels").fill("300")
    await page.get_by_label("Width in pixels").press("Tab")
    await page.get_by_role("button", name="Upscale", exact=True).click()
    await expect(page.locator(".job.done footer")).to_contain_text("300 \u00d7 200")
    assert [each for each in seen.complaints if "422" not in each] == []


@pytest.mark.parametrize("theme,width", [("ink", 1280), ("vellum", 360)])
async def test_what_can_be_made_of_a_picture_is_accessible(
    browser: Browser, site: Site, picture: str, theme: str, width: int
) -> None:
    seen = await visit(browser, site, theme, width)
    page = seen.page
    for way in ("vary", "upscale?scale=exactly&width=300", "style?model=openai/gpt-image-2", "cutout"):
        await page.goto(f"/images/{picture}/{way}")
        await expect(page.locator("[data-part=buying]")).to_be_visible()
        assert await objections(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.goto(f"/images/{picture}")
    assert await objections(page) == []
    assert seen.complaints == []
