"""The sign-in in a real browser: made, used, left, in both themes and at every width, and with keys only."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from limner.domain.people import Role
from tests.api.people import PASSWORD, accounts_site, add_user, quick_hashes
from tests.api.served import Site
from tests.web.test_accessibility import objections
from tests.web.windows import in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that one person may sign in to."""
    folder = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch, accounts_site(folder) as site:
        quick_hashes(patch)
        add_user(folder, "ann@example.com", Role.ADMIN)
        yield site


@pytest.mark.parametrize("theme", ["ink", "vellum"])
@pytest.mark.parametrize("width", [360, 768, 1440])
async def test_the_sign_in_is_accessible(browser: Browser, shared: Site, theme: str, width: int) -> None:
    seen = await visit(browser, shared, theme, width)
    await seen.page.goto("/login")
    assert await objections(seen.page) == []
    assert await seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await seen.page.get_by_label("Email").fill("ann@example.com")
    await seen.page.get_by_label("Password").fill("wrong password")
    await seen.page.get_by_role("button", name="Sign in").click()
    await expect(seen.page.get_by_role("alert")).to_contain_text("wrong")
    assert await objections(seen.page) == []


async def test_somebody_signs_in_with_keys_paints_and_leaves(browser: Browser, shared: Site) -> None:
    seen = await visit(browser, shared)
    page = seen.page
    await page.goto("/jobs")
    await expect(page).to_have_url(re.compile(r"/login\?next=%2Fjobs$"))
    await page.get_by_label("Email").focus()
    await page.keyboard.type("ann@example.com")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/jobs$"))
    await page.goto("/")
    await page.get_by_label("Prompt", exact=True).fill("a lighthouse")
    await page.get_by_role("button", name="Generate").click()
    await expect(page.locator(".job.done").first).to_be_visible()
    assert await objections(page) == []
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile(r"/login$"))
    await page.goto("/")
    await expect(page).to_have_url(re.compile(r"/login\?next=%2F$"))
    assert seen.complaints == []


async def test_the_first_account_is_made_in_the_browser(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_hashes(monkeypatch)
    with accounts_site(tmp_path) as site:
        found = re.search(r"/setup\?code=\S+", capsys.readouterr().out)
        assert found is not None
        seen = await visit(browser, site)
        await seen.page.goto(found[0])
        assert await objections(seen.page) == []
        await seen.page.get_by_label("Email").fill("root@example.com")
        await seen.page.get_by_label("Password").fill(PASSWORD)
        await seen.page.get_by_role("button", name="Make the account").click()
        await expect(seen.page.get_by_role("button", name="Sign out")).to_be_visible()
        assert seen.complaints == []
