"""The sign-in in a real browser: made, used, left, in both themes and at every width, and with keys only."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from limner.domain.people import Role
from limner.testing.openid_stand_in import CLIENT_ID, OpenIdStandIn
from tests.api.people import PASSWORD, accounts_site, add_user, quick_hashes
from tests.api.served import Site
from tests.cli.conftest import in_a_thread
from tests.web.axe import objections
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
    # Nobody's: Ann may be mistaken a few times only, however these tests are spread over processes.
    await seen.page.get_by_label("Email").fill(f"{theme}-{width}@example.com")
    await seen.page.get_by_label("Password").fill("wrong password")
    await seen.page.get_by_role("button", name="Sign in").click()
    await expect(seen.page.get_by_role("alert")).to_contain_text("do not match")
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


@pytest.mark.parametrize("theme", ["ink", "vellum"])
@pytest.mark.parametrize("width", [360, 768, 1440])
async def test_the_account_is_accessible(browser: Browser, shared: Site, theme: str, width: int) -> None:
    seen = await visit(browser, shared, theme, width)
    page = seen.page
    await page.goto("/login?next=/settings/account")
    await page.get_by_label("Email").fill("ann@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(re.compile(r"/settings/account$"))
    assert await objections(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("link", name="Access tokens").click()
    await page.get_by_label("Name", exact=True).fill("the notebook of somebody with a rather long name for things")
    await page.get_by_role("button", name="Create", exact=True).click()
    await expect(page.locator("#made")).to_have_text(re.compile(r"^lim_"))
    assert await objections(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("link", name="Remove the notebook").first.click()
    await page.get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("status").first).to_contain_text("removed")
    await page.get_by_role("link", name="Account", exact=True).click()
    await page.get_by_label("Present password").fill("wrong password")
    await page.get_by_label("New password").fill("another password")
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_role("alert")).to_contain_text("wrong")
    assert await objections(page) == []
    await page.get_by_role("button", name="Sign out everywhere").click()
    await expect(page).to_have_url(re.compile(r"/login$"))


async def test_somebody_comes_back_from_their_issuer_in_the_browser(browser: Browser, tmp_path: Path) -> None:
    with in_a_thread(OpenIdStandIn()) as issuer:
        known: dict[str, Any] = {"oidc_issuer": issuer.issuer, "oidc_client_secret": issuer.secret}
        with accounts_site(tmp_path, oidc_client_id=CLIENT_ID, oidc_name="Harbour House", **known) as site:
            seen = await visit(browser, site)
            await seen.page.goto("/jobs")
            assert await objections(seen.page) == []
            await seen.page.get_by_role("link", name="Sign in with Harbour House").click()
            await expect(seen.page).to_have_url(f"{site.url}/jobs")
            await expect(seen.page.get_by_role("link", name="Your account, ann@example.com")).to_be_visible()
            cookies = {str(cookie.get("name")) for cookie in await seen.context.cookies()}
            assert "limner_session" in cookies
            assert not [name for name in cookies if name.startswith("limner_leaving")]
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


@pytest.mark.req("S1-082", "S3-064")
@pytest.mark.parametrize("width", [360, 1280])
async def test_a_page_of_somebody_who_signed_in_has_one_line_at_its_top(
    browser: Browser, shared: Site, width: int
) -> None:
    seen = await visit(browser, shared, "vellum", width)
    page = seen.page
    await page.goto("/login?next=/gallery")
    await page.get_by_label("Email").fill("ann@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    for path in ("/gallery", "/gallery?trash=1", "/collections", "/jobs", "/batches", "/chat", "/compare"):
        await page.goto(path)
        # As many as somebody has who stays.
        await page.evaluate("document.querySelectorAll('.total').forEach((each) => (each.textContent = '1,284'))")
        bar = await page.locator(".topbar").bounding_box()
        assert bar is not None
        assert bar["height"] <= 65, path
    if width < 768:
        await page.locator(".tabbar summary").click()
    account = page.get_by_role("link", name="Your account, ann@example.com")
    await expect(account).to_have_count(1)
    assert await objections(page) == []
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile(r"/login$"))
    assert seen.complaints == []
