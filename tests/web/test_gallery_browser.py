"""The gallery in a real browser: endless, searched as one types, by keys, many pictures at once."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.api.served import Site, serving
from tests.web.windows import in_a_browser, visit

pytestmark = in_a_browser

MANY = 300


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with some hundred pictures, numbered by their prompts from the oldest."""
    with serving(tmp_path_factory.mktemp("full")) as site:
        for number in range(MANY // 10):
            site.paint(prompt=f"Reeds {number:03}", count=10, size="48x32")
        yield site


async def awake(page: Page) -> None:
    """Waits until the gallery's script has begun."""
    await expect(page.locator("[data-part=select][role=button]")).to_be_attached()


async def seen_at(page: Page, prompt: str) -> None:
    """Waits until a picture with this prompt is in the window."""
    await page.wait_for_function(
        """(prompt) => [...document.querySelectorAll(".pic img")].some((each) => {
            const at = each.getBoundingClientRect();
            return each.alt === prompt && at.bottom > 0 && at.top < innerHeight;
        })""",
        arg=prompt,
    )


async def test_far_places_are_reached_and_what_is_far_is_not_in_the_page(browser: Browser, full: Site) -> None:
    seen = await visit(browser, full, width=360)
    page = seen.page
    await page.goto("/gallery")
    await seen_at(page, f"Reeds {MANY // 10 - 1:03}")
    await page.wait_for_function("() => document.querySelector('.space:last-child')?.offsetHeight > 2000")
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await seen_at(page, "Reeds 000")
    await expect(page.get_by_text(f"That is everything, {MANY} pictures.")).to_be_visible()
    assert await page.evaluate("document.querySelectorAll('.sheet').length") < MANY / 60
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    await page.wait_for_function("() => [...document.querySelectorAll('.sheet')].every((each) => each.dataset.newer)")
    await page.evaluate("scrollTo(0, 0)")
    await seen_at(page, f"Reeds {MANY // 10 - 1:03}")
    assert seen.complaints == []


async def test_a_search_follows_the_keys_and_stands_in_the_address(browser: Browser, full: Site) -> None:
    seen = await visit(browser, full)
    page = seen.page
    await page.goto("/gallery")
    await awake(page)
    await page.keyboard.press("/")
    await page.keyboard.type("007")
    await expect(page.locator("[data-part=total]")).to_have_text("10")
    await page.wait_for_url("**/gallery?q=007")
    await expect(page.locator(".pic[data-picture]")).to_have_count(10)
    await expect(page.get_by_label("Search prompts")).to_be_focused()
    await page.get_by_role("link", name="Clear the filters").click()
    await expect(page.locator("[data-part=total]")).to_have_text(str(MANY))
    assert seen.complaints == []


@pytest.mark.req("S0-084")
async def test_with_keys_only_a_picture_is_marked_fetched_and_opened(browser: Browser, full: Site) -> None:
    seen = await visit(browser, full)
    page = seen.page
    await page.goto("/gallery")
    focused = page.locator(".pic:has(a:focus)")
    await awake(page)
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await focused.count():
            break
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowLeft")
    name = await focused.get_attribute("data-picture")
    assert name is not None
    assert await page.evaluate("document.querySelectorAll('.pic > a[tabindex=\"0\"]').length") == 1
    await page.keyboard.press("f")
    await expect(focused.locator(".fav")).to_be_attached()
    async with page.expect_download() as download:
        await page.keyboard.press("d")
    assert (await download.value).suggested_filename.endswith(".png")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/images/{name}*")
    assert full.client.get(f"/api/v1/images/{name}").json()["favorite"]
    assert seen.complaints == []


async def test_the_next_download_comes_in_the_format_of_the_last(browser: Browser, full: Site) -> None:
    seen = await visit(browser, full)
    page = seen.page
    await page.goto("/gallery?q=Reeds+015")
    await awake(page)
    await page.locator(".pic[data-picture] > a").first.click()
    main = page.locator("[data-part=download]")
    await expect(main).to_have_text("Download PNG")
    await page.get_by_label("Other formats").click()
    async with page.expect_download() as chosen:
        await page.get_by_role("link", name="WebP").click()
    assert (await chosen.value).suggested_filename.endswith(".webp")
    await expect(main).to_have_text("Download WebP")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("dialog", name="Picture 2 of 10")).to_be_visible()
    await expect(page.locator("h1")).to_have_count(1)
    await expect(main).to_have_text("Download WebP")
    for _ in ("opened", "in the grid"):
        async with page.expect_download() as again:
            await page.keyboard.press("d")
        assert (await again.value).suggested_filename.endswith(".webp")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
    assert seen.complaints == []


