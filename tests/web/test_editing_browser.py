"""The editor in a real browser: painted on by mouse, keys, pen and fingers, and what comes of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, FloatRect, Page, Route, expect

from tests.api.served import Site
from tests.web.axe import objections
from tests.web.test_editing import outside
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]

Point = tuple[float, float]


@pytest.fixture(scope="module")
def picture(site: Site) -> str:
    """The id of a picture to edit, 600 by 400 pixels."""
    job: Any = site.paint(prompt="Weathered jetties before a storm", size="600x400", seed=11)
    found: str = job["images"][0]["id"]
    return found


async def opened(page: Page, picture: str) -> FloatRect:
    """The editor, awake, and where the picture lies in it."""
    await page.goto(f"/images/{picture}/edit")
    await expect(page.locator("#editor[data-ready]")).to_be_attached()
    return await laid(page)


async def laid(page: Page) -> FloatRect:
    box = await page.locator("[data-part=picture]").bounding_box()
    assert box is not None
    return box


def on(box: FloatRect, x: float, y: float) -> Point:
    """A place of the picture, by shares of its edges."""
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


async def pulled(page: Page, *places: Point) -> None:
    await page.mouse.move(*places[0])
    await page.mouse.down()
    for place in places[1:]:
        await page.mouse.move(*place, steps=4)
    await page.mouse.up()


async def covered(page: Page, least: float, most: float) -> None:
    """Waits until the mask covers a share of the picture between two others."""
    await page.wait_for_function(
        """([least, most]) => {
            const share = Number(document.querySelector("[data-part=coverage]").dataset.share);
            return share >= least && share <= most;
        }""",
        arg=[least, most],
    )


@pytest.mark.req("S1-123")
async def test_a_mask_is_painted_taken_back_and_bought_once(browser: Browser, site: Site, picture: str) -> None:
    seen = await visit(browser, site, width=1280)
    page = seen.page
    box = await opened(page, picture)
    coverage = page.locator("[data-part=coverage]")
    await expect(coverage).to_have_text("Mask covers 0%")
    await page.get_by_label("What should appear there").fill("a lighthouse")
    await page.get_by_role("button", name="Generate edit").click()
    await expect(page.get_by_role("alert")).to_have_text(
        "Nothing is marked. Paint over what is to change, or give an area."
    )

    # A rectangle over the left half, inverted, eroded by the eraser, and each step taken back.
    await page.get_by_role("button", name="Rectangle, R").click()
    await pulled(page, on(box, 0, 0), on(box, 0.5, 1))
    await covered(page, 0.49, 0.51)
    await page.keyboard.press("i")
    await page.keyboard.press("e")
    await expect(page.get_by_role("button", name="Eraser, E")).to_have_attribute("aria-pressed", "true")
    size = page.get_by_label("Size")
    before = int(await size.input_value())
    await page.keyboard.press("]")
    assert int(await size.input_value()) > before
    await pulled(page, on(box, 0.75, 0.1), on(box, 0.75, 0.9))
    await covered(page, 0.3, 0.46)
    await page.keyboard.press("Control+z")
    await covered(page, 0.49, 0.51)
    await page.keyboard.press("Control+Shift+Z")
    await covered(page, 0.3, 0.46)
    await page.get_by_role("button", name="Clear the mask").click()
    await covered(page, 0, 0)
    await page.keyboard.press("l")
    await pulled(page, on(box, 0.2, 0.2), on(box, 0.4, 0.2), on(box, 0.4, 0.6), on(box, 0.2, 0.6))
    await covered(page, 0.07, 0.09)
    await page.keyboard.press("b")
    await pulled(page, on(box, 0.3, 0.3), on(box, 0.35, 0.5))

    # Letters in a field are letters.
    words = page.get_by_label("What should appear there")
    await words.press("End")
    await words.press_sequentially(" i")
    await expect(words).to_have_value("a lighthouse i")
    await covered(page, 0.07, 0.14)

    await page.get_by_label("Feather").fill("4")
    button = page.get_by_role("button", name="Generate edit")
    await expect(page.locator("[data-part=price] b")).to_have_text("1 image · free · about 2 s")
    await button.dblclick()
    versions = page.locator("[data-part=versions] a")
    await expect(page.locator(".panel .job.done")).to_have_count(1)
    await expect(versions).to_have_count(2)
    # It lies over the original until that is marked again.
    result, shown = page.locator("[data-part=result]"), page.get_by_label("Show the result")
    await expect(result).to_be_visible()
    assert await result.bounding_box() == await page.locator("[data-part=picture]").bounding_box()
    await shown.uncheck()
    await expect(result).to_be_hidden()
    await shown.check()
    await pulled(page, on(box, 0.6, 0.3), on(box, 0.65, 0.5))
    await expect(shown).not_to_be_checked()
    await expect(result).to_be_hidden()
    child = str(await versions.nth(1).get_attribute("href")).split("/")[2]
    assert outside(site, picture, child, (70, 20, 290, 300))
    assert seen.complaints == []


async def test_a_sheet_is_extended_by_handles_keys_and_numbers(browser: Browser, site: Site, picture: str) -> None:
    seen = await visit(browser, site, width=1280)
    page = seen.page
    await opened(page, picture)
    await page.get_by_label("Extend", exact=True).check()
    right = page.get_by_role("button", name="Extend the right, arrow keys move by 8 pixels")
    await right.focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Shift+ArrowRight")
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_label("Right", exact=True)).to_have_value("64")
    await page.get_by_label("Top", exact=True).first.fill("32")
    await expect(page.get_by_role("group", name="Sheet, 664 \u00d7 432 pixels")).to_be_visible()
    bottom = page.get_by_role("button", name="Extend the bottom, arrow keys move by 8 pixels")
    grip = await bottom.bounding_box()
    assert grip is not None
    middle = (grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    await pulled(page, middle, (middle[0], middle[1] + 40))
    grown = int(await page.get_by_label("Bottom", exact=True).input_value())
    assert grown > 0
    await expect(page.locator("[data-part=sizes]")).to_have_text(f"600 \u00d7 400 extends to 664 \u00d7 {432 + grown}")
    await page.get_by_role("button", name="Generate edit").click()
    await expect(page.locator(".panel .job.done")).to_have_count(1)
    await expect(page.locator(".panel .job footer")).to_contain_text(f"664 \u00d7 {432 + grown}")
    await expect(page.locator("[data-part=result]")).to_be_visible()
    assert await page.locator("[data-part=result]").bounding_box() == await page.locator(".paper").bounding_box()
    # Whoever marks something does not extend any more.
    box = await laid(page)
    await pulled(page, on(box, 0.5, 0.4), on(box, 0.5, 0.6))
    await expect(page.get_by_label("Inpaint", exact=True)).to_be_checked()
    assert seen.complaints == []


async def touched(session: CDPSession, kind: str, *places: Point) -> None:
    points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
    await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


async def test_fingers_paint_and_pinch_and_a_pen_presses(browser: Browser, site: Site, picture: str) -> None:
    seen = await visit(browser, site, width=360, has_touch=True)
    page = seen.page
    box = await opened(page, picture)
    session = await seen.context.new_cdp_session(page)

    # One finger paints, in one step.
    await touched(session, "touchStart", on(box, 0.2, 0.5))
    for step in range(1, 7):
        await touched(session, "touchMove", on(box, 0.2 + step * 0.1, 0.5))
    await touched(session, "touchEnd")
    await covered(page, 0.09, 0.2)
    await page.get_by_role("button", name="Undo, Ctrl Z").click()
    await covered(page, 0, 0)

    # Two fingers zoom, and what the first one had begun to paint is gone.
    zoom = page.locator("[data-part=zoom]")
    fitted = await zoom.text_content()
    await touched(session, "touchStart", on(box, 0.45, 0.5))
    await touched(session, "touchStart", on(box, 0.45, 0.5), on(box, 0.55, 0.5))
    await touched(session, "touchMove", on(box, 0.25, 0.5), on(box, 0.75, 0.5))
    await touched(session, "touchEnd")
    await expect(zoom).not_to_have_text(str(fitted))
    await covered(page, 0, 0)
    await page.get_by_role("button", name="Fit", exact=True).click()
    await expect(zoom).to_have_text(str(fitted))

    # A pen is as wide as it is pressed.
    widths = []
    for force in (0.1, 1.0):
        for kind, x in (("mousePressed", 0.2), ("mouseMoved", 0.5), ("mouseMoved", 0.8), ("mouseReleased", 0.8)):
            at = on(box, x, 0.5)
            await session.send(
                "Input.dispatchMouseEvent",
                {
                    "type": kind,
                    "x": at[0],
                    "y": at[1],
                    "button": "left",
                    "buttons": 0 if kind == "mouseReleased" else 1,
                    "clickCount": 1,
                    "pointerType": "pen",
                    "force": force,
                },
            )
        await covered(page, 0.005, 1)
        widths.append(float(str(await page.locator("[data-part=coverage]").get_attribute("data-share"))))
        await page.get_by_role("button", name="Clear the mask").click()
        await covered(page, 0, 0)
    assert widths[0] * 2 < widths[1]

    # A handle is pulled by a finger.
    await page.get_by_label("Extend", exact=True).check()
    grip = await page.locator("[data-grip=bottom]").bounding_box()
    assert grip is not None
    start = (grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    await touched(session, "touchStart", start)
    await touched(session, "touchMove", (start[0], start[1] + 30))
    await touched(session, "touchEnd")
    await expect(page.get_by_label("Bottom", exact=True)).not_to_have_value("0")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert seen.complaints == []


async def test_an_answer_that_is_lost_buys_nothing_twice(browser: Browser, site: Site, picture: str) -> None:
    seen = await visit(browser, site, width=1280)
    page = seen.page
    box = await opened(page, picture)
    await page.get_by_label("What should appear there").fill("a kite")
    await pulled(page, on(box, 0.3, 0.3), on(box, 0.5, 0.5))
    bought = site.stand_in.purchases
    await page.get_by_role("combobox", name="Model").select_option("openai/gpt-image-2")
    await expect(page.locator("[data-part=price] b")).to_have_text(re.compile(r"1 image · \$0\.\d+ · about"))
    button, alert = page.get_by_role("button", name="Generate edit"), page.get_by_role("alert")

    async def refused(route: Route) -> None:
        await route.fulfill(
            status=403, content_type="application/problem+json", body='{"detail": "You may only look."}'
        )

    async def lost(route: Route) -> None:
        await route.fetch(max_redirects=0)
        await route.abort()

    address = re.compile(r"/edit$")
    await page.route(address, refused)
    await button.click()
    await expect(alert).to_have_text("You may only look.")
    await page.unroute(address)
    await page.route(address, lost)
    await button.click()
    await expect(alert).to_contain_text("the same request is never bought twice")
    await page.unroute(address)
    await button.click()
    await expect(page.locator(".panel .job.done")).to_have_count(1)
    await expect(alert).to_have_count(0)
    assert site.stand_in.purchases == bought + 1


@pytest.mark.parametrize("theme,width", [("ink", 1280), ("vellum", 360)])
async def test_the_editor_is_accessible_in_every_kind(
    browser: Browser, site: Site, picture: str, theme: str, width: int
) -> None:
    seen = await visit(browser, site, theme, width)
    page = seen.page
    await opened(page, picture)
    for kind in ("Inpaint", "Extend", "Erase"):
        await page.get_by_label(kind, exact=True).check()
        assert await objections(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="Generate edit").click()
    await expect(page.get_by_role("alert")).to_contain_text("Nothing is marked")
    assert await objections(page) == []
    assert seen.complaints == []
