"""Clean-up, the trash for good, and what pictures take, over HTTP; in an installation of its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.served import Site, serving


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("cleaning")) as found:
        yield found


@pytest.mark.req("S1-078", "S4-046", "S4-065")
def test_old_pictures_and_the_trash_go_for_good(own: Site) -> None:
    job: Any = own.paint(prompt="to be cleared away", count=3)
    first, second, third = [each["id"] for each in job["images"]]
    assert own.client.put(f"/api/v1/images/{first}/favorite").status_code == 200
    assert own.client.delete(f"/api/v1/images/{third}").status_code == 204
    here = "/api/v1/cleanups"
    dry = own.client.post(here, json={"older_than_days": 0}).json()
    assert (dry["images"], dry["dry_run"], dry["ids"]) == (1, True, [second])
    assert dry["bytes"] > 0
    use = own.client.get("/api/v1/storage").json()
    assert (use["kept"]["images"], use["trash"]["images"], use["runs"]) == (2, 1, [])
    assert [each["project"] for each in use["projects"]] == ["default"]
    went = own.client.post(here, json={"older_than_days": 0, "dry_run": False}).json()
    assert (went["images"], went["bytes"]) == (1, dry["bytes"])
    assert own.client.get(f"/api/v1/images/{second}").status_code == 404
    assert own.client.delete("/api/v1/trash").json()["images"] == 1
    assert own.client.get(f"/api/v1/images/{third}").status_code == 404
    assert own.client.get(f"/api/v1/images/{first}/file").status_code == 200
    use = own.client.get("/api/v1/storage").json()
    assert (use["kept"]["images"], use["trash"]["images"], use["cleared"]["images"]) == (1, 0, 2)
    assert [run["reason"] for run in use["runs"]] == ["asked", "rules"]
    # The job and what it has cost are still known.
    assert [each["id"] for each in own.client.get(f"/api/v1/jobs/{job['id']}").json()["images"]] == [first]


@pytest.mark.parametrize(
    "body", [{}, {"older_than_days": -1}, {"older_than_days": "9"}, {"larger_than_bytes": 2**60}, {"dry_run": False}]
)
def test_a_clean_up_says_what_it_takes(own: Site, body: dict[str, object]) -> None:
    assert own.client.post("/api/v1/cleanups", json=body).status_code == 422
