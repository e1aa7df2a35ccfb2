"""axe-core looks at a page."""

from importlib import resources

from playwright.async_api import Page

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
MANY = 50
LOOK = """async (many) => {
    const parts = [...document.querySelectorAll("details:not([open])")];
    const named = (each) => `${each.tagName} ${each.getAttribute("class")} ${each.getAttribute("role")}`;
    const kind = (part) => [...new Set([part, ...part.querySelectorAll("*")].map(named))].sort().join();
    const kinds = new Set(new Map(parts.map((part) => [kind(part), part])).values());
    const repeats = parts.length > many ? parts.filter((part) => !kinds.has(part)) : [];
    const show = (all, how) => all.forEach((part) => (part.style.display = how));
    const unfold = (open) => parts.forEach((part) => (part.open = open));
    const looks = [];
    unfold(true);
    if (repeats.length)
        looks.push(await axe.run({ resultTypes: ["violations"], rules: { "color-contrast": { enabled: false } } }));
    show(repeats, "none");
    looks.push(await axe.run({ resultTypes: ["violations"] }));
    show(repeats, "");
    unfold(false);
    return looks.map((look) => [look.violations, look.passes.length]);
}"""
"""All rules. What is as it should be is not written out one by one: that takes longer than to look at it.

The one slow rule is that of contrast, which depends on tags and classes and not on words. Where a page has a great many
parts made alike, as the reference has one a route, it looks at one part of each kind, and the others at all."""


async def objections(page: Page) -> list[str]:
    """What axe-core has against a page as it is now, with everything unfolded that can be, which is folded again."""
    await page.evaluate(AXE)
    looks = await page.evaluate(LOOK, MANY)
    assert all(passed for _, passed in looks)
    return [
        f"{page.url} {fault['id']} {node['target']}: {node['failureSummary']}"
        for faults, _ in looks
        for fault in faults
        for node in fault["nodes"]
    ]
