"""What surrounds the pages in a real browser: keys, palette, what is unfolded, languages, the line that is lost."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.api.served import Site, serving
from tests.web.axe import objections
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a few pictures of its own."""
    with serving(tmp_path_factory.mktemp("studio")) as site:
        for prompt in ("A kingfisher over reeds", "A tiled roof in rain"):
            site.paint(prompt=prompt)
        yield site


async def test_two_letters_lead_on_and_are_left_alone_in_fields_and_where_they_are_off(
    browser: Browser, studio: Site
) -> None:
    seen = await visit(browser, studio)
    page = seen.page
    await page.goto("/jobs")
    await page.keyboard.press("g")
    await page.keyboard.press("g")
    await page.wait_for_url("**/gallery")
    await page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search prompts")
    await expect(search).to_be_focused()
    await page.keyboard.type("gq?")
    await expect(search).to_have_value("gq?")
    await page.goto("/keys")
    await page.get_by_role("button", name="Turn single letters off").click()
    await expect(page.get_by_role("button", name="Turn single letters on")).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await page.keyboard.press("?")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("dialog", name="Find anything")).to_be_visible()
    assert page.url.endswith("/keys")
    await expect(page.get_by_role("dialog")).to_have_count(1)
    assert seen.complaints == []


@pytest.mark.parametrize("theme", ["ink", "vellum"])
async def test_the_palette_finds_pages_and_pictures_by_keyboard(browser: Browser, studio: Site, theme: str) -> None:
    seen = await visit(browser, studio, theme)
    page = seen.page
    await page.goto("/keys")
    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard")
    await expect(keys.get_by_text("Focus the search")).to_be_visible()
    assert await objections(page) == []
    await page.keyboard.press("Escape")
    await expect(keys).to_have_count(0)
    await page.keyboard.press("Control+k")
    box = page.get_by_role("combobox")
    await expect(box).to_be_focused()
    await expect(page.get_by_role("group", name="Recent jobs").get_by_role("option").first).to_be_visible()
    assert await objections(page) == []
    await box.fill("kingfisher")
    found = page.get_by_role("option", name="A kingfisher over reeds")
    await expect(found).to_be_visible()
    await expect(found).to_have_attribute("aria-selected", "true")
    selected = await box.get_attribute("aria-activedescendant")
    assert selected == await found.get_attribute("id")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/images/*")
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox").fill("Queue")
    await expect(page.get_by_role("option", name="Queue", exact=True)).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/jobs")
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox").fill("Deutsch")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Warteschlange")).to_be_visible()
    assert page.url.endswith("/jobs")
    assert seen.complaints == []


async def test_what_is_unfolded_works_without_a_script_and_folds_up_with_one(browser: Browser, studio: Site) -> None:
    plain = await visit(browser, studio, width=360, java_script_enabled=False)
    await plain.page.goto("/gallery")
    await plain.page.locator(".tabbar summary").click()
    await plain.page.get_by_role("button", name="العربية").click()
    assert await plain.page.locator("html").get_attribute("dir") == "rtl"
    seen = await visit(browser, studio)
    await seen.page.goto("/gallery")
    await seen.page.locator(".rail summary").click()
    menu = seen.page.locator(".rail .unfolds .menu")
    await expect(menu.get_by_role("link", name="API")).to_be_visible()
    await seen.page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await expect(seen.page.locator(".rail summary")).to_be_focused()
    await seen.page.locator(".rail summary").click()
    await seen.page.get_by_role("heading", level=1).click()
    await expect(menu).to_be_hidden()
    assert seen.complaints == []


async def test_arrows_point_the_other_way_from_right_to_left(browser: Browser, studio: Site) -> None:
    seen = await visit(browser, studio)
    turned = []
    for language in ("en", "ar"):
        await seen.context.add_cookies([{"name": "language", "value": language, "url": studio.url}])
        await seen.page.goto("/gallery")
        picture = await seen.page.locator(".justified .pic > a").last.get_attribute("href")
        await seen.page.goto(str(picture))
        arrow = seen.page.locator("[data-part=newer] .i").first
        turned.append(await arrow.evaluate("each => getComputedStyle(each).transform"))
    assert turned == ["none", "matrix(-1, 0, 0, 1, 0, 0)"]
    assert seen.complaints == []


async def test_scripts_speak_the_language_of_the_page(browser: Browser, studio: Site) -> None:
    seen = await visit(browser, studio)
    await seen.context.add_cookies([{"name": "language", "value": "ar", "url": studio.url}])
    await seen.page.goto("/gallery?select=1")
    await expect(seen.page.locator("#bulk [data-part=count]")).to_have_text("حدّد صورًا")
    for tick in await seen.page.locator(".tick").all():
        await tick.check()
    await expect(seen.page.locator("#bulk [data-part=count]")).to_have_text("المحدد: 2")
    await seen.page.locator("#bulk [value=trash]").click()
    await expect(seen.page.get_by_role("dialog")).to_contain_text("أتحذف صورتين؟")
    assert seen.complaints == []


async def test_scripts_write_numbers_as_the_language_of_the_page_does(browser: Browser, studio: Site) -> None:
    seen = await visit(browser, studio)
    await seen.context.add_cookies([{"name": "language", "value": "de", "url": studio.url}])
    await seen.page.goto("/")
    await expect(seen.page.locator("[data-part=improve]")).to_be_visible()
    await seen.page.locator("textarea[name=prompt]").fill("x" * 1200)
    await expect(seen.page.locator("[data-part=counter]")).to_have_text(re.compile(r"^1\.200 / [\d.]+$"))
    said = await seen.page.evaluate(
        """async (place) => {
        const { duration, number, percent } = await import(place + "words.js");
        const { WORDS, four } = await import(place + "generated-image.js");
        Object.assign(WORDS, { dollars: "{amount} $", language: document.documentElement.lang });
        return [duration(80), number(1284.5), percent(0.974), four(0.04), four(1234.5)];
    }""",
        f"{studio.url}/static/1/",
    )
    assert said == ["1 min 20 s", "1.284,5", "97\u00a0%", "0,0400 $", "1234,5000 $"]
    assert seen.complaints == []


async def test_a_lost_line_is_told_and_its_return_too(browser: Browser, studio: Site) -> None:
    seen = await visit(browser, studio)
    page = seen.page
    await page.goto("/gallery")
    await page.locator("[data-part=select][role=button]").wait_for()
    await seen.context.set_offline(True)
    alert = page.get_by_role("alert")
    await expect(alert).to_have_text("Connection lost The server cannot be reached. Trying again in 4 s.")
    await seen.context.set_offline(False)
    await expect(alert).to_have_count(0)
    await expect(page.locator("#news")).to_have_text("Connected again.")


async def test_a_page_that_comes_while_the_line_is_down_says_so_at_once(browser: Browser, studio: Site) -> None:
    seen = await visit(browser, studio)
    await seen.page.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })")
    await seen.page.goto("/keys")
    await expect(seen.page.get_by_role("alert")).to_contain_text("Connection lost")


async def test_a_picture_that_cannot_be_fetched_meanwhile_is_not_missing(browser: Browser, studio: Site) -> None:
    studio.paint(prompt="a pier in the fog")
    seen = await visit(browser, studio)
    await seen.page.goto("/gallery")
    image = seen.page.locator(".pic img").first
    await expect(image).to_have_js_property("complete", True)
    await seen.context.set_offline(True)
    await image.evaluate("image => { image.removeAttribute('srcset'); image.src += '&again=1'; }")
    await expect(image).to_be_hidden()
    assert await seen.page.get_by_text("File is missing").count() == 0
    await seen.context.set_offline(False)
    await expect(image).to_be_visible()
    await image.evaluate("image => image.decode()")


async def test_the_page_that_a_browser_keeps_stands_in_for_one_that_cannot_be_fetched(
    browser: Browser, studio: Site
) -> None:
    seen = await visit(browser, studio, keeps=True)
    page = seen.page
    await page.goto("/gallery")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.reload()
    kept = await page.evaluate(
        "caches.keys().then((all) => caches.open(all[0])).then((one) => one.keys())"
        ".then((all) => all.map((each) => new URL(each.url).pathname))"
    )
    assert "/offline" in kept
    assert all(path == "/offline" or path.startswith("/static/") for path in kept)
    await seen.context.set_offline(True)
    await page.goto("/jobs")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Connection lost")
    await expect(page.get_by_text("Trying again in 4 s.")).to_be_visible()
    assert await page.evaluate("getComputedStyle(document.querySelector('.offline')).display") == "grid"
    await seen.context.set_offline(False)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Queue")
