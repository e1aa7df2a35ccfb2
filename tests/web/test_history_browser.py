"""Pages as somebody finds them again: back and forward, two tabs, with more contrast."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from limner.testing.faults import Fault
from tests.api.served import Site, serving
from tests.web.windows import in_a_browser, visit

pytestmark = in_a_browser

FIRST = "[...document.querySelectorAll('.pic[data-picture]')].find((each) => each.getBoundingClientRect().top > 100)"


@pytest.fixture(scope="module")
def reeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with more pictures of reeds than one window shows, and one of something else."""
    with serving(tmp_path_factory.mktemp("reeds")) as site:
        for number in range(8):
            site.paint(prompt=f"Reeds {number}", count=10, size="48x64")
        site.paint(prompt="A heron", size="48x64")
        yield site


async def _is_where_it_was(page: Page, scrolled: int) -> None:
    await page.wait_for_url("**/gallery?q=Reeds")
    await expect(page.get_by_label("Search prompts")).to_have_value("Reeds")
    await page.wait_for_function("(scrolled) => Math.abs(scrollY - scrolled) < 2", arg=scrolled)
    await expect(page.locator("[data-part=total]")).to_have_text("80")


async def test_back_and_forward_restore_filters_place_and_the_open_picture(browser: Browser, reeds: Site) -> None:
    seen = await visit(browser, reeds, width=360)
    page = seen.page
    await page.goto("/gallery?q=Reeds")
    await expect(page.locator("[data-part=select][role=button]")).to_be_attached()
    await page.evaluate("scrollTo(0, 700)")
    scrolled = await page.evaluate("Math.round(scrollY)")
    assert scrolled > 300
    picture = await page.evaluate(f"{FIRST}.dataset.picture")
    await page.locator(f".pic[data-picture='{picture}'] > a").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await _is_where_it_was(page, scrolled)
    await page.go_forward()
    await page.wait_for_url(f"**/images/{picture}?q=Reeds")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.go_back()
    await page.goto("/jobs")
    await page.go_back()
    await _is_where_it_was(page, scrolled)
    assert seen.complaints == []


async def test_two_tabs_show_a_running_job_at_the_same_stage(browser: Browser, reeds: Site) -> None:
    reeds.stand_in.faults.add(Fault(delay=6.0))
    body = {"prompt": "A harbour, seen twice", "model": "openai/gpt-image-2", "quality": "low"}
    job = reeds.client.post("/api/v1/jobs", json=body).json()
    first = await visit(browser, reeds)
    second = await first.page.context.new_page()
    tabs = (first.page, second)
    for tab in tabs:
        await tab.goto(job["links"]["page"])
    for word in ("Running", "Done"):
        for tab in tabs:
            await expect(tab.get_by_role("article").locator("[data-part='word']")).to_have_text(word)
    sizes = [await tab.get_by_role("article").locator(".pic").count() for tab in tabs]
    assert sizes == [1, 1]
    assert first.complaints == []


@pytest.mark.parametrize("theme", ["ink", "vellum"])
async def test_where_more_contrast_is_asked_for_separators_are_edges_and_nothing_is_faint(
    browser: Browser, reeds: Site, theme: str
) -> None:
    seen = await visit(browser, reeds, theme)
    await seen.page.goto("/jobs")
    read = """() => ["--line", "--line-strong", "--faint", "--muted"].map(
        (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim())"""
    line, strong, faint, muted = await seen.page.evaluate(read)
    assert line != strong
    assert faint != muted
    await seen.page.emulate_media(contrast="more")
    assert await seen.page.evaluate(read) == [strong, strong, muted, muted]
