"""Share links at the command line."""

from __future__ import annotations

from tests.cli.conftest import Limner


def test_links_are_made_listed_and_revoked(limner: Limner) -> None:
    made = limner("generate", "a lake", "--size", "64x64", "-m", "sketch", "--json").document
    name = made["images"][0]["id"]
    assert "shares add" in limner("shares", "list").err
    ended = limner("shares", "add", name[-8:], "--for", "12h")
    assert ended.code == 0
    assert ended.out.startswith("http://127.0.0.1:8003/s/")
    limner("collections", "create", "Lakes")
    assert limner("shares", "add", "Lakes", "--collection", "--json").document["image_id"] is None
    newest, first = limner("shares", "list", "--json").document["shares"]
    assert (first["image_id"], "url" in first) == (name, False)
    assert first["id"] in limner("shares", "list").out
    assert limner("shares", "revoke", newest["id"]).code == 0
    assert len(limner("shares", "list", "--json").document["shares"]) == 1
    assert limner("shares", "add", name, "--for", "9y").code == 2
    assert limner("shares", "revoke", "nothing").code == 1
