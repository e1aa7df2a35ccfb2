from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from limner.testing.faults import Faults
from tests.api.served import Site, serving
from tests.web.windows import FOUND, SWITCHES


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("web")) as found:
        yield found


@pytest.fixture(autouse=True)
def no_faults_left_behind(request: pytest.FixtureRequest) -> None:
    if "site" in request.fixturenames:
        request.getfixturevalue("site").stand_in.faults = Faults()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=FOUND, args=SWITCHES)
        yield browser
        await browser.close()
