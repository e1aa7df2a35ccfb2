"""All pages of the navigation, as people have them: narrow and wide, large text, few colours, from right to left."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from limner.web.languages import LANGUAGES, Language
from tests.api.served import Site
from tests.web.axe import objections
from tests.web.windows import WIDTHS, in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(600)]

SIDEWAYS = """() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const box = (e) => e.getBoundingClientRect();
    const beyond = (e) => box(e).right > innerWidth + 1 || box(e).left < -1;
    const found = [...document.querySelectorAll("body *")].filter(beyond);
    return found.slice(0, 5).map((e) => `${e.tagName} ${e.className}`);
}"""
"""What sticks out of the window, where the page can be pushed sideways."""
UNSEEN = """() => [...document.querySelectorAll(".btn, .input, .chip, .check, .switch input, .nav")]
    .filter((e) => e.checkVisibility() && e.offsetWidth)
    .filter((e) => {
        const style = getComputedStyle(e);
        const edged = parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== "none";
        return !edged && !e.textContent.trim() && !e.querySelector("svg, img");
    }).map((e) => e.outerHTML.slice(0, 90))"""
"""Controls that nothing shows where colours of grounds are taken away."""
UNDRESSED = """() => [...document.querySelectorAll("input[type=checkbox], input[type=radio]")]
    .filter((e) => e.checkVisibility({ opacityProperty: true }) && getComputedStyle(e).appearance !== "none")
    .map((e) => e.outerHTML.slice(0, 90))"""
"""Boxes that look as the browser draws them: white, in a theme that has no white."""
MOVING = "() => document.getAnimations().filter((one) => one.playState === 'running').map((one) => one.animationName)"


async def places_of(page: Page, site: Site) -> list[str]:
    """Every address in the navigation, and pages that are reached from those."""
    job: Any = site.paint(prompt="A walk along the shore in rather many words", steps=28, count=2)
    await page.goto("/keys")
    shown = await page.locator(".rail a.nav").evaluate_all("(all) => all.map((each) => each.getAttribute('href'))")
    more = [job["images"][0]["page_url"], f"{job['images'][0]['page_url']}/rerun?model=sketch/sketch"]
    return [*shown, "/gallery?select=1", "/collections", "/nowhere", "/offline", *more]


@pytest.mark.req("S1-082", "S3-064")
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
async def test_no_page_can_be_pushed_sideways(browser: Browser, site: Site, language: Language) -> None:
    for theme, *widths in (("ink", 360, 768), ("vellum", 1280, 1920)):
        seen = await visit(browser, site, theme, widths[0])
        await seen.context.add_cookies([{"name": "language", "value": language.code, "url": site.url}])
        for path in await places_of(seen.page, site):
            await seen.page.set_viewport_size({"width": widths[0], "height": WIDTHS[widths[0]]})
            await seen.page.goto(path)
            await expect(seen.page.get_by_role("heading", level=1)).to_be_attached()
            assert await seen.page.locator("html").get_attribute("data-theme") == theme
            for width in widths:
                await seen.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
                await fits(seen.page, width)
        await seen.context.close()


async def fits(page: Page, width: int) -> None:
    """A page as it stands fits a window, and shows one of the two navigations."""
    assert await page.evaluate("innerWidth") == width
    assert await page.evaluate(SIDEWAYS) == [], (page.url, width)
    narrow = width < 768
    if await page.locator(".rail").count():
        assert await page.locator(".rail").is_visible() is not narrow, (page.url, width)
        assert await page.locator(".tabbar").is_visible() is narrow, (page.url, width)


async def test_the_rail_has_labels_beside_its_icons_where_there_is_room(browser: Browser, site: Site) -> None:
    for width, rail in ((1280, 80), (1920, 208)):
        seen = await visit(browser, site, width=width)
        await seen.page.goto("/gallery")
        box = await seen.page.locator(".rail").bounding_box()
        entry = seen.page.locator(".rail a.nav").first
        icon, label = await entry.locator("svg").bounding_box(), await entry.locator("span").bounding_box()
        assert box
        assert icon
        assert label
        assert box["width"] == rail
        assert (label["x"] > icon["x"] + icon["width"]) is (width == 1920)


@pytest.mark.parametrize("width", [360, 1280])
async def test_pages_hold_text_of_twice_the_size(browser: Browser, site: Site, width: int) -> None:
    seen = await visit(browser, site, width=width)
    for path in await places_of(seen.page, site):
        await seen.page.goto(path)
        await seen.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await seen.page.evaluate(SIDEWAYS) == [], (path, width)


async def test_with_few_colours_every_control_is_seen_and_nothing_moves_by_itself(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site, forced_colors="active")
    for path in await places_of(seen.page, site):
        await seen.page.goto(path)
        await expect(seen.page.get_by_role("heading", level=1)).to_be_attached()
        assert await seen.page.evaluate(UNSEEN) == [], path
        assert await seen.page.evaluate(MOVING) == [], path


@pytest.mark.parametrize("width", [360, 1280])
async def test_pages_from_right_to_left_are_accessible(browser: Browser, site: Site, width: int) -> None:
    seen = await visit(browser, site, "vellum", width)
    await seen.context.add_cookies([{"name": "language", "value": "ar", "url": site.url}])
    for path in await places_of(seen.page, site):
        await seen.page.goto(path)
        assert await objections(seen.page) == []
    assert [each for each in seen.complaints if "/nowhere" not in each] == []


async def test_no_box_is_white_as_browsers_draw_them(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site, "vellum")
    for path in [*await places_of(seen.page, site), "/chat", "/compare?new=1", "/batches"]:
        await seen.page.goto(path)
        await expect(seen.page.get_by_role("heading", level=1)).to_be_attached()
        await seen.page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert await seen.page.evaluate(UNDRESSED) == [], path
    await seen.page.goto("/chat")
    await seen.page.get_by_role("button", name="Add pictures").click()
    await expect(seen.page.locator("#attach [type=checkbox]").first).to_be_visible()
    assert await seen.page.evaluate(UNDRESSED) == []


async def test_from_right_to_left_what_stands_first_stands_at_the_right(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site, width=360)
    await seen.context.add_cookies([{"name": "language", "value": "ar", "url": site.url}])
    await seen.page.goto("/")
    first = await seen.page.locator(".styles label").first.bounding_box()
    assert first is not None
    assert 330 < first["x"] + first["width"] <= 344
    await seen.page.goto("/chat")
    bar = await seen.page.locator(".topbar").bounding_box()
    assert bar is not None
    assert bar["height"] <= 65
    await seen.page.set_viewport_size({"width": 1280, "height": WIDTHS[1280]})
    field = await seen.page.locator(".convos .search .input").bounding_box()
    glass = await seen.page.locator(".convos .search .i").bounding_box()
    assert field is not None
    assert glass is not None
    assert glass["x"] > field["x"] + field["width"] / 2
