"""Profiles at the command line."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner

PAINT = ("generate", "a cat", "--yes", "--no-show", "--json")


def test_a_profile_is_saved_painted_with_changed_and_removed(limner: Limner, shop: OpenAIStandIn) -> None:
    options = ("--set", "quality=low", "--set", "size=1024x1536", "--default")
    ended = limner("profiles", "add", "posters", "-m", "openai/gpt-image-2", *options)
    assert (ended.code, ended.err) == (0, "The profile 'posters' (openai/gpt-image-2) is saved.\n")
    assert limner(*PAINT, "--profile", "posters").code == 0
    assert limner(*PAINT, "-P", "posters", "--quality", "medium").code == 0
    assert [order["quality"] for order in shop.orders] == ["low", "medium"]
    assert {order["size"] for order in shop.orders} == {"1024x1536"}

    changes = ("--name", "Bills", "--set", "seed=7", "--unset", "size", "--model", "sketch")
    edited = limner("profiles", "edit", "posters", *changes, "--json").document
    assert (edited["name"], edited["service"]) == ("Bills", "sketch")
    assert edited["parameters"] == {"quality": "low", "seed": 7}
    assert "Bills" in limner("profiles", "list").out
    assert limner("profiles", "show", "Bills", "--json").document == edited
    assert '"seed": 7' in limner("profiles", "show", "Bills").out
    assert limner("profiles", "default", "Bills", "--no").code == 0
    assert not limner("profiles", "list", "--json").document["profiles"][0]["default"]
    assert limner("profiles", "default", edited["id"], "--json").document["default"]
    assert limner("profiles", "remove", "Bills").code == 0
    assert limner("profiles", "remove", "Bills").code == 1
    assert limner("profiles", "list").err.startswith("There is no profile.")


def test_what_a_profile_costs_is_asked_like_anything_else(limner: Limner, shop: OpenAIStandIn) -> None:
    assert limner("profiles", "add", "dear", "-m", "openai/gpt-image-2", "--set", "quality=high").code == 0
    refused = limner(*PAINT, "--profile", "dear", "--max-cost", "0.01")
    assert (refused.code, refused.document["error"]["code"]) == (3, "confirmation_required")
    assert shop.purchases == 0
    assert limner("estimate", "a cat", "-P", "dear", "--json").document["model"] == "openai/gpt-image-2"


def test_what_is_painted_again_goes_to_the_same_address(limner: Limner, home: Path) -> None:
    place = ("--base-url", "http://127.0.0.1:9/v1", "--set", "size=64x64")
    assert limner("profiles", "add", "own", "-m", "sketch", *place).code == 0
    first = limner(*PAINT, "-P", "own").document
    for what in (first["id"], first["images"][0]["id"]):
        again = limner("rerun", what, "--yes", "--no-show", "--json").document
        there = {"key": None, "base_url": "http://127.0.0.1:9/v1", "may_be_private": True}
        assert access_of(home, again["id"]) == there
    elsewhere = limner("rerun", first["id"], "-m", "sketch", "--yes", "--no-show", "--json").document
    assert access_of(home, elsewhere["id"]) is None


def access_of(home: Path, job: str) -> object:
    """What is written down with a job about the key and the address that it uses."""
    (database,) = home.rglob("limner.db")
    with closing(sqlite3.connect(database)) as connection:
        (text,) = connection.execute("SELECT request FROM generation_plans WHERE job_id = ?", (job,)).fetchone()
    return json.loads(text)["access"]


def test_rows_of_a_batch_may_name_profiles(limner: Limner, home: Path) -> None:
    assert limner("profiles", "add", "small", "-m", "sketch", "--set", "size=64x64").code == 0
    Path("rows.csv").write_text("prompt,profile\na cat,small\na dog,nobody\n")
    ended = limner("batch", "rows.csv", "--yes")
    assert ended.code == 1
    assert "no profile 'nobody'" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "x", "-m", "nobody/none"), "nobody/none"),
        (("add", "x", "-m", "sketch", "--set", "quality"), "--set wants NAME=VALUE"),
        (("add", "x", "-m", "sketch", "--set", "size=big"), "size"),
        (("add", "x", "-m", "sketch", "--key", "k1"), "k1"),
        (("add", "x", "-m", "sketch", "--base-url", "nowhere"), "This does not begin"),
        (("show", "nobody"), "no profile 'nobody'"),
        (("edit", "nobody", "--default"), "no profile 'nobody'"),
    ],
)
def test_what_cannot_be_is_said(limner: Limner, arguments: tuple[str, ...], said: str) -> None:
    ended = limner("profiles", *arguments)
    assert ended.code in (1, 2)
    assert said in ended.err
