"""Comparing in a real browser: by keys, blind to the last byte, zoomed together, with pictures that exist as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from limner.testing.faults import Fault
from tests.api.served import Site, serving
from tests.web.axe import objections
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]

PROMPT = "A still mountain lake at dusk"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: it counts its rounds."""
    with serving(tmp_path_factory.mktemp("compared")) as found:
        yield found


async def zooms(page: Page) -> list[str]:
    """How each picture of the arena is enlarged and moved."""
    found: list[str] = await page.evaluate(
        "[...document.querySelectorAll('.arena .pic img')].map((e) => e.style.transform)"
    )
    return found


async def no_wider_than_its_window(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.req("S3-112")
async def test_a_round_from_the_prompt_to_the_names_by_keys(browser: Browser, site: Site) -> None:
    site.stand_in.faults.add(Fault(delay=3))  # long enough to be seen painting
    seen = await visit(browser, site)
    page = seen.page
    await page.goto("/compare")
    await page.get_by_label("Prompt", exact=True).fill(PROMPT)
    for name in ("Sketch artist", "GPT Image 2"):
        await page.get_by_role("checkbox", name=name, exact=True).check()
    await expect(page.locator("#price b")).to_have_text(re.compile(r"2 images · \$0\.05\d* · about 20 s"))
    await expect(page.locator("#price [name=token]")).not_to_have_value("")
    assert await objections(page) == []
    await page.get_by_role("button", name="Start").click()
    vote = page.get_by_role("region", name="Vote")
    await expect(vote.get_by_text(re.compile("of 2 are ready"))).to_be_visible()
    assert await vote.locator("img").count() == 0
    assert await objections(page) == []
    await expect(vote.get_by_role("button", name="B is best")).to_be_visible(timeout=60_000)
    await expect(page.locator("#news")).to_have_text("All pictures are there. Vote.")
    source = (await page.content()).lower()
    assert [word for word in ("sketch", "gpt", "openai") if word in source] == []
    assert await objections(page) == []
    await page.get_by_role("button", name="Zoom A").click()
    first, second = await zooms(page)
    assert "scale(2)" in first
    assert first == second
    await page.keyboard.press("ArrowRight")
    assert len(set(await zooms(page))) == 1
    assert (await zooms(page))[0] != first
    await page.keyboard.press("Escape")
    assert await zooms(page) == ["", ""]
    await page.keyboard.press("2")
    last = page.get_by_role("region", name="Last round")
    await expect(last).to_contain_text("You chose B.")
    await expect(last).to_contain_text("Sketch artist")
    await expect(last).to_contain_text("GPT Image 2")
    await expect(page.get_by_role("region", name="Leaderboard", exact=True)).to_contain_text("1 vote")
    assert await objections(page) == []
    # A digit that is typed votes for nothing, and no fifth model can be ticked.
    await page.get_by_label("Prompt", exact=True).press_sequentially("10 boats, 2 of them red")
    boxes = page.get_by_role("checkbox")
    for place in range(2, 6):
        if await boxes.nth(place).is_enabled():
            await boxes.nth(place).check()
    assert await page.locator("[name=model]:checked").count() == 4
    await expect(page.get_by_text("4 chosen, of 2 to 4", exact=True)).to_be_visible()
    # A model is found by its name or who offers it; two prompts leave room for two models.
    await page.get_by_role("searchbox", name="Find a model").fill("openai image 2")
    await expect(page.get_by_role("checkbox", name="GPT Image 2", exact=True)).to_be_visible()
    await expect(page.get_by_role("checkbox", name="Sketch artist", exact=True)).to_have_count(0)
    await page.get_by_role("searchbox", name="Find a model").fill("zeppelin")
    await expect(page.get_by_text("No model matches.")).to_be_visible()
    await page.get_by_role("searchbox", name="Find a model").fill("")
    for place in (3, 2):
        await page.locator("[name=model]:checked").nth(place).uncheck()
    await page.locator("summary", has_text="Compare two prompts").click()
    await page.get_by_label("Other words").fill("a fog")
    await expect(page.get_by_text("2 chosen, of 1 or 2", exact=True)).to_be_visible()
    await expect(page.locator(".shelf [name=model]:not(:checked)").first).to_be_disabled()
    await page.get_by_label("Other words").fill("")
    for place in (2, 3):
        await boxes.nth(place).check()
    await expect(page.locator("#price b")).to_contain_text("4 images")
    assert site.client.get("/api/v1/comparisons").json()["items"][0]["best"] == "B"
    assert seen.complaints == []


@pytest.mark.parametrize("theme", ["ink", "vellum"])
async def test_it_fits_every_window(browser: Browser, site: Site, theme: str) -> None:
    words = [f"{PROMPT}, {each}" for each in ("poster", "ink wash", "watercolour", "fog")]
    contenders = [{"model": "sketch", "prompt": each} for each in words]
    begun = site.client.post("/api/v1/comparisons", json={"contenders": contenders, "size": "96x64"}).json()
    for width in (360, 768, 1280, 1920):
        seen = await visit(browser, site, theme, width)
        await seen.page.goto(f"/compare/{begun['id']}")
        await expect(seen.page.get_by_role("button", name="D is best")).to_be_visible(timeout=60_000)
        await no_wider_than_its_window(seen.page)
        assert await objections(seen.page) == []
        await seen.page.goto("/compare?new=1")
        await no_wider_than_its_window(seen.page)
        assert seen.complaints == []
        await seen.context.close()
    site.client.post(begun["links"]["skip"])


async def test_pictures_that_exist_are_laid_beside_each_other(browser: Browser, site: Site) -> None:
    for prompt in ("Reeds by the water", "Reeds in the fog"):
        site.paint(prompt=prompt, size="96x64")
    seen = await visit(browser, site, width=360)
    page = seen.page
    await page.goto("/gallery?q=Reeds")
    await page.get_by_role("button", name="Select", exact=True).click()
    compare = page.get_by_role("button", name="Compare")
    await expect(compare).to_have_attribute("aria-disabled", "true")
    for tile in await page.locator(".pic[data-picture]").all():
        await tile.click()
    await expect(page.get_by_text("2 selected")).to_be_visible()
    done = await page.get_by_role("button", name="Done").or_(page.get_by_role("link", name="Done")).bounding_box()
    assert done is not None
    assert done["x"] + done["width"] <= 360
    await compare.click()
    side = page.get_by_role("region", name="Side by side")
    await expect(side).to_contain_text("Reeds in the fog")
    await page.get_by_role("button", name="Zoom picture 1").click()
    first, second = await zooms(page)
    assert "scale(2)" in first
    assert first == second
    await no_wider_than_its_window(page)
    assert await objections(page) == []
    assert seen.complaints == []
