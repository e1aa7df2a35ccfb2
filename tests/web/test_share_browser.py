"""The page of a share link in a real browser: every width, both themes, one picture and several."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.api.served import Site, serving
from tests.web.axe import objections
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]

Links = tuple[Site, dict[str, str]]


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Links]:
    """A site, and links to one picture of it and to a collection of three."""
    with serving(tmp_path_factory.mktemp("shared")) as site:
        job: Any = site.paint(prompt="a secret garden", count=3)
        pictures = [image["id"] for image in job["images"]]
        album = site.client.post("/api/v1/collections", json={"name": "A week by the sea"}).json()["id"]
        wish = {"ids": pictures, "action": "collect", "collection_id": album}
        assert site.client.post("/api/v1/images/bulk", json=wish).status_code == 200
        places = {"one": f"images/{pictures[0]}", "several": f"collections/{album}"}
        made = {name: site.client.post(f"/api/v1/{place}/shares", json={}) for name, place in places.items()}
        yield site, {name: answer.json()["url"] for name, answer in made.items()}


@pytest.mark.parametrize("theme", ["ink", "vellum"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("which", ["one", "several"])
async def test_a_stranger_sees_what_is_shared(
    browser: Browser, links: Links, which: str, width: int, theme: str
) -> None:
    site, made = links
    assert made[which].startswith(f"{site.url}/s/")
    seen = await visit(browser, site, theme, width)
    await seen.page.goto(made[which])
    await expect(seen.page.locator("figure img")).to_have_count(1 if which == "one" else 3)
    last = seen.page.locator("figure img").last
    await last.scroll_into_view_if_needed()
    await expect(last).to_have_js_property("complete", True)
    assert await last.evaluate("image => image.naturalWidth") > 0
    assert await objections(seen.page) == []
    assert await seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert seen.complaints == []


async def test_a_stranger_saves_the_picture(browser: Browser, links: Links) -> None:
    site, made = links
    seen = await visit(browser, site)
    await seen.page.goto(made["one"])
    async with seen.page.expect_download() as waiting:
        await seen.page.get_by_role("link", name="Save the picture").click()
    assert (await waiting.value).suggested_filename.endswith(".png")
