"""Favourites, tags, the trash and collections at the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Limner


@pytest.fixture
def pictures(limner: Limner) -> list[str]:
    made = limner("generate", "a lake at dawn", "--size", "64x64", "-m", "sketch", "-n", "3", "--json")
    assert made.code == 0, made.err
    return [image["id"] for image in made.document["images"]]


def listed(limner: Limner, *filters: str) -> set[str]:
    ended = limner("history", "--json", *filters)
    assert ended.code == 0, ended.err
    return {image["id"] for image in ended.document["images"]}


def test_favourites_and_the_trash(limner: Limner, pictures: list[str]) -> None:
    ended = limner("favorite", pictures[0], pictures[1][-8:])
    assert (ended.code, ended.err) == (0, "2 pictures are your favourites.\n")
    assert listed(limner, "--favorite") == set(pictures[:2])
    assert limner("favorite", pictures[1], "--undo").code == 0
    assert listed(limner, "--favorite") == {pictures[0]}
    assert limner("trash", pictures[0]).code == 0
    assert listed(limner) == set(pictures[1:])
    assert listed(limner, "--trash") == {pictures[0]}
    assert limner("restore", pictures[0][-8:], "--json").document == {"ids": [pictures[0]], "action": "restore"}
    assert listed(limner) == set(pictures)
    assert limner("trash", pictures[0], "00000000").code == 1
    assert listed(limner) == set(pictures)


def test_tags(limner: Limner, pictures: list[str]) -> None:
    assert "No picture has a tag" in limner("tags", "list").err
    assert limner("tags", "add", "sea", *pictures[:2]).code == 0
    assert limner("tags", "rename", "sea", "ocean").err == "sea is ocean now, on 2 pictures.\n"
    assert limner("tags", "remove", "ocean", pictures[0]).code == 0
    assert limner("tags", "list", "--json").document == {"tags": [{"tag": "ocean", "images": 1}]}
    assert "ocean" in limner("tags", "list").out
    assert listed(limner, "--tag", "ocean") == {pictures[1]}
    assert limner("history", "--tag", "sea").err == "No picture is like that.\n"
    assert limner("tags", "rename", "sea", "ocean").code == 1
    assert limner("tags", "add", " ", pictures[0]).code == 2


def test_a_collection_from_beginning_to_end(limner: Limner, pictures: list[str]) -> None:
    assert "collections create" in limner("collections", "list").err
    name = limner("collections", "create", "Harbours", "--description", "Boats").out.strip()
    assert limner("collections", "add", "Harbours", *pictures).err == "3 pictures are in Harbours.\n"
    assert limner("collections", "order", name[-8:], pictures[2]).code == 0
    shown = limner("collections", "show", name, "--json").document
    assert [each["id"] for each in shown["pictures"]] == [pictures[2], pictures[0], pictures[1]]
    assert "Boats" in limner("collections", "show", "Harbours").out
    assert limner("collections", "remove", "Harbours", pictures[2]).code == 0
    assert listed(limner, "--collection", "Harbours") == set(pictures[:2])
    edited = limner("collections", "edit", "Harbours", "--name", "Ports", "--cover", pictures[1], "--json")
    assert (edited.document["name"], edited.document["cover_id"]) == ("Ports", pictures[1])
    assert limner("collections", "edit", "Ports", "--cover", pictures[2]).code == 2
    assert "Ports" in limner("collections", "list").out
    assert limner("collections", "delete", "Ports").code == 0
    assert limner("collections", "show", "Ports").code == 1
    assert listed(limner) == set(pictures)