async def test_many_pictures_are_selected_deleted_and_brought_back(browser: Browser, full: Site) -> None:
    seen = await visit(browser, full, "vellum")
    page = seen.page
    await page.goto("/gallery?q=Reeds+011")
    await awake(page)
    await page.get_by_role("button", name="Select", exact=True).click()
    await page.locator(".pic[data-picture]").nth(1).click()
    await page.locator(".pic[data-picture]").nth(4).click(modifiers=["Shift"])
    await expect(page.get_by_text("4 selected")).to_be_visible()
    await page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name=re.compile("Delete 4 pictures"))
    await expect(dialog).to_contain_text("They stay in the bin for 30 days.")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(page.locator(".pic[data-picture]")).to_have_count(6)
    await expect(page.locator("[data-part=total]")).to_have_text("6")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".pic[data-picture]")).to_have_count(10)
    assert seen.complaints == []


async def test_a_picture_opens_above_the_gallery_and_leads_back(browser: Browser, full: Site) -> None:
    seen = await visit(browser, full)
    page = seen.page
    await page.goto("/gallery?q=Reeds+013")
    await awake(page)
    ids = await page.evaluate(
        "[...document.querySelectorAll('.pic[data-picture]')].map((each) => each.dataset.picture)"
    )
    await page.locator(".pic[data-picture] > a").nth(2).click()
    dialog = page.get_by_role("dialog", name="Picture 3 of 10")
    await expect(dialog.get_by_role("figure").get_by_role("img")).to_be_visible()
    await page.wait_for_url(f"**/images/{ids[2]}?q=Reeds+013")
    await page.keyboard.press("ArrowRight")
    await page.wait_for_url(f"**/images/{ids[3]}?q=Reeds+013")
    await page.keyboard.press("+")
    await expect(page.locator("[data-part=zoom]")).not_to_have_text("Fit")
    await page.keyboard.press("0")
    await page.keyboard.press("f")
    await expect(page.get_by_role("button", name="Favourite").last).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.wait_for_url("**/gallery?q=Reeds+013")
    await expect(page.locator(f".pic[data-picture='{ids[3]}'] > a")).to_be_focused()
    await expect(page.locator(f".pic[data-picture='{ids[3]}'] .fav")).to_be_attached()
    await page.go_forward()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert seen.complaints == []


async def test_a_picture_is_compared_with_its_parent(browser: Browser, full: Site) -> None:
    parent = full.client.get("/api/v1/images", params={"q": "Reeds 001"}).json()["items"][0]["id"]
    inputs = [{"role": "source", "image_id": parent}]
    job = full.paint(prompt="In snow", operation="edit", inputs=inputs, size=None)
    seen = await visit(browser, full, "vellum")
    page = seen.page
    await page.goto(f"/images/{job['images'][0]['id']}")  # type: ignore[index]  # a body as it came
    await page.get_by_role("button", name="Before and after").click()
    divider = page.get_by_role("slider", name="Compare before and after")
    await expect(divider).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(divider).to_have_value("52")
    await expect(page.get_by_role("img", name="Before: Reeds 001")).to_be_visible()
    await page.keyboard.press("b")
    await expect(divider).to_have_count(0)
    assert seen.complaints == []


async def test_a_missing_file_is_told_from_one_that_cannot_be_fetched_now(browser: Browser, full: Site) -> None:
    seen = await visit(browser, full)
    page = seen.page
    for _ in range(2):
        full.paint(prompt="A bittern", size="48x32")
    kept, gone = (item["id"] for item in full.client.get("/api/v1/images", params={"q": "A bittern"}).json()["items"])
    await page.route(f"**/images/{gone}/**", lambda route: route.fulfill(status=404))
    await page.route(f"**/images/{kept}/**", lambda route: route.abort("internetdisconnected"))
    await page.goto("/gallery?q=A+bittern")
    await expect(page.locator(f".pic[data-picture='{gone}']").get_by_text("File is missing")).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("Connection lost")
    picture = page.locator(f".pic[data-picture='{kept}'] img")
    await expect(picture).to_have_js_property("naturalWidth", 0)
    await page.unroute(f"**/images/{kept}/**")
    await page.wait_for_function("(image) => image.naturalWidth > 0", arg=await picture.element_handle())
    await expect(page.get_by_role("alert")).to_have_count(0)
