"""Icons stand in the pages themselves."""

import re

from limner.web.assets import FOLDER
from limner.web.icons import TURNING, read_icons
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


def test_the_mark_is_drawn_as_its_file_is(site: Site) -> None:
    page = site.client.get("/", headers={"Accept": "text/html"}).text
    drawn = (FOLDER / "mark.svg").read_text("utf-8")
    shapes = drawn[drawn.index("<rect") : drawn.rindex("</svg>")]
    assert f'<svg width="34" height="34" viewBox="0 0 34 34" aria-hidden="true">{shapes}</svg><b>Limner</b>' in page


def test_what_points_along_the_line_is_known_by_its_icon() -> None:
    assert set(read_icons()) >= TURNING
