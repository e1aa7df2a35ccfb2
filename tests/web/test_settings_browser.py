"""The settings in a real browser: answers take their place without a new page, and every section is accessible."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from limner.domain.people import Role
from limner.testing.faults import At, Fault
from tests.api.people import PASSWORD, accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site
from tests.web.axe import objections
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]
CANARY = "sk-proj-never-to-be-seen-1234567890-Qm4A"
WRONG = {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}
SECTIONS = ["keys", "profiles", "providers", "providers/openai", "budgets", "people", "projects", "tokens"]
SECTIONS += ["providers/anthropic", "webhooks", "presets", "templates", "appearance", "account"]

SIDEWAYS = """() => document.documentElement.scrollWidth <= innerWidth ? []
    : [...document.querySelectorAll("main *")].filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 5).map((each) => each.outerHTML.slice(0, 90))"""
CUT = """() => [...document.querySelectorAll(".rail .nav span, .tabbar > a span, .card table, .card form")]
    .filter((each) => each.checkVisibility())
    .filter((each) => {
        const [box, around] = [each, each.closest(".card, .rail, .tabbar > a")].map((e) => e.getBoundingClientRect());
        return box.right > around.right + 1 || box.left < around.left - 1;
    }).map((each) => each.outerHTML.slice(0, 90))"""
"""What is wider than what it stands in."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with something in every section."""
    folder: Path = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch, accounts_site(folder) as site:
        quick_hashes(patch)
        add_user(folder, "olga@example.com", Role.OWNER)
        add_user(folder, "ann.with.a.rather.long.address@example.com")
        with client_of(site, "olga@example.com") as olga:
            for path, form in {
                "keys": {
                    "service": "stability",
                    "label": "Everybody's",
                    "api_key": "sk-of-all-0123456789",
                    "shared": "on",
                },
                "profiles": {"do": "save", "name": "Sketches", "model": "sketch", "default": "on"},
                "budgets": {"whom": "everyone", "amount": "80", "counted": "usd", "window": "month"},
                "projects": {"name": "harbour"},
                "tokens": {"name": "Calendar build", "scope": "generate", "days": "90"},
                "presets": {"id": "neon-city", "value": "neon lights, rain"},
                "templates": {"name": "Harbours", "template": "A {subject}, {light=at dusk}"},
            }.items():
                assert olga.post(f"/settings/{path}", data=form).status_code in {200, 303}, path
        yield site


async def signed_in(page: Page) -> None:
    await page.goto("/login?next=/settings")
    await page.get_by_label("Email").fill("olga@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(re.compile(r"/settings/keys$"))


@pytest.mark.parametrize(("theme", "width"), [("ink", 360), ("vellum", 1280)])
async def test_every_section_is_accessible(browser: Browser, studio: Site, theme: str, width: int) -> None:
    seen = await visit(browser, studio, theme, width)
    await signed_in(seen.page)
    for section in SECTIONS:
        await seen.page.goto(f"/settings/{section}")
        await expect(seen.page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
        assert await objections(seen.page) == []
        assert await seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), section
        current = seen.page.locator(".settings > nav [aria-current]")
        assert await current.evaluate("each => each.getBoundingClientRect().right <= innerWidth"), section
    assert seen.complaints == []


@pytest.mark.parametrize("width", [360, 1280])
async def test_every_section_holds_text_of_twice_the_size(browser: Browser, studio: Site, width: int) -> None:
    seen = await visit(browser, studio, width=width)
    await signed_in(seen.page)
    for section in SECTIONS:
        await seen.page.goto(f"/settings/{section}")
        await seen.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await seen.page.evaluate(SIDEWAYS) == [], section
        assert await seen.page.evaluate(CUT) == [], section


@pytest.mark.req("S2-072", "S2-073", "S2-074", "S2-075")
async def test_a_key_and_a_profile_are_made_on_a_phone(browser: Browser, studio: Site) -> None:
    seen = await visit(browser, studio, "ink", 360)
    page = seen.page
    await signed_in(page)
    await page.get_by_role("link", name="Add a key").click()
    await page.get_by_label("Provider", exact=True).select_option("OpenAI")
    await page.get_by_label("Label", exact=True).fill("Studio")
    await page.get_by_label("API key", exact=True).and_(page.locator("input")).fill(CANARY)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("sk-proj-••••••••Qm4A")).to_be_visible()
    validate = page.get_by_role("button", name="Validate Studio")
    await validate.click()
    await expect(page.get_by_text(re.compile(r"^Valid\. \d+ models available\.$")).first).to_be_visible()
    await expect(validate).to_be_focused()
    await expect(page.locator("#news")).to_have_text(re.compile(r"^Valid\."))
    await expect(page).to_have_url(re.compile(r"\?done=added$"))  # it came without another page
    studio.stand_in.faults.add(Fault(at=At.ACCOUNT, status=401, body=WRONG))
    await validate.click()
    await expect(page.locator(".said p")).to_have_text("OpenAI does not accept this key (401).")
    assert CANARY not in await page.content()

    await page.get_by_role("link", name="Image profiles").click()
    await page.get_by_role("link", name="New profile").click()
    await page.get_by_label("Name", exact=True).fill("Posters")
    await page.get_by_label("Provider", exact=True).focus()
    await page.get_by_label("Provider", exact=True).select_option("OpenAI")
    model = page.get_by_label("Model", exact=True)
    await expect(model.locator("option").first).to_have_text(re.compile("GPT Image"))
    await expect(page.get_by_label("Provider", exact=True)).to_be_focused()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Posters")
    await page.get_by_label("API Key", exact=True).and_(page.locator("select")).select_option("Studio, ends Qm4A")
    await page.get_by_role("button", name="Validate").click()
    await expect(page.locator(".verdict")).to_have_text(re.compile(r"^Valid\."))
    await page.get_by_label("Quality").select_option("high")
    await page.get_by_label("Set as default profile").check()
    await page.get_by_role("button", name="Create Profile").click()
    row = page.get_by_role("row").filter(has_text="Posters")
    await expect(row).to_contain_text("Default")
    await expect(row).to_contain_text("OpenAI")
    await row.get_by_role("link", name="Edit Posters").click()
    await page.get_by_role("button", name="Validate").click()
    await expect(page.locator(".verdict")).to_have_text(re.compile(r"^Valid\."))
    await page.get_by_role("link", name="Delete", exact=True).click()
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("status").first).to_contain_text("The profile is deleted.")
    await expect(row).to_have_count(0)
    assert seen.complaints == []


async def test_a_provider_is_switched_by_the_keyboard(browser: Browser, studio: Site) -> None:
    seen = await visit(browser, studio)
    page = seen.page
    await signed_in(page)
    await page.goto("/settings/providers")
    switch = page.get_by_role("switch", name="Use fal")
    await expect(switch).to_have_attribute("aria-checked", "true")
    await switch.focus()
    await page.keyboard.press("Space")
    await expect(switch).to_have_attribute("aria-checked", "false")
    await expect(page.locator("#provider-fal")).to_contain_text("Switched off")
    await expect(switch).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(switch).to_have_attribute("aria-checked", "true")
    assert seen.complaints == []
