"""The Create page in a real browser: choosing, pricing, bringing pictures, painting, and what goes wrong on the way."""

import asyncio
import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from limner.testing.faults import Fault
from tests.api.served import Site, serving
from tests.web.axe import objections
from tests.web.test_create import picture
from tests.web.windows import choose_model, composing, in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]

PAID = "GPT Image 2,"
DROP = """([name, kind, text]) => {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, { type: kind }));
    const well = document.querySelector("[data-part=drop]");
    for (const kind of ["dragover", "drop"])
        well.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
}"""
PASTE = """([name, kind, text]) => {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, { type: kind }));
    document.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data }));
}"""
LARGE = """() => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(60_000_000)], "harbour.png", { type: "image/png" }));
    document.querySelector("[data-part=drop]").dispatchEvent(
        new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
}"""
NO_PICTURES = [
    ("drawing.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>"),
    ("phone.heic", "image/heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    ("notes.txt", "text/plain", b"only words"),
]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation that nobody has painted with."""
    with serving(tmp_path_factory.mktemp("fresh"), key="") as site:
        yield site


def encoded(name: str, kind: str, content: bytes) -> list[str]:
    return [name, kind, base64.b64encode(content).decode()]


async def write(page: Page, words: str) -> None:
    await page.get_by_label("Prompt", exact=True).fill(words)


def generate(page: Page) -> Any:
    return page.get_by_role("button", name="Generate", exact=True)


@pytest.mark.req("S1-082")
@pytest.mark.parametrize("theme", ["ink", "vellum"])
async def test_a_model_is_chosen_and_only_its_controls_are_open(browser: Browser, site: Site, theme: str) -> None:
    seen = await visit(browser, site, theme)
    page = seen.page
    await composing(page)
    picker = page.get_by_role("dialog", name="Choose a model")
    await page.get_by_role("button", name="Model").first.focus()
    await page.keyboard.press("Enter")
    await expect(picker).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("black forest")
    await expect(picker.get_by_text("FLUX.2 Pro", exact=True)).to_be_visible()
    await expect(picker.get_by_role("radio", name="Sketch artist")).to_be_hidden()
    await expect(picker.get_by_text("Add a key").filter(visible=True).first).to_be_visible()
    await picker.get_by_label("Find a model").fill("zeppelin")
    await expect(picker.get_by_text("No model matches.")).to_be_visible()
    await picker.get_by_label("Find a model").fill("")
    await picker.get_by_role("button", name="Free").click()
    await expect(picker.get_by_role("radio", name=PAID)).to_be_hidden()
    await picker.get_by_role("button", name="All").click()
    assert await objections(page) == []
    await page.keyboard.press("Escape")
    await expect(picker).to_be_hidden()
    await page.locator("[data-part=advanced]").evaluate("(each) => { each.open = true; }")
    await page.get_by_label("Seed", exact=True).fill("41827")
    await page.get_by_label("Negative prompt").fill("people, boats")
    await expect(page.get_by_label("Steps")).to_be_disabled()
    await expect(page.get_by_text("Fixed by this model").first).to_be_visible()
    await expect(page.get_by_label("Quality")).to_be_disabled()
    await choose_model(page, PAID)
    await expect(page.get_by_label("Seed", exact=True)).to_be_disabled()
    await expect(page.get_by_label("Seed", exact=True)).to_have_value("41827")
    await expect(page.get_by_text("folded into the prompt")).to_be_visible()
    await expect(page.locator("#negative-note")).to_contain_text('Limner adds "Avoid: people, boats" instead.')
    await page.get_by_label("Quality").select_option("high")
    await expect(page.locator("#price b")).to_contain_text("1 image · $0.")
    await choose_model(page, "Sketch artist")
    await expect(page.get_by_label("Seed", exact=True)).to_be_enabled()
    await expect(page.locator("#price b")).to_have_text("1 image · free · about 2 s")
    await expect(page.locator("#price span")).to_have_text("Drawn on this machine")
    await choose_model(page, PAID)
    await expect(page.get_by_label("Quality")).to_have_value("high")
    assert await objections(page) == []
    assert seen.complaints == []


async def test_a_field_that_is_wrong_is_marked_until_it_is_changed(browser: Browser, site: Site) -> None:
    page = (await visit(browser, site)).page
    await composing(page)
    prompt = page.get_by_label("Prompt", exact=True)
    await write(page, "   ")
    await generate(page).click()
    await expect(page.get_by_role("alert")).to_have_text("Prompt cannot be empty. Describe the picture.")
    await expect(prompt).to_be_focused()
    await expect(prompt).to_have_attribute("aria-invalid", "true")
    await expect(prompt).to_have_accessible_description("Prompt cannot be empty. Describe the picture.")
    await prompt.press_sequentially("a")
    await expect(prompt).not_to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_the_switch_of_previews_says_what_the_model_does_and_remembers_the_wish(
    browser: Browser, site: Site
) -> None:
    page = (await visit(browser, site)).page
    await composing(page)
    await page.locator("[data-part=advanced]").evaluate("(each) => { each.open = true; }")
    growing = page.get_by_label("Show each picture as it grows")
    await expect(growing).to_be_checked()
    await expect(growing).to_be_disabled()
    await expect(growing).to_have_accessible_description("Always, with this model")
    await choose_model(page, PAID)
    await expect(growing).not_to_be_checked()
    await growing.check()
    await page.reload()
    await expect(growing).to_be_checked()
    await expect(growing).to_be_enabled()
    await choose_model(page, "Sketch artist")
    await expect(growing).to_be_disabled()
    await choose_model(page, PAID)
    await expect(growing).to_be_checked()


@pytest.mark.req("S1-090", "S1-092")
async def test_two_presses_are_one_job_and_its_card_ends_in_step(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    page = seen.page
    await composing(page)
    await write(page, "A pier pressed twice")
    await page.get_by_role("radio", name="2", exact=True).check()
    await page.get_by_role("radio", name="Ink wash").check()
    await generate(page).dblclick()
    card = page.get_by_role("article", name="A pier pressed twice")
    await expect(card.locator("[data-part=word]")).to_have_text("Done")
    await expect(card).to_have_count(1)
    await expect(card.get_by_role("img", name="A pier pressed twice")).to_have_count(2)
    await page.reload()
    await expect(page.get_by_role("article", name="A pier pressed twice")).to_have_count(1)
    await expect(page.get_by_label("Prompt", exact=True)).to_have_value("A pier pressed twice")
    await expect(page.get_by_role("radio", name="Ink wash")).to_be_checked()
    await card.get_by_label("More").click()
    await expect(card.get_by_role("link", name="Vary")).to_have_count(1)  # what stands beside the menu is not in it
    await card.get_by_role("link", name="Vary").click()
    await page.wait_for_url("**/?from=*&vary=1")
    await expect(page.get_by_label("Prompt", exact=True)).to_have_value("A pier pressed twice")
    assert seen.complaints == []


@pytest.mark.req("S1-086")
async def test_pictures_are_browsed_for_dropped_and_pasted_and_others_are_named(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    page = seen.page
    await composing(page)
    references = page.locator(".refs .ref")
    one, two, three = picture("PNG"), picture("JPEG"), picture("WEBP")
    await page.get_by_label("Drop, paste or browse").set_input_files(
        {"name": "one.png", "mimeType": "image/png", "buffer": one}
    )
    await expect(references).to_have_count(1)
    await page.evaluate(DROP, encoded("two.jpg", "image/jpeg", two))
    await expect(references).to_have_count(2)
    await expect(page.get_by_text("2 of 2")).to_be_visible()
    await references.first.get_by_role("button", name="Remove this reference").click()
    await expect(references).to_have_count(1)
    await page.evaluate(PASTE, encoded("three.webp", "image/webp", three))
    await expect(references).to_have_count(2)
    for name, kind, content in NO_PICTURES:
        await page.evaluate(DROP, encoded(name, kind, content))
        await expect(page.get_by_role("alert").filter(has_text=name)).to_be_visible()
        await expect(references).to_have_count(2)
    await page.evaluate(LARGE)
    await expect(page.get_by_role("alert").filter(has_text="harbour.png")).to_have_text(
        "harbour.png is 60 MB. The limit is 50 MB."
    )
    role = references.last.get_by_label("What this picture is for")
    await expect(role.get_by_role("option", name="Control")).to_be_disabled()
    await expect(page.locator("[data-part=roles-note]")).to_have_text("Sketch artist takes no pictures as: Control")
    await role.select_option("Style")
    assert await objections(page) == []
    await page.reload()
    await expect(references.last.get_by_label("What this picture is for")).to_have_value("style")
    await write(page, "The same harbour at night")
    await page.locator("[data-part=advanced]").evaluate("(each) => { each.open = true; }")
    await expect(page.get_by_label("Reference strength")).to_be_enabled()
    await generate(page).click()
    card = page.get_by_role("article", name="The same harbour at night")
    await expect(card.locator("[data-part=word]")).to_have_text("Done")
    job = site.client.get(f"/api/v1/jobs/{(await card.get_attribute('id') or '').removeprefix('job-')}").json()
    assert [each["role"] for each in job["request"]["inputs"]] == ["source", "style"]
    assert all("400" in each or "422" in each or "415" in each for each in seen.complaints), seen.complaints


async def cheap(route: Route) -> None:
    """The price of a page that has been open for long."""
    priced = '<data hidden data-part="priced" value="10" data-over="" data-pixels=""></data>'
    await route.fulfill(status=200, content_type="text/html", body=f"<b>1 image as it was</b><span></span>{priced}")


async def test_a_price_is_agreed_to_where_somebody_wants_it_or_it_has_changed(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    page = seen.page
    await composing(page)
    await choose_model(page, PAID)
    await write(page, "A pier that was agreed to")
    await page.locator("[data-part=advanced]").evaluate("(each) => { each.open = true; }")
    await page.get_by_role("switch", name="Ask me to agree to the price each time").check()
    before = site.stand_in.purchases
    await generate(page).click()
    dialog = page.get_by_role("dialog", name="Agree to the price")
    await expect(dialog.get_by_role("button", name=re.compile(r"^Generate Image for \$\d\.\d{4}$"))).to_be_focused()
    await dialog.get_by_text("Alternatives").click()
    assert await objections(page) == []
    await dialog.get_by_role("button", name="Use this: Built in · Sketch artist").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator("#price b")).to_have_text("1 image · free · about 2 s")
    await choose_model(page, PAID)
    assert site.stand_in.purchases == before
    await generate(page).click()
    await dialog.get_by_role("button", name="Generate Image for").click()
    card = page.get_by_role("article", name="A pier that was agreed to")
    await expect(card.locator("[data-part=word]")).to_have_text("Done")
    assert site.stand_in.purchases == before + 1
    await page.route("**/create/price", cheap)
    await page.get_by_role("switch", name="Ask me to agree to the price each time").uncheck()
    await expect(page.locator("#price b")).to_have_text("1 image as it was")
    await generate(page).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("It has changed.")
    assert site.stand_in.purchases == before + 1


async def test_what_is_missing_is_bought_from_its_card_and_a_card_is_stopped(browser: Browser, site: Site) -> None:
    site.stand_in.faults.add(Fault(pictures=1))
    site.paint(prompt="A pier and a half", model="openai/gpt-image-2", quality="low", count=2)
    seen = await visit(browser, site)
    page = seen.page
    await composing(page)
    before = site.stand_in.purchases
    await page.get_by_role("article", name="A pier and a half").get_by_role("button", name="Retry this one").dblclick()
    cards = page.get_by_role("article", name="A pier and a half")
    await expect(cards).to_have_count(2)
    await expect(cards.first.locator("[data-part=word]")).to_have_text("Done")
    assert site.stand_in.purchases == before + 1
    site.stand_in.faults.add(Fault(delay=30.0))
    before = site.stand_in.purchases
    await choose_model(page, PAID)
    await write(page, "A pier that is stopped")
    await generate(page).click()
    card = page.get_by_role("article", name="A pier that is stopped")
    await expect(card.locator("[data-part=word]")).to_have_text("Running")
    await expect(card.get_by_text(re.compile(r"\d s so far"))).to_be_visible()
    await expect(page.get_by_role("link", name="Active 1")).to_be_visible()
    for _ in range(400):
        if site.stand_in.purchases > before:
            break
        await asyncio.sleep(0.05)
    await card.get_by_role("button", name="Cancel").click()
    await expect(card.get_by_role("button", name="Cancel")).to_have_count(0)
    await expect(card).to_contain_text(re.compile("Stopping. What was sent already is kept.|You stopped this"))
    assert seen.complaints == []


async def test_a_lost_line_is_told_of_and_caught_up_with(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    page = seen.page
    asked: dict[str, list[str | None]] = {}
    mended: list[bool] = []

    async def broken(route: Route) -> None:
        asked.setdefault(route.request.url, []).append(route.request.headers.get("last-event-id"))
        if mended:
            await route.continue_()
            return
        frame = 'id: 1\nevent: queued\ndata: {"data": {}}\n\n'
        await route.fulfill(status=200, content_type="text/event-stream", body=frame)

    await page.route("**/api/v1/jobs/*/events", broken)
    await composing(page)
    await write(page, "A pier behind a broken line")
    await generate(page).click()
    card = page.get_by_role("article", name="A pier behind a broken line")
    await expect(card.locator("[data-part=lost]")).to_contain_text(
        "Connection lost. The server cannot be reached. Trying again in"
    )
    mended.append(True)
    await expect(card.locator("[data-part=word]")).to_have_text("Done")
    job = (await card.get_attribute("id") or "").removeprefix("job-")
    first, *later = asked[f"{site.url}/api/v1/jobs/{job}/events"]
    assert first is None
    assert set(later) == {"1"}


async def test_many_live_cards_leave_lines_to_the_server_free(browser: Browser, site: Site) -> None:
    """A browser holds six lines to a server for all of its windows: with one a card, nothing else would ever load."""
    assert site.client.patch("/api/v1/queue", json={"paused": True}).is_success
    waiting = [site.client.post("/api/v1/jobs", json={"prompt": f"Reeds, {each}"}).json() for each in range(7)]
    seen = await visit(browser, site)
    windows = [seen.page, await seen.context.new_page()]
    for page in windows:
        await page.goto("/")
        await expect(page.locator("[data-live]", has_text="Reeds,")).to_have_count(len(waiting))
    for page in windows:
        await page.goto("/gallery", timeout=30_000)
    await windows[0].goto("/")
    assert site.client.patch("/api/v1/queue", json={"paused": False}).is_success
    await expect(windows[0].locator("[data-live]", has_text="Reeds,")).to_have_count(0, timeout=60_000)


async def test_an_expired_session_keeps_what_was_typed(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    page = seen.page

    async def expired(route: Route) -> None:
        await route.fulfill(status=401, json={"detail": "Sign in."})

    await composing(page)
    await page.route("**/create/job", expired)
    await write(page, "Words that took an evening")
    await generate(page).click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("You are signed out. What you typed is kept")
    await expect(alert.get_by_role("link", name="Sign in")).to_have_attribute("href", "/login?next=%2F")
    await page.goto("/gallery")
    await composing(page)
    await expect(page.get_by_label("Prompt", exact=True)).to_have_value("Words that took an evening")


async def test_words_get_help_before_they_are_sent(browser: Browser, site: Site) -> None:
    seen = await visit(browser, site)
    page = seen.page
    await composing(page)
    await write(page, "a {what=pier} at dusk")
    await page.get_by_role("button", name="Templates").click()
    menu = page.get_by_role("dialog", name="Templates")
    await menu.get_by_label("Keep this prompt as a template").fill("Piers of this test")
    await menu.get_by_role("button", name="Keep").click()
    await menu.get_by_role("button", name="Piers of this test").click()
    await page.get_by_label("what").fill("harbour")
    assert await objections(page) == []
    await page.get_by_role("button", name="Use this prompt").click()
    await expect(page.get_by_label("Prompt", exact=True)).to_have_value("a harbour at dusk")
    await page.get_by_role("button", name="Improve").click()
    dialog = page.get_by_role("dialog", name="Improve the prompt")
    await expect(dialog).to_contain_text("for nothing")
    await dialog.get_by_role("button", name="Improve", exact=True).click()
    await expect(page.locator("dialog mark").first).to_be_visible()
    assert await objections(page) == []
    await page.get_by_role("button", name="Use this prompt").click()
    await expect(page.get_by_label("Prompt", exact=True)).to_have_value(re.compile("harbour at dusk.+", re.DOTALL))
    assert seen.complaints == []


async def test_the_first_picture_takes_two_presses(browser: Browser, fresh: Site) -> None:
    seen = await visit(browser, fresh)
    page = seen.page
    await composing(page)
    await expect(page.get_by_text("No keys yet, and you can start anyway")).to_be_visible()
    await page.get_by_role("button", name="Draw the first picture").click()
    card = page.get_by_role("article", name="Pines on a misty moor")
    await expect(card.locator("[data-part=word]")).to_have_text("Done")
    await expect(page.get_by_text("No keys yet, and you can start anyway")).to_have_count(0)
    assert seen.complaints == []


async def test_a_narrow_window_with_large_words_still_works(browser: Browser, site: Site) -> None:
    site.paint(prompt="A pier in large words", count=2, steps=28)
    seen = await visit(browser, site, width=360)
    page = seen.page
    await composing(page)
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await page.get_by_role("button", name="Model").first.click()
    for summary in await page.locator("details").all():
        await summary.evaluate("(each) => { each.open = true; }")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert seen.complaints == []
