"""The pages in a real browser: paint, watch, look, in both themes, at every width, with keys only, without a script."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from limner.testing.faults import Fault
from tests.api.served import Site
from tests.web.windows import WIDTHS, choose_model, composing, in_a_browser, visit

pytestmark = in_a_browser


@pytest.mark.req("S0-084")
@pytest.mark.parametrize("theme", ["ink", "vellum"])
async def test_a_picture_is_painted_and_opened(browser: Browser, site: Site, theme: str) -> None:
    seen = await visit(browser, site, theme)
    page = seen.page
    await composing(page)
    await page.get_by_label("Prompt", exact=True).fill(f"A lake at dawn in {theme}")
    await choose_model(page, "Sketch artist")
    await page.get_by_role("radio", name="2", exact=True).check()
    await expect(page.locator("#price b")).to_have_text("2 images · free · about 2 s")
    await page.get_by_role("button", name="Generate").click()
    card = page.get_by_role("article", name=f"A lake at dawn in {theme}")
    await expect(card.get_by_text("Done")).to_be_visible()
    pictures = card.get_by_role("img", name=f"A lake at dawn in {theme}")
    await expect(pictures).to_have_count(2)
    await expect(pictures.first).to_have_js_property("complete", value=True)
    await pictures.first.click()
    await page.wait_for_url("**/images/*")
    opened = page.get_by_role("figure").get_by_role("img")
    await page.wait_for_function("document.querySelector('figure img').naturalWidth >= 64")
    await expect(opened).to_be_visible()
    assert await page.evaluate("document.documentElement.dataset.theme") == theme
    background = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert background == {"ink": "rgb(20, 17, 12)", "vellum": "rgb(227, 216, 195)"}[theme]
    assert seen.complaints == []


async def test_a_running_job_stays_live_and_survives_a_reload(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    site.stand_in.faults.add(Fault(delay=6.0))
    body = {"prompt": "A harbour, seen live", "model": "openai/gpt-image-2", "quality": "low"}
    job = site.client.post("/api/v1/jobs", json=body).json()
    word = seen.page.get_by_role("article").locator("[data-part='word']")
    await seen.page.goto(job["links"]["page"])
    await expect(word).to_have_text("Running")
    await expect(seen.page.get_by_role("progressbar")).to_be_visible()
    await seen.page.reload()
    await expect(word).to_have_text("Running")
    await expect(word).to_have_text("Done")
    await expect(seen.page.get_by_role("progressbar")).to_have_count(0)
    assert seen.complaints == []


async def test_the_price_follows_the_fields(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    page = seen.page
    await composing(page)
    await choose_model(page, "GPT Image 2,")
    await expect(page.locator("#price b")).to_contain_text("1 image · $0.")
    await expect(page.locator("#price span")).to_contain_text("left today")
    await page.get_by_role("radio", name="4", exact=True).check()
    await expect(page.locator("#price b")).to_contain_text("4 images · $0.")
    assert seen.complaints == []


async def test_a_mistake_is_told_where_it_was_made(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    page = seen.page
    await composing(page)
    await page.get_by_label("Prompt", exact=True).fill("   ")
    await page.get_by_role("button", name="Generate").click()
    await expect(page.get_by_role("alert")).to_contain_text("Prompt cannot be empty")


async def test_the_theme_button_is_named_for_the_theme_it_brings(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    await seen.page.goto("/jobs")
    await seen.page.get_by_role("button", name="Vellum").first.click()
    await expect(seen.page.get_by_role("button", name="Ink").first).to_be_visible()
    assert seen.page.url.endswith("/jobs")
    assert await seen.page.evaluate("document.documentElement.dataset.theme") == "vellum"


@pytest.mark.parametrize("theme", ["ink", "vellum"])
async def test_nothing_is_wider_than_the_window(browser: Browser, site: Site, theme: str) -> None:
    job: Any = site.paint(prompt="An unreasonably" + "long" * 60 + " word", count=2, steps=28)
    paths = ["/", "/jobs", job["links"]["page"], job["images"][0]["page_url"], "/docs", f"/?from={job['id']}"]
    paths += ["/gallery?select=1", "/collections", f"{job['images'][0]['page_url']}/rerun?model=sketch/sketch"]
    seen = await visit(browser, site, theme, min(WIDTHS))
    for path in paths:
        await seen.page.goto(path)
        await expect(seen.page.get_by_role("heading", level=1)).to_be_visible()
        for summary in await seen.page.locator("main summary").all():
            if path != "/docs":
                await summary.click()
        for width, height in sorted(WIDTHS.items(), reverse=True):
            await seen.page.set_viewport_size({"width": width, "height": height})
            assert await seen.page.evaluate("innerWidth") == width
            assert await seen.page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    assert seen.complaints == []


async def test_pages_have_names_landmarks_and_reachable_controls(browser: Browser, site: Site) -> None:
    job: Any = site.paint()
    seen = await visit(browser, site)
    for path in ("/", "/jobs", job["links"]["page"], job["images"][0]["page_url"], "/docs", "/gallery", "/collections"):
        await seen.page.goto(path)
        faults = await seen.page.evaluate(
            """() => {
                const name = (e) => (e.getAttribute("aria-label") || e.textContent || e.alt || "").trim()
                    || [...(e.labels ?? [])].map((l) => l.textContent.trim()).join("")
                    || e.querySelector("img")?.alt;
                const wrong = [];
                if (document.querySelectorAll("h1").length !== 1) wrong.push("h1");
                if (document.querySelectorAll("main").length !== 1) wrong.push("main");
                if (document.querySelector("a")?.className !== "skip") wrong.push("skip link first");
                for (const e of document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea"))
                    if (!name(e)) wrong.push(`no name: ${e.outerHTML.slice(0, 90)}`);
                for (const e of document.querySelectorAll("img")) if (!e.hasAttribute("alt")) wrong.push("no alt");
                const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
                if (new Set(ids).size !== ids.length) wrong.push("ids twice");
                for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
                    for (const kind of ["aria-describedby", "aria-labelledby"])
                        for (const id of (e.getAttribute(kind) ?? "main").split(" "))
                            if (!document.getElementById(id)) wrong.push(`nothing called ${id}`);
                return wrong;
            }"""
        )
        assert faults == [], path
    await seen.page.goto("/")
    await seen.page.keyboard.press("Tab")
    assert await seen.page.evaluate("document.activeElement.className") == "skip"


async def test_with_keys_only_from_words_to_picture(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    page = seen.page
    await composing(page)
    await page.get_by_label("Prompt", exact=True).focus()
    await page.keyboard.type("Reeds by keyboard")
    await page.keyboard.press("Control+Enter")
    card = page.get_by_role("article", name="Reeds by keyboard")
    await expect(card.get_by_text("Done")).to_be_visible()
    picture = card.locator(".tiles a").first
    await expect(picture).to_be_visible()
    await picture.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/images/*")


async def test_without_a_script_it_paints_all_the_same(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site, java_script_enabled=False)
    page = seen.page
    await page.goto("/")
    await page.get_by_label("Prompt", exact=True).fill("A lake without a script")
    await page.get_by_role("button", name="Generate").click()
    await page.wait_for_url("**/jobs/*")
    for _ in range(100):
        if await page.get_by_text("Done", exact=True).count():
            break
        await asyncio.sleep(0.05)
        await page.reload()
    await expect(page.get_by_role("img", name="A lake without a script")).to_be_visible()
    await expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
