"""Batches without a script: the price of the whole list first, then begun by it once, paused, taken out."""

import io
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from limner.testing.faults import Fault
from limner.web.icons import read_icons
from tests.api.served import Site, serving
from tests.web.test_pages import PAGE, get, send

PAID = "openai/gpt-image-1-mini"
BAD = Fault(status=400, body={"error": {"message": "Your prompt was no good.", "code": "invalid_value"}})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: what others do is in no list here."""
    with serving(tmp_path_factory.mktemp("batches")) as found:
        yield found


def priced(site: Site, rows: str, **fields: str) -> Any:
    return send(site, "/batches/quote", rows=rows, **fields)


def uploaded(site: Site, name: str, data: bytes, **fields: str) -> httpx2.Response:
    headers = {**PAGE, "Origin": site.url}
    return site.client.post("/batches/quote", files={"file": (name, data)}, data=fields, headers=headers)


def fields_of(page: str) -> dict[str, str]:
    """What the form sends that begins the batch whose price is shown."""
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    rows = re.search(r'<textarea name="rows" hidden>\n(.*?)</textarea>', page, re.DOTALL)
    assert rows, page
    return {**{name: unescape(value) for name, value in hidden.items()}, "rows": unescape(rows[1])}


def begun(site: Site, rows: str, **fields: str) -> str:
    """The page of a batch that was priced and begun."""
    answer = send(site, "/batches", **fields_of(priced(site, rows, **fields).text))
    assert answer.status_code == 303, answer.text
    place: str = answer.headers["location"]
    return place


def until(site: Site, place: str, *words: str) -> str:
    """The page of a batch when it says all this."""
    pause, latest = threading.Event(), time.monotonic() + 60
    while True:
        page = get(site, f"{place}/rows").text
        if all(word in page for word in words):
            return page
        assert time.monotonic() < latest, page
        pause.wait(0.05)


def test_the_whole_list_has_a_price_before_anything_is_bought(site: Site) -> None:
    rows = '{"prompt": "a harbour & a <b>", "size": "1024x1024", "quality": "low", "count": 2}\n'
    rows += '{"prompt": "x", "size": 0}\n'
    page = priced(site, rows, model=PAID, name="harbours").text
    assert "harbours" in page
    assert "1 row \u00b7 2 images \u00b7 $" in page
    assert re.search(r"Start for \$0\.\d+ at most", page)
    assert "1 row cannot be painted and is left out." in page
    assert "Left out" in page
    assert "a harbour &amp; a &lt;b&gt;" in page
    assert site.stand_in.purchases == 0
    assert site.client.get("/api/v1/batches").json()["items"] == []


def test_it_is_begun_for_the_price_that_was_shown_and_once(site: Site) -> None:
    before = site.stand_in.purchases
    fields = fields_of(priced(site, "a pier\na quay", model=PAID).text)
    dear = send(site, "/batches", **{**fields, "most": "1"})
    assert dear.status_code == 409
    assert "The price has risen since it was shown. Nothing was bought" in dear.text
    assert fields_of(dear.text)["most"] == fields["most"]
    for nonsense in ("-5", "plenty"):
        assert send(site, "/batches", **{**fields, "most": nonsense}).status_code == 409
    assert site.stand_in.purchases == before
    places = {send(site, "/batches", **fields).headers["location"] for _ in range(2)}
    assert len(places) == 1
    page = until(site, places.pop(), "Finished", "2 of 2")
    assert site.stand_in.purchases == before + 2
    assert "Spent: $" in page
    assert page.count('class="thumb"') == 2
    assert "a pier" in get(site, "/batches").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rows": " \n"}, "Paste rows, one prompt a line, or choose a file."),
        ({"rows": "a\n" * 1001}, "a batch has at most 1000. Split it."),
        ({"rows": "a fox", "concurrency": "65"}, "from 1 to 64"),
        ({"rows": "a fox", "concurrency": "many"}, "from 1 to 64"),
        ({"rows": "a fox", "delay": "nan"}, "a number from 0 to 3,600"),
        ({"rows": "a fox", "delay": "3601"}, "a number from 0 to 3,600"),
    ],
)
def test_what_cannot_be_a_batch_is_said_beside_the_fields(site: Site, fields: dict[str, str], said: str) -> None:
    answer = send(site, "/batches/quote", **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert fields["rows"].strip()[:5] in answer.text


def test_a_file_is_read_as_the_interface_reads_it(site: Site) -> None:
    table = "prompt,model,count\r\na fox,sketch,2\r\nan owl,nobody,1\r\n"
    page = uploaded(site, "foxes.csv", table.encode()).text
    assert "1 row \u00b7 2 images \u00b7 free" in page
    fields = fields_of(page)
    assert (fields["list"], fields["rows"]) == ("foxes.csv", table.replace("\r\n", "\n"))
    place = send(site, "/batches", **fields).headers["location"]
    page = until(site, place, "1 of 2 done")
    assert "Finished" not in page
    assert "Not painted" in page
    assert "foxes.csv" in page
    for name, data, said in (
        ("a.txt", b"\xff\xfe", "a.txt is not UTF-8. Save it as UTF-8."),
        ("a.txt", b"fox\n" * 250_000, "a.txt has more than 900,000 bytes. Split it."),
        ("a.pdf", b"a fox", "a.pdf is no list that can be read."),
    ):
        answer = uploaded(site, name, data)
        assert (answer.status_code, said in answer.text) == (422, True), answer.text
    both = uploaded(site, "a.txt", b"a fox", rows="an owl")
    assert both.status_code == 422
    assert "Paste the rows or choose a file, not both." in both.text
    assert "an owl" in both.text


def test_rows_that_name_nobody_are_painted_by_the_model_that_is_chosen(site: Site) -> None:
    rows = '{"prompt": "a fox"}\n{"prompt": "an owl", "model": "openai/gpt-image-2"}'
    page = until(site, begun(site, rows, model=PAID), "Finished", "2 of 2")
    assert "GPT Image 1 mini" in page
    assert "GPT Image 2" in page


def test_a_batch_is_paused_gone_on_with_and_taken_out(site: Site) -> None:
    place = begun(site, "one\ntwo\nthree", model="sketch/sketch", concurrency="1", delay="3000")
    until(site, place, "1 of 3")
    assert "Pause" in get(site, place).text
    assert send(site, f"{place}/pause").headers["location"] == place
    page = get(site, place).text
    assert "No further row is begun until you let it go on." in page
    assert "Paused" in get(site, "/batches").text
    assert f'action="{place}/pause"' not in page
    send(site, f"{place}/resume")
    page = get(site, f"{place}?show=open").text
    assert "Rows are begun one after the other." in page
    assert page.count('<tr role="row" data-part="') == 2
    send(site, f"{place}/cancel")
    page = get(site, place).text
    assert page.count("Taken out") == 2
    assert "2 taken out" in page
    assert f'action="{place}/cancel"' not in page


def test_what_failed_is_bought_again_for_the_price_that_is_shown(site: Site) -> None:
    site.stand_in.faults.add(BAD)
    place = begun(site, "a failure", model=PAID)
    page = until(site, place, "All rows are over.", "1 came short")
    assert page.count("</svg>Failed</span>") == 2  # the batch, and its only row
    assert "Finished" not in page
    assert "Download as ZIP" not in page
    assert "Your prompt was no good." in page
    assert "1 came short" in page
    assert "a failure" in get(site, f"{place}?show=short").text
    assert re.search(rf'href="{place}/retry"[^>]*>(?:(?!</a>).)*Retry failed', page)
    bought = site.stand_in.purchases
    asked = get(site, f"{place}/retry").text
    assert "1 row \u00b7 1 image \u00b7 $" in asked
    assert site.stand_in.purchases == bought
    fields = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', asked))
    for _ in range(2):
        answer = send(site, f"{place}/retry", **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, place)
    page = until(site, place, "1 done", "Finished", "Download as ZIP")
    assert "Retry failed" not in page
    assert page.count('class="thumb"') == 1
    assert site.stand_in.purchases == bought + 1


def test_a_batch_that_came_short_in_part_says_how_much_of_it_is_done(site: Site) -> None:
    site.stand_in.faults.add(BAD)
    place = begun(site, "a pier\na quay", model=PAID, concurrency="1")
    page = until(site, place, "1 done, 1 came short", "1 of 2 done")
    part = re.escape(read_icons()["part"])
    mark = rf'<span class="badge warn"><svg[^>]*>{part}</svg>1 of 2 done</span>'
    for where in (page, get(site, "/batches").text):
        assert re.search(mark, where)
    assert "Download as ZIP" in page


def test_all_pictures_come_in_one_file(site: Site) -> None:
    place = begun(site, "a fox\nan owl", model="sketch/sketch")
    until(site, place, "2 of 2", "Download as ZIP")
    answer = get(site, f"{place}/pictures.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert len(archive.namelist()) == 2
        assert archive.testzip() is None


def test_a_long_batch_has_pages(site: Site) -> None:
    place = begun(site, "\n".join(f"lake {place}" for place in range(101)), model="sketch/sketch", delay="3600")
    first, second = get(site, place).text, get(site, f"{place}?page=2").text
    assert "lake 99" in first
    assert "lake 100" not in first
    assert "lake 100" in second
    assert f'href="{place}?page=2"' in first
    send(site, f"{place}/cancel")


def test_what_is_not_there_is_not_found(site: Site) -> None:
    for wrong in (str(uuid4()), "nonsense"):
        for path in ("", "/rows", "/pictures.zip"):
            assert get(site, f"/batches/{wrong}{path}").status_code == 404
        for act in ("pause", "resume", "cancel"):
            assert send(site, f"/batches/{wrong}/{act}").status_code == 404
    assert get(site, "/jobs/retry?batch=nonsense").status_code == 404


def test_rows_that_never_became_jobs_are_tried_again_for_their_price_now(tmp_path: Path) -> None:
    with serving(tmp_path, daily_cost_limit_usd="0.001") as site:
        place = begun(site, "a harbour\na pier", model="openai/gpt-image-2")
        page = until(site, place, "All rows are over.", "2 came short")
        assert page.count("Not painted") == 2
        assert "limit" in page
        assert site.stand_in.purchases == 0
        assert f'href="{place}/retry"' in page
    with serving(tmp_path) as site:
        asked = get(site, f"{place}/retry").text
        assert "2 rows \u00b7 2 images \u00b7 $" in asked
        most = re.search(r'name="most" value="(\d+)"', asked)
        assert most
        dear = send(site, f"{place}/retry", most="1")
        assert (dear.status_code, "The price has risen" in dear.text) == (409, True)
        assert site.stand_in.purchases == 0
        for _ in range(2):
            assert send(site, f"{place}/retry", most=most[1]).headers["location"] == place
        page = until(site, place, "Finished", "2 done")
        assert "Retry failed" not in page
        assert site.stand_in.purchases == 2
        assert get(site, f"/batches/{uuid4()}/retry").status_code == 404
