"""Statistics over HTTP."""

from typing import Any

from tests.api.served import Site


def test_what_was_made_is_summed_by_service_and_day(site: Site) -> None:
    before: Any = site.client.get("/api/v1/statistics").json()
    known = {each["service"]: each["images"] for each in before["services"]}
    site.paint(count=2)
    after: Any = site.client.get("/api/v1/statistics").json()
    (sketch,) = [each for each in after["services"] if each["service"] == "sketch"]
    assert sketch["images"] == known.get("sketch", 0) + 2
    assert sketch["success_rate"] == 1.0
    assert sketch["average_seconds"] >= 0
    assert after["days"][0]["images"] >= 2
    assert site.client.get("/api/v1/statistics", params={"since": "2099-01-01"}).json()["services"] == []
    assert site.client.get("/api/v1/statistics", params={"since": "soon"}).status_code == 422
