"""One's own queue over HTTP."""

from pathlib import Path
from typing import Any

from tests.api.served import Site, serving

SKETCH = {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64"}


def change(site: Site, **body: object) -> Any:
    return site.client.patch("/api/v1/queue", json=body)


def test_a_queue_is_paused_and_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        going = {"paused": False, "since": None, "queued": 0, "running": 0}
        assert site.client.get("/api/v1/queue").json() == going
        paused = change(site, paused=True).json()
        assert (paused["paused"], change(site, paused=True).json()["since"]) == (True, paused["since"])
        assert change(site, paused="yes").status_code == 422

        waiting = site.client.post("/api/v1/jobs", json=SKETCH).json()
        assert (waiting["state"], site.client.get("/api/v1/queue").json()["queued"]) == ("queued", 1)
        events = site.client.get(waiting["links"]["events"], headers={"Accept": "application/json"}).json()["items"]
        assert events[0]["data"] == {"state": "queued", "waits": "queue_paused"}

        body = {"prompt": "a lake", "model": "sketch", "size": "256x256"}
        refused = site.client.post("/v1/images/generations", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "queue_paused")
        assert len(site.client.get("/api/v1/jobs").json()["items"]) == 1

        moved = site.client.post(f"{waiting['links']['self']}/front")
        assert (moved.status_code, moved.json()["id"]) == (200, waiting["id"])
        assert site.client.post("/api/v1/jobs/0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11/front").status_code == 404

        assert change(site, paused=False).json()["paused"] is False
        told = site.client.get(waiting["links"]["events"], timeout=60).text  # up to the last one
        assert '"state":"succeeded"' in told.replace(" ", "")
        assert site.client.post("/v1/images/generations", json=body).status_code == 200
        assert site.client.get(waiting["links"]["self"]).json()["state"] == "succeeded"
