"""A batch in a real browser: pasted, priced, begun, watched without a reload, paused, gone on with, for everybody."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.api.served import serving
from tests.web.axe import objections
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]


async def test_a_list_is_pasted_priced_begun_paused_and_gone_on_with(tmp_path: Path, browser: Browser) -> None:
    with serving(tmp_path) as site:
        seen = await visit(browser, site, "vellum", 360)
        page = seen.page

        async def is_for_everybody() -> None:
            assert await objections(page) == [], page.url
            assert await page.evaluate("document.documentElement.scrollWidth") == 360, page.url

        await page.goto("/jobs")
        await page.get_by_role("link", name="Batches").first.click()
        await is_for_everybody()
        await page.get_by_role("textbox", name="Rows").fill("a harbour\na pier\na quay")
        await page.get_by_label("Model for rows that name none").select_option("openai/gpt-image-2")
        await page.locator("summary", has_text="Pace").click()
        await page.get_by_label("Rows at once").fill("1")
        await page.get_by_role("button", name="Show what it costs").click()
        await expect(page.get_by_text("3 rows \u00b7 3 images \u00b7 $")).to_be_visible()
        await is_for_everybody()
        assert site.stand_in.purchases == 0
        site.stand_in.latency = 6.0
        await page.get_by_role("button", name=re.compile(r"Start for \$0\.\d+ at most")).click()
        await expect(page.get_by_role("progressbar", name="Rows over")).to_have_attribute("aria-valuenow", "0")
        await page.get_by_role("button", name="Pause").click()
        await expect(page.get_by_text("No further row is begun until you let it go on.")).to_be_visible()
        await expect(page.get_by_text(re.compile("^[12] of 3$"))).to_be_visible(timeout=60_000)
        await expect(page.get_by_text("Running", exact=True)).to_have_count(0, timeout=60_000)
        await expect(page.get_by_role("img", name="a harbour")).to_be_visible()
        await is_for_everybody()
        assert site.stand_in.purchases < 3
        site.stand_in.latency = 0.0
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_text("3 of 3", exact=True)).to_be_visible(timeout=60_000)
        await expect(page.get_by_text("All rows are over.")).to_be_visible()
        await expect(page.get_by_role("link", name="Download as ZIP")).to_be_visible()
        await is_for_everybody()
        assert site.stand_in.purchases == 3
        assert seen.complaints == []
