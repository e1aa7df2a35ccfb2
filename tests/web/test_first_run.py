"""A fresh installation invites to start without a key."""

import re
from pathlib import Path

from tests.api.served import serving


def test_the_first_page_of_a_fresh_installation(tmp_path: Path) -> None:
    with serving(tmp_path, key="") as site:
        page = site.client.get("/", headers={"Accept": "text/html"}).text
        assert "No keys yet, and you can start anyway" in page
        assert "The built-in sketch artist works offline." in page
        assert "Draw the first picture" in page
        filters = '<form class="filters" role="search"[^>]* hidden>'
        assert re.search(filters, site.client.get("/gallery", headers={"Accept": "text/html"}).text)
        chat = site.client.get("/chat", headers={"Accept": "text/html"}).text
        assert "make an image profile first" in chat
        assert 'class="btn sm act" href="/settings/profiles"' in chat
        assert "Nothing is waiting." in site.client.get("/jobs", headers={"Accept": "text/html"}).text
        site.paint()
        assert not re.search(filters, site.client.get("/gallery", headers={"Accept": "text/html"}).text)
        assert "you can start anyway" not in site.client.get("/", headers={"Accept": "text/html"}).text


def test_whoever_has_a_key_is_not_told_to_add_one(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        page = site.client.get("/", headers={"Accept": "text/html"}).text
        assert "Your first picture" in page
        assert "1 provider ready" in page
        assert "No keys yet" not in page
        assert "Add a provider key" not in page
