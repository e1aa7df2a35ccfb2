"""axe-core looks at a page."""

from importlib import resources

from playwright.async_api import Page

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()


async def objections(page: Page) -> list[str]:
    """What axe-core has against a page as it is now, with everything unfolded that can be, which is folded again."""
    unfolded = await page.evaluate_handle("[...document.querySelectorAll('details:not([open])')]")
    await unfolded.evaluate("all => { for (const each of all) each.open = true; }")
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run()")
    await unfolded.evaluate("all => { for (const each of all) each.open = false; }")
    assert found["passes"]
    return [
        f"{page.url} {fault['id']} {node['target']}: {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
