"""The gallery without a script: it narrows down, pages, marks, and does one thing to many pictures."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.api.served import Site, serving
from tests.web.test_pages import get, send


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: what others paint is in no list here."""
    with serving(tmp_path_factory.mktemp("gallery")) as found:
        yield found


@pytest.fixture(scope="module")
def painted(site: Site) -> list[Any]:
    """The pictures there are, the newest first."""
    for number in range(7):
        prompt = f"<b>Reeds</b> {number}" if number else "An owl"
        site.paint(prompt=prompt, count=10, size="64x48", project=f"series {number % 2}", tags=[f"t{number}"])
    items: list[Any] = site.client.get("/api/v1/images", params={"limit": 200}).json()["items"]
    return items


def shown(page: httpx2.Response) -> list[str]:
    """Ids of the pictures on a page, in order."""
    assert page.status_code == 200, page.text
    return list(dict.fromkeys(re.findall(r'data-picture="([0-9a-f-]{36})"', page.text)))


def led(answer: httpx2.Response) -> str:
    """Where a form leads."""
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_sixty_pictures_by_day_and_the_rest_one_link_away(site: Site, painted: list[Any]) -> None:
    first = get(site, "/gallery")
    assert shown(first) == [picture["id"] for picture in painted[:60]]
    assert "Today</h2>" in first.text
    assert "70 pictures" in first.text
    link = re.search(r'href="(/gallery\?cursor=[^"]+)"[^>]*>Load older pictures', first.text)
    assert link
    second = get(site, link[1])
    assert shown(second) == [picture["id"] for picture in painted[60:]]
    assert "That is everything, 70 pictures." in second.text
    assert "Newest pictures" in second.text


def test_what_people_typed_stays_text(site: Site, painted: list[Any]) -> None:
    page = get(site, "/gallery", params={"q": "Reeds"}).text
    assert "<b>Reeds" not in page
    assert "&lt;b&gt;Reeds" in page


@pytest.mark.parametrize(
    "query,many",
    [
        ({"q": "owl"}, 10),
        ({"q": "zeppelin"}, 0),
        ({"project": "series 1"}, 30),
        ({"tag": "t3"}, 10),
        ({"model": "sketch/sketch", "service": "sketch", "q": "", "since": ""}, 60),
        ({"model": "nobody/nothing"}, 0),
        ({"until": "2020-01-01"}, 0),
        ({"since": "2020-01-01", "tag": "t1"}, 10),
        ({"collection": "nonsense"}, 0),
    ],
)
def test_the_address_narrows_down(site: Site, painted: list[Any], query: dict[str, str], many: int) -> None:
    page = get(site, "/gallery", params=query)
    assert len(shown(page)) == many
    if not many:
        assert "No picture matches these filters." in page.text
    for value in (query[name] for name in query if query[name] != "nonsense"):
        assert f'value="{value}"' in page.text


def test_an_address_that_cannot_be_read_says_so(site: Site) -> None:
    assert get(site, "/gallery", params={"since": "yesterday"}).status_code == 422
    assert get(site, "/gallery", params={"cursor": "nonsense"}).status_code == 422


def test_sheets_go_on_from_both_ends_and_from_far_away(site: Site, painted: list[Any]) -> None:
    ids = [picture["id"] for picture in painted]
    far = get(site, "/gallery/sheet", params={"skip": "65"})
    assert shown(far) == ids[65:]
    above = re.search(r'data-newer="([^"]+)"', far.text)
    assert above
    assert shown(get(site, above[1].replace("&amp;", "&"))) == ids[5:65]
    assert 'data-older=""' in far.text


@pytest.mark.req("S1-085")
def test_one_press_makes_a_favourite_and_leads_back(site: Site, painted: list[Any]) -> None:
    one = painted[3]["id"]
    back = led(send(site, "/gallery/change", favorite=one, back="/gallery?q=Reeds"))
    assert back == "/gallery?q=Reeds&done=favorite.1"
    page = get(site, back)
    assert "1 picture marked as favourite." in page.text
    assert shown(get(site, "/gallery", params={"favorite": "1"})) == [one]
    led(send(site, "/gallery/change", unfavorite=one, back="/gallery"))
    assert shown(get(site, "/gallery", params={"favorite": "1"})) == []


def change(site: Site, ids: list[str], **fields: str) -> httpx2.Response:
    headers = {"Accept": "text/html", "Origin": site.url}
    return site.client.post("/gallery/change", data={"id": ids, "back": "/gallery", **fields}, headers=headers)


@pytest.mark.req("S3-113")
def test_many_pictures_are_tagged_moved_and_collected(site: Site, painted: list[Any]) -> None:
    ids = [picture["id"] for picture in painted[10:13]]
    led(change(site, ids, do="tag", tags="dusk, calm "))
    assert shown(get(site, "/gallery", params={"tag": "calm"})) == ids
    led(change(site, ids, do="untag", tags="calm"))
    assert shown(get(site, "/gallery", params={"tag": "calm"})) == []
    led(change(site, ids, do="project", project="moved"))
    assert shown(get(site, "/gallery", params={"project": "moved"})) == ids
    made = led(send(site, "/collections", name="Reeds & owls"))
    collection = made.rpartition("/")[2]
    led(change(site, ids, do="collect", collection=collection))
    assert sorted(shown(get(site, made))) == sorted(ids)
    assert shown(get(site, "/gallery", params={"collection": collection})) == ids
    assert "Reeds &amp; owls" in get(site, "/collections").text
    led(change(site, ids[:1], do="uncollect", collection=collection))
    assert sorted(shown(get(site, made))) == sorted(ids[1:])


