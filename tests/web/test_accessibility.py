"""axe-core finds nothing to object to: every page in every state, both themes, three widths between them."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from limner.testing.faults import Drop, Fault
from tests.api.served import Site, serving
from tests.web.axe import objections
from tests.web.windows import composing, in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]
LATER = 600.0
"""Seconds that a service takes which is still at work when the tests end."""
BOUGHT = {"model": "openai/gpt-image-2", "quality": "low"}
REFUSED = {"error": {"message": "Your request was rejected by our safety system.", "code": "moderation_blocked"}}
NO_SUCH_SIZE = {"error": {"message": "This size does not exist.", "code": "invalid_value"}}

States = dict[str, Any]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, States, str]]:
    """A site with a job in every state, by the state's name, and the path of a collection."""
    with serving(tmp_path_factory.mktemp("busy")) as site:
        states: States = {"succeeded": site.paint(count=2, steps=28, negative_prompt="people")}
        ends = {
            "partial": Fault(pictures=1),
            "failed": Fault(status=400, body=NO_SUCH_SIZE),
            "refused": Fault(status=400, body=REFUSED),
            "ambiguous": Fault(drop=Drop.AFTER_READING),
        }
        for state, fault in ends.items():
            site.stand_in.faults.add(fault)
            states[state] = site.paint(prompt=f"A harbour that is {state}", count=2, **BOUGHT)
            assert states[state]["state"] == state
        site.stand_in.faults.add(Fault(delay=LATER))
        binned: Any = site.paint()
        assert site.client.delete(f"/api/v1/images/{binned['images'][0]['id']}").is_success
        made = site.client.post("/api/v1/collections", json={"name": "Harbours", "description": "Boats"}).json()
        ids = {"ids": [each["id"] for each in states["succeeded"]["images"]]}
        assert site.client.post(f"/api/v1/collections/{made['id']}/images", json=ids).is_success
        states["running"] = site.client.post("/api/v1/jobs", json={"prompt": "A harbour, slowly", **BOUGHT}).json()
        yield site, states, f"/collections/{made['id']}"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on which nothing has been painted yet."""
    with serving(tmp_path_factory.mktemp("fresh"), key="") as site:
        yield site


@pytest.mark.parametrize(("width", "theme"), [(360, "ink"), (360, "vellum"), (768, "vellum"), (1440, "ink")])
async def test_pages_are_accessible_in_every_state(
    browser: Browser, busy: tuple[Site, States, str], theme: str, width: int
) -> None:
    site, states, collection = busy
    done = states["succeeded"]
    paths = ["/", "/jobs", "/docs", "/nowhere", f"/?from={done['id']}", done["images"][0]["page_url"]]
    paths += [job["links"]["page"] for job in states.values()]
    paths += ["/gallery", "/gallery?select=1", "/gallery?q=zeppelin", "/gallery?trash=1", "/gallery/empty"]
    paths += ["/collections", collection, f"{done['images'][0]['page_url']}/rerun?model=openai/gpt-image-2"]
    seen = await visit(browser, site, theme, width)
    for path in paths:
        await seen.page.goto(path)
        await expect(seen.page.get_by_role("heading", level=1)).to_be_attached()
        assert await objections(seen.page) == []
    await seen.page.goto("/gallery")
    await seen.page.locator("[data-part=select][role=button]").wait_for()
    await seen.page.locator(".pic[data-picture] > a").first.click()
    await expect(seen.page.get_by_role("dialog")).to_be_visible()
    assert await objections(seen.page) == []
    await composing(seen.page)
    await seen.page.get_by_label("Prompt", exact=True).fill("   ")
    await seen.page.get_by_role("button", name="Generate").click()
    await expect(seen.page.get_by_role("alert")).to_be_visible()
    assert await objections(seen.page) == []


async def test_in_a_page_of_many_parts_nothing_is_overlooked(browser: Browser) -> None:
    page = await browser.new_page()
    parts = ["<details><summary>More</summary><p>Words</p></details>"] * 60
    parts[30] = "<details><summary>More</summary><p>Words</p><img src='data:,'></details>"
    parts[40] = "<details><summary>More</summary><p class=pale style='color:#eee'>Words</p></details>"
    parts[50] = "<details><summary>More</summary><p role=nothing>Words</p></details>"
    await page.set_content(f"<html lang=en><title>Many</title><main><h1>Many</h1>{''.join(parts)}</main></html>")
    found = {fault.split()[1] for fault in await objections(page)}
    assert found == {"image-alt", "color-contrast", "aria-roles"}
    assert await page.locator("details[open], details:not(:visible)").count() == 0


@pytest.mark.parametrize("theme", ["ink", "vellum"])
@pytest.mark.parametrize("width", [360, 768, 1440])
async def test_first_pages_are_accessible(browser: Browser, fresh: Site, theme: str, width: int) -> None:
    seen = await visit(browser, fresh, theme, width)
    for path in ("/", "/jobs", "/gallery", "/collections"):
        await seen.page.goto(path)
        assert await objections(seen.page) == []
