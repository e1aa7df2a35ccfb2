"""Figures and the queue in a real browser: nothing axe objects to, nothing too wide, alive without a reload."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from playwright.async_api import Browser, expect

from limner.testing.faults import Fault
from tests.api.served import Site, serving
from tests.web.axe import objections
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]

PAID = {"model": "openai/gpt-image-1-mini", "size": "1024x1024", "quality": "low"}
ROUND = 15_000
"""Milliseconds after which a page that nothing happens on looks again; a moment later where it is just looking."""
BAD = Fault(status=400, body={"error": {"message": "no", "code": "invalid_value"}})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own, with figures to show and a job to buy again."""
    with serving(tmp_path_factory.mktemp("figures")) as found:
        found.paint(prompt="a lake", count=2)
        found.paint(prompt="a harbour", **PAID)
        found.stand_in.faults.add(BAD)
        found.client.post("/api/v1/jobs", json={"prompt": "a failure", **PAID}, headers={"Prefer": "wait=30"})
        yield found


@pytest.mark.parametrize("theme,width", [("ink", 1280), ("vellum", 360)])
async def test_every_part_can_be_used_by_everybody(site: Site, browser: Browser, theme: str, width: int) -> None:
    failed = next(job["id"] for job in site.client.get("/api/v1/jobs").json()["items"] if job["state"] == "failed")
    seen = await visit(browser, site, theme, width)
    for path in ("/analytics", "/analytics?period=day", "/jobs", "/jobs?show=active", f"/jobs/retry?id={failed}"):
        await seen.page.goto(path)
        assert await objections(seen.page) == [], path
        assert await seen.page.evaluate("document.documentElement.scrollWidth") == width, path
    assert seen.complaints == []


SMALLEST = 11
WRITTEN = """() => [...document.querySelectorAll("svg.chart text")].filter((x) => x.checkVisibility()).map((each) => {
  const { left, right, top, bottom } = each.getBoundingClientRect();
  const card = each.closest(".card").getBoundingClientRect();
  const size = parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a;
  const chart = [...document.querySelectorAll("svg.chart")].indexOf(each.closest("svg.chart"));
  const outside = left < card.left || right > card.right;
  return { text: each.textContent, chart, size, left, right, top, bottom, outside };
})"""
"""Every word that is seen on a chart: how large it is drawn, and where."""


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
async def test_every_word_on_a_chart_can_be_read_at_every_width(site: Site, browser: Browser, width: int) -> None:
    page = (await visit(browser, site, width=width)).page
    for path in ("/analytics", "/analytics?period=day", "/analytics?period=90"):
        await page.goto(path)
        written = await page.evaluate(WRITTEN)
        assert len(written) > 12, path
        assert [each for each in written if each["size"] < SMALLEST or each["outside"]] == [], path
        for first, second in combinations(written, 2):
            across = first["left"] < second["right"] and second["left"] < first["right"]
            down = first["top"] + 3 < second["bottom"] and second["top"] + 3 < first["bottom"]
            met = first["chart"] == second["chart"] and across and down
            assert not met, (path, first["text"], second["text"])


@pytest.mark.req("S4-077")
async def test_what_happens_is_seen_without_a_reload_and_moves_no_focus(site: Site, browser: Browser) -> None:
    seen = await visit(browser, site)
    page = seen.page
    await page.clock.install()
    await page.goto("/jobs")
    kept = page.get_by_role("link", name="Finished")
    await kept.focus()
    site.stand_in.faults.add(Fault(delay=4.0))
    job = site.client.post("/api/v1/jobs", json={"prompt": "a slow harbour", **PAID}).json()
    row = page.locator(f'[data-part="{job["id"]}"]')
    await page.clock.fast_forward(ROUND)
    await expect(row).to_be_visible(timeout=60_000)
    assert "finished" in site.client.get(f"/api/v1/jobs/{job['id']}/events").text
    await page.clock.fast_forward(ROUND)
    await expect(row.get_by_text("Done")).to_be_visible(timeout=60_000)
    await expect(kept).to_be_focused()
    await page.goto("/analytics")
    figure = page.locator('[data-part="figures"]')
    await expect(figure.get_by_text("4", exact=True)).to_be_visible()
    await page.locator("details.receipt").first.locator("summary").click()
    site.paint(prompt="one more")
    await page.clock.fast_forward(ROUND)
    await expect(figure.get_by_text("5", exact=True)).to_be_visible(timeout=60_000)
    await expect(page.locator("details.receipt").first).to_have_attribute("open", "")
    assert seen.complaints == []


async def test_a_price_is_seen_before_anything_is_bought_again(site: Site, browser: Browser) -> None:
    seen = await visit(browser, site)
    bought = site.stand_in.purchases
    await seen.page.goto("/jobs?show=needs")
    await seen.page.get_by_role("link", name="Retry: a failure").click()
    await expect(seen.page.get_by_text("1 image \u00b7 $").last).to_be_visible()
    assert site.stand_in.purchases == bought
    await seen.page.get_by_role("button", name="Retry").click()
    await expect(seen.page).to_have_url(f"{site.url}/jobs?show=active")
    assert site.stand_in.purchases <= bought + 1