@pytest.mark.parametrize(
    "fields,said",
    [
        ({"id": "nonsense", "do": "favorite"}, "Tick at least one picture first."),
        ({"id": str(uuid4()), "do": "explode"}, "Choose what to do with these pictures."),
        ({"id": str(uuid4()), "do": "tag", "tags": " "}, "Name 1 to 50 tags."),
        ({"id": str(uuid4()), "do": "project"}, "1 to 200 printable characters"),
    ],
)
def test_what_is_missing_is_said(site: Site, fields: dict[str, str], said: str) -> None:
    answer = send(site, "/gallery/change", **fields)
    assert answer.status_code == 422
    assert said in answer.text


def test_the_trash_gives_back_and_asks_before_it_forgets(site: Site) -> None:
    job: Any = site.paint(prompt="Fog to throw away", count=3)
    ids = [each["id"] for each in job["images"]]
    assert "3 pictures deleted." in get(site, led(change(site, ids, do="trash"))).text
    assert set(shown(get(site, "/gallery", params={"trash": "1"}))) == set(ids)
    assert not set(ids) & set(shown(get(site, "/gallery")))
    led(change(site, ids[:1], do="restore"))
    assert ids[0] in shown(get(site, "/gallery"))
    asked = change(site, ids[:2], do="forget")
    assert "Delete 2 pictures for good? Nobody can bring them back." in asked.text
    assert set(shown(get(site, "/gallery", params={"trash": "1"}))) == set(ids[1:])
    # What is not in the trash is not forgotten.
    assert led(change(site, ids[:2], do="forget", sure="yes")) == "/gallery?done=forget.1"
    assert shown(get(site, "/gallery", params={"trash": "1"})) == ids[2:]
    assert "Delete 1 picture for good?" in get(site, "/gallery/empty").text
    led(send(site, "/gallery/empty"))
    assert "Nothing is in the bin." in get(site, "/gallery", params={"trash": "1"}).text
    assert led(get(site, "/gallery/empty")) == "/gallery?trash=1"
    assert ids[0] in shown(get(site, "/gallery"))


@pytest.mark.parametrize(
    "days,said",
    [
        ({}, "Any date"),
        ({"since": "2026-11-01"}, "From 1 Nov 2026"),
        ({"until": "2026-11-03"}, "Until 3 Nov 2026"),
        ({"since": "2026-11-01", "until": "2026-11-03"}, "1 Nov 2026 \u2013 3 Nov 2026"),
        ({"since": "2026-11-03", "until": "2026-11-03"}, "3 Nov 2026"),
    ],
)
def test_days_that_are_asked_for_are_told_folded_up(
    site: Site, painted: list[Any], days: dict[str, str], said: str
) -> None:
    page = get(site, "/gallery", params=days).text
    dates = re.search(r'<summary class="btn( on)?" data-part="dates">.*?<span>([^<]*)</span>', page)
    assert dates is not None
    assert (bool(dates[1]), dates[2]) == (bool(days), said)


def test_nothing_is_selected_where_nothing_is(site: Site, painted: list[Any]) -> None:
    select = re.compile(r'data-part="select"( hidden)?>')
    assert select.findall(get(site, "/gallery").text) == [""]
    assert select.findall(get(site, "/gallery", params={"q": "zeppelin"}).text) == [" hidden"]


def test_ticked_pictures_come_as_one_zip_file(site: Site, painted: list[Any]) -> None:
    ids = [picture["id"] for picture in painted[:2]]
    answer = site.client.post("/gallery/export", data={"id": ids}, headers={"Origin": site.url})
    assert answer.headers["content-disposition"] == 'attachment; filename="limner-pictures.zip"'
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert len(names) == 2
    assert all(name.endswith(".png") for name in names)


def test_a_collection_is_named_described_and_removed(site: Site) -> None:
    here = led(send(site, "/collections", name="First"))
    assert "Nothing is in it yet." in get(site, here).text
    led(send(site, here, name="Second", description="With words"))
    page = get(site, here).text
    assert '<h1 dir="auto">Second</h1>' in page
    assert "With words" in page
    wrong = send(site, here, name=" ", description="")
    assert (wrong.status_code, "printable characters" in wrong.text) == (422, True)
    assert "Remove the collection “Second”? Its pictures stay" in get(site, f"{here}/remove").text
    assert led(send(site, f"{here}/remove")) == "/collections"
    assert get(site, here).status_code == 404
    assert send(site, "/collections", name="").status_code == 422


def test_ticks_stand_on_the_page_that_selects(site: Site, painted: list[Any]) -> None:
    page = get(site, "/gallery", params={"select": "1"}).text
    assert page.count('form="bulk"') == 60
    assert re.search(r'<form class="bulk" id="bulk"[^>]*[^n]>', page)
    assert re.search(r'<form class="bulk" id="bulk"[^>]* hidden>', get(site, "/gallery").text)
