"""The navigation: every entry leads to a page that is there, and says where one is."""

import re

import pytest
from fastapi import FastAPI

from limner.web.icons import read_icons
from limner.web.places import PLACES, Place, answers, standing
from tests.api.served import Site

PAGE = {"Accept": "text/html"}


def entries(page: str, name: str) -> list[str]:
    """The addresses in one of the navigations of a page."""
    found = re.search(rf'<nav class="{name}".*?</nav>', page, re.DOTALL)
    assert found
    return re.findall(r'<a class="nav" href="([^"]+)"', found[0])


def test_every_entry_leads_to_a_page_that_knows_where_it_stands(site: Site) -> None:
    first = site.client.get("/keys", headers=PAGE).text
    rail, below = entries(first, "rail"), entries(first, "tabbar")
    assert sorted(rail) == sorted(below)
    assert {"/", "/gallery", "/jobs", "/docs", "/keys"} <= set(rail)
    for address in rail:
        page = site.client.get(address, headers=PAGE, follow_redirects=True)
        assert page.status_code == 200, address
        assert len(re.findall(r'class="nav"[^>]*aria-current="page"', page.text)) == 2, address


def test_a_page_that_an_application_lacks_has_no_entry() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    assert standing(app) == ()

    @app.get("/chat")
    async def chat() -> None: ...

    assert [place.key for place in standing(app)] == ["chat"]
    assert answers(app, "/chat")
    assert not answers(app, "/chat/1")


def test_four_places_and_what_is_unfolded_fit_below_a_page_on_a_phone() -> None:
    assert len([place for place in PLACES if place.tab]) == 4
    letters = [place.letter for place in PLACES if place.letter]
    assert letters == list("cghmqas")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.key)
def test_every_place_has_an_icon(site: Site, place: Place) -> None:
    page = site.client.get("/keys", headers=PAGE).text
    drawn = re.findall(rf'<a class="nav" href="{place.href}"[^>]*><svg class="i i-lg[^>]*>(.*?)</svg>', page)
    assert drawn == [read_icons()[place.icon]] * 2


def test_single_letters_are_turned_off_and_on_again(site: Site) -> None:
    sent = {**PAGE, "Origin": site.url}
    assert "Turn single letters off" in site.client.get("/keys", headers=PAGE).text
    answer = site.client.post("/keys", data={"keys": "off", "back": "/keys"}, headers=sent)
    assert "keys=off" in answer.headers["set-cookie"]
    site.client.cookies.clear()
    assert "Turn single letters on" in site.client.get("/keys", headers={**PAGE, "Cookie": "keys=off"}).text
