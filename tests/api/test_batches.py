"""Batches over HTTP: priced, carried out, looked at, cancelled, resumed; each row good or bad by itself."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from limner.testing.faults import Fault
from tests.api.served import Site, serving

SMALL = {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64"}
PAID = {"prompt": "a harbour", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
BAD = {"prompt": "a fox", "size": "plenty"}
NO_GOOD = Fault(status=400, body={"error": {"message": "Your prompt was no good.", "code": "invalid_value"}})
PATIENCE = 30.0


def sent(site: Site, rows: list[Any], key: str | None = None, **options: object) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return site.client.post("/api/v1/batches", json={"requests": rows, **options}, headers=headers)


def begun(site: Site, rows: list[Any], **options: Any) -> dict[str, Any]:
    answer = sent(site, rows, **options)
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/batches/{body['id']}" == body["links"]["self"]
    return body


def ended(site: Site, batch: dict[str, Any]) -> dict[str, Any]:
    """The batch when it is over."""
    pause, until = threading.Event(), time.monotonic() + PATIENCE
    while True:
        shown: dict[str, Any] = site.client.get(batch["links"]["self"]).json()
        if shown["state"] != "running":
            return shown
        assert time.monotonic() < until, shown
        pause.wait(0.05)


@pytest.mark.req("S0-078", "S4-080", "S3-111")
def test_a_batch_is_carried_out_row_by_row(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        batch = begun(site, [PAID, BAD, {**SMALL, "count": 2}, {"model": "nobody", "prompt": "x"}], name="harbours")
        assert (batch["name"], batch["total"], batch["concurrency"]) == ("harbours", 4, 8)
        done = ended(site, batch)
        assert (done["state"], done["counts"], done["left"]) == ("finished", {"succeeded": 2, "failed": 2}, 0)
        states = [(row["number"], row["state"], row["problem"] and row["problem"]["code"]) for row in done["rows"]]
        assert states == [
            (1, "succeeded", None),
            (2, "failed", "invalid_request"),
            (3, "succeeded", None),
            (4, "failed", "unknown_model"),
        ]
        jobs = [site.client.get(row["links"]["job"]).json() for row in done["rows"] if row["job_id"]]
        assert [len(job["images"]) for job in jobs] == [1, 2]
        assert done["cost"] == done["rows"][0]["cost"] == jobs[0]["cost"]
        assert done["cost"]["micro_usd"] > 0
        assert done["ceiling"]["micro_usd"] >= done["cost"]["micro_usd"]
        assert site.stand_in.purchases == 1
        quick = site.client.get(f"{batch['links']['self']}?rows=false").json()
        assert quick == {**done, "rows": None}
        [listed] = site.client.get("/api/v1/batches").json()["items"]
        assert listed == {name: value for name, value in done.items() if name != "rows"}


def test_a_batch_is_priced_first_and_nothing_is_bought_above_the_limit(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        rows = [PAID, {**PAID, "count": 2}, BAD, SMALL]
        one = site.client.post("/api/v1/quotes", json=PAID).json()
        answer = site.client.post("/api/v1/batches/quote", json={"requests": rows})
        assert answer.status_code == 200, answer.text
        quote = answer.json()
        assert (quote["total"], quote["paintable"]) == (4, 3)
        for name in ("floor", "likely", "ceiling"):
            single = one["estimate"][name]["micro_usd"]
            assert quote["rows"][0]["estimate"][name]["micro_usd"] == single
            parts = [row["estimate"][name]["micro_usd"] for row in quote["rows"] if row["estimate"]]
            assert quote["estimate"][name]["micro_usd"] == sum(parts) > 2 * single
        assert [row["service"] for row in quote["rows"]] == ["openai", "openai", None, "sketch"]
        assert quote["rows"][2]["problem"]["field"] == "size"
        refused = sent(site, rows, max_cost="0.001")
        assert (refused.status_code, refused.json()["code"]) == (409, "confirmation_required")
        assert "more than the $0.001 that you allow. Raise max_cost or take rows out." in refused.json()["detail"]
        assert site.client.get("/api/v1/batches").json()["items"] == []
        assert site.stand_in.purchases == 0
        done = ended(site, begun(site, rows, max_cost=quote["estimate"]["ceiling"]["usd"]))
        assert done["counts"] == {"succeeded": 3, "failed": 1}
        assert done["cost"]["micro_usd"] <= quote["estimate"]["ceiling"]["micro_usd"]


def test_a_price_that_nobody_knows_is_a_problem_of_its_row(tmp_path: Path) -> None:
    (tmp_path / "data" / "catalog.d").mkdir(parents=True)
    text = '[service]\nid = "openai"\n[[model]]\nname = "new"\ntitle = "New"\ndescription = "New."\nsource = "here"\n'
    text += 'operations = ["generate"]\nsizes.fixed = ["1024x1024"]\nprices = { unknown = true }\n'
    text += 'seconds = 5\ntimeout = 60\nformats = ["png"]\nmax_count = 1\nprompt_limit = 1000\n'
    (tmp_path / "data" / "catalog.d" / "new.toml").write_text(text)
    rows = {"requests": [{"prompt": "a fox", "model": "openai/new"}, SMALL]}
    with serving(tmp_path) as site:
        quote = site.client.post("/api/v1/batches/quote", json=rows).json()
        assert (quote["paintable"], quote["rows"][0]["problem"]["code"]) == (1, "price_unknown")
    with serving(tmp_path, unpriced_ceiling_usd="0.05") as site:
        quote = site.client.post("/api/v1/batches/quote", json=rows).json()
        assert (quote["paintable"], quote["estimate"]["ceiling"]["usd"]) == (2, "0.05")
        assert sent(site, rows["requests"], max_cost="0.04").status_code == 409


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("foxes.csv", "prompt,size,model\na fox,64x64,sketch\nan owl,0,sketch\n,,\na hen,64x64,sketch\n"),
        ("foxes.jsonl", '{"prompt": "a fox", "size": "64x64"}\n{"prompt": \n"a hen"\n'),
    ],
)
def test_a_list_of_rows_may_be_uploaded(site: Site, name: str, text: str) -> None:
    answer = site.client.post(
        "/api/v1/batches",
        files={"file": (name, text.encode()), "batch": (None, '{"concurrency": 2}')},
    )
    assert answer.status_code == 202, answer.text
    done = ended(site, answer.json())
    assert (done["name"], done["concurrency"], done["counts"]) == (name, 2, {"succeeded": 2, "failed": 1})
    assert [(row["line"], row["prompt"]) for row in done["rows"] if row["state"] == "succeeded"] == [
        (2 if name.endswith("csv") else 1, "a fox"),
        (5 if name.endswith("csv") else 3, "a hen"),
    ]
    priced = site.client.post("/api/v1/batches/quote", files={"file": (name, text.encode())})
    assert (priced.status_code, priced.json()["paintable"]) == (200, 2)


def test_rows_of_a_list_name_kept_pictures_and_never_paths(site: Site) -> None:
    picture = site.paint()["images"][0]["id"]  # type: ignore[index]  # JSON
    rows = f"image,prompt,operation,model,left\n{picture},night,,sketch,\n{picture},,outpaint,sketch,16\n"
    rows += "/etc/hostname,x,,,\n"
    answer = site.client.post("/api/v1/batches", files={"file": ("edits.csv", rows.encode())})
    done = ended(site, answer.json())
    assert [row["state"] for row in done["rows"]] == ["succeeded", "succeeded", "failed"]
    assert done["rows"][2]["problem"]["code"] == "not_found"
    operations = [site.client.get(row["links"]["job"]).json()["operation"] for row in done["rows"][:2]]
    assert operations == ["edit", "outpaint"]


def test_the_same_key_is_the_same_batch(site: Site) -> None:
    first = sent(site, [SMALL], key="a").json()
    assert sent(site, [SMALL], key="a").json()["id"] == first["id"]
    other = sent(site, [SMALL, SMALL], key="a")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert sent(site, [SMALL], key="b").json()["id"] != first["id"]
    ended(site, first)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"requests": []}, "requests"),
        ({"requests": [SMALL] * 1001}, "requests"),
        ({"requests": [SMALL], "concurrency": 0}, "concurrency"),
        ({"requests": [SMALL], "concurrency": 65}, "concurrency"),
        ({"requests": [SMALL], "max_cost": "plenty"}, "max_cost"),
        ({"requests": ["a fox"]}, "requests.0"),
        ({"requests": [BAD]}, "size"),
        ({"requests": [{"prompt": "a fox", "seed": 10**60}]}, None),
        ({"rows": []}, "requests"),
    ],
)
def test_what_is_no_batch_is_refused_by_field(site: Site, body: dict[str, object], field: str | None) -> None:
    for path in ("/api/v1/batches", "/api/v1/batches/quote"):
        answer = site.client.post(path, json=body)
        if path.endswith("quote") and field in ("size", None):
            assert (answer.status_code, answer.json()["paintable"]) == (200, 0)
        else:
            assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ({"list": ("a.txt", b"a fox")}, "file"),
        ({"file": (None, b"a fox")}, "file"),
        ({"file": ("a.pdf", b"a fox")}, "file"),
        ({"file": ("a.txt", b"\xff\xfe")}, "file"),
        ({"file": ("a.txt", b"\n\n")}, "file"),
        ({"file": ("a.txt", b"fox\n" * 1001)}, "file"),
        ({"file": ("a.csv", b"size\n1x1\n")}, "file"),
        ({"file": ("a.txt", b"a fox"), "batch": (None, b'{"speed": 1}')}, "speed"),
    ],
)
def test_what_is_no_list_is_refused(site: Site, files: dict[str, Any], field: str) -> None:
    answer = site.client.post("/api/v1/batches", files=files)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


def test_what_does_not_exist_is_not_found(site: Site) -> None:
    for name in ("0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11", "nonsense"):
        assert site.client.get(f"/api/v1/batches/{name}").status_code == 404
        assert site.client.delete(f"/api/v1/batches/{name}").status_code == 404


def test_cancelling_takes_out_what_was_not_begun(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.stand_in.latency = 1.0
        batch = begun(site, [{**PAID, "prompt": f"harbour {number}"} for number in range(6)], concurrency=1)
        pause = threading.Event()
        while not site.stand_in.purchases:
            pause.wait(0.02)
        cancelled = site.client.delete(batch["links"]["self"])
        assert cancelled.status_code == 200
        assert cancelled.json()["counts"]["cancelled"] == 5
        done = ended(site, batch)
        assert (done["state"], done["counts"]) == ("cancelled", {"succeeded": 1, "cancelled": 5})
        assert site.stand_in.purchases == 1
        assert site.client.delete(batch["links"]["self"]).json() == done


def test_so_many_at_a_service_and_no_more(tmp_path: Path) -> None:
    with serving(tmp_path, key="") as site:
        batch = begun(site, [SMALL] * 12, concurrency=3)
        done = ended(site, batch)
        jobs = [site.client.get(row["links"]["job"]).json() for row in done["rows"]]
        spans = [(job["created"], job["finished"]) for job in jobs]
        for created, _ in spans:
            assert sum(first <= created < last for first, last in spans) <= 3


def test_a_limit_of_the_minute_slows_a_batch_down_and_stops_no_row(tmp_path: Path) -> None:
    with serving(tmp_path, requests_per_minute=3) as site:
        batch = begun(site, [SMALL] * 5)
        pause, until = threading.Event(), time.monotonic() + PATIENCE
        while (shown := site.client.get(batch["links"]["self"]).json())["counts"] != {"succeeded": 3, "waiting": 2}:
            assert time.monotonic() < until, shown
            pause.wait(0.05)
        assert shown["state"] == "running"
        assert site.client.post("/api/v1/jobs", json=SMALL).status_code == 429
        assert site.client.delete(batch["links"]["self"]).json()["counts"] == {"succeeded": 3, "cancelled": 2}


def test_a_batch_goes_on_with_the_next_server_and_buys_nothing_twice(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.stand_in.latency = 0.3
        rows = [{**PAID, "prompt": f"harbour {number}"} for number in range(8)]
        batch = begun(site, rows, concurrency=2)
        pause = threading.Event()
        while site.stand_in.purchases < 3:
            pause.wait(0.02)
        first = site.stand_in
    with serving(tmp_path) as site:
        done = ended(site, batch)
        assert done["counts"] == {"succeeded": 8}
        assert first.purchases + site.stand_in.purchases == 8
        assert len({row["job_id"] for row in done["rows"]}) == 8


@pytest.mark.req("S1-079", "S1-090")
def test_a_pause_outlives_the_server_and_ends_when_somebody_says_so(tmp_path: Path) -> None:
    with serving(tmp_path, key="") as site:
        batch = begun(site, [SMALL] * 3, concurrency=1, delay_ms=3_600_000)
        assert (batch["delay_ms"], batch["paused"]) == (3_600_000, None)
        paused = site.client.post(f"{batch['links']['self']}/pause")
        assert paused.status_code == 200
        assert paused.json()["state"] == "paused"
        for name in ("0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11", "nonsense"):
            for act in ("pause", "resume"):
                assert site.client.post(f"/api/v1/batches/{name}/{act}").status_code == 404
    with serving(tmp_path, key="") as site:
        shown = site.client.get(batch["links"]["self"]).json()
        assert (shown["state"], shown["paused"]) == ("paused", paused.json()["paused"])
        assert shown["left"] >= 2
        assert site.client.post(f"{batch['links']['self']}/resume").json()["state"] == "running"
        assert site.client.delete(batch["links"]["self"]).json()["state"] in {"running", "cancelled"}
        assert sent(site, [SMALL], delay_ms=-1).status_code == 422


def test_what_never_became_a_job_is_tried_again_for_no_more_than_is_allowed(tmp_path: Path) -> None:
    with serving(tmp_path, daily_cost_limit_usd="0.001") as site:
        batch = begun(site, [PAID, SMALL])
        done = ended(site, batch)
        assert (done["counts"], done["rows"][0]["problem"]["code"]) == (
            {"failed": 1, "succeeded": 1},
            "budget_exceeded",
        )
    with serving(tmp_path) as site:
        retry = f"{batch['links']['self']}/retry"
        assert site.client.post(retry, json={"max_cost": "0.000001"}).status_code == 409
        assert ended(site, batch)["state"] == "finished"
        assert site.client.post(retry).json()["state"] in {"running", "finished"}
        assert ended(site, batch)["counts"] == {"succeeded": 2}
        assert site.client.post(retry, json={}).json()["state"] == "finished"
        assert site.stand_in.purchases == 1
        for name in ("0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11", "nonsense"):
            assert site.client.post(f"/api/v1/batches/{name}/retry").status_code == 404


@pytest.mark.req("S0-078", "S4-080")
def test_a_retry_takes_what_jobs_did_not_bring_and_what_never_became_a_job(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.stand_in.faults.add(NO_GOOD)
        batch = begun(site, [PAID, PAID], concurrency=1)
        done = ended(site, batch)
        assert done["counts"] == {"failed": 1, "succeeded": 1}
        bought, retry = site.stand_in.purchases, f"{batch['links']['self']}/retry"
        assert site.client.post(retry, json={"max_cost": "0.000001"}).status_code == 409
        for _ in range(2):
            assert site.client.post(retry).status_code == 200
        again = ended(site, batch)
        assert (again["counts"], site.stand_in.purchases) == ({"succeeded": 2}, bought + 1)
        assert again["rows"][0]["job_id"] != done["rows"][0]["job_id"]
