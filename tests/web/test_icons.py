"""Icons stand in the pages themselves."""

import re

from limner.web.assets import FOLDER
from limner.web.icons import read_icons
from tests.api.served import Site

PAGES = ("/", "/gallery", "/chat", "/compare", "/jobs", "/analytics", "/settings/keys", "/batches", "/keys", "/docs")


def test_every_symbol_of_the_sheet_is_an_icon() -> None:
    sheet = (FOLDER / "icons.svg").read_text("utf-8")
    icons = read_icons()
    assert list(icons) == re.findall(r'<symbol id="([^"]+)"', sheet)
    assert all(shapes.startswith("<") and "<symbol" not in shapes for shapes in icons.values())


def test_pages_point_to_no_other_file_for_their_icons(site: Site) -> None:
    for address in PAGES:
        page = site.client.get(address, headers={"Accept": "text/html"})
        assert page.status_code == 200, address
        assert "<use" not in page.text, address
        assert re.search(r'<svg class="i[^"]*" viewBox="0 0 24 24" aria-hidden="true"><(?:path|circle)', page.text)
