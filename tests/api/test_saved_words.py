"""Templates and styles over HTTP."""

from typing import Any

import pytest

from tests.api.served import Site


@pytest.mark.req("S1-027")
def test_a_template_is_saved_filled_used_changed_and_removed(site: Site) -> None:
    made = site.client.post("/api/v1/templates", json={"name": "boats", "template": "a {kind=red} boat"})
    assert made.status_code == 201, made.text
    template = made.json()
    assert template["blanks"] == [{"name": "kind", "default": "red"}]
    address = made.headers["location"]
    assert site.client.get(address).json() == template
    filled = site.client.post(f"{address}/fill", json={"values": {"kind": "blue"}})
    assert filled.json() == {"prompt": "a blue boat"}

    job: Any = site.paint(prompt="", template="boats", values={"kind": "green"})
    assert job["images"][0]["prompt"] == "a green boat"
    quoted = {"template": template["id"], "model": "sketch"}
    assert site.client.post("/api/v1/quotes", json=quoted).json()["request"]["prompt"] == "a red boat"

    changed = site.client.patch(address, json={"description": "at sea"}).json()
    assert (changed["uses"], changed["description"], changed["template"]) == (1, "at sea", template["template"])
    assert template["id"] in [item["id"] for item in site.client.get("/api/v1/templates").json()["items"]]
    again = site.client.post("/api/v1/templates", json={"name": "boats", "template": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    assert site.client.delete(address).status_code == 204
    assert site.client.delete(address).status_code == site.client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"template": "nope"}, 404, "template"),
        ({"values": {"a": "b"}, "prompt": "x"}, 422, "values"),
        ({"template": "x", "prompt": "y"}, 422, "template"),
    ],
)
def test_requests_with_templates_that_make_no_sense_are_refused(
    site: Site, body: dict[str, object], status: int, field: str
) -> None:
    answer = site.client.post("/api/v1/jobs", json={"model": "sketch", **body})
    assert (answer.status_code, answer.json()["field"]) == (status, field)


@pytest.mark.req("S1-081")
def test_a_style_is_saved_used_changed_and_removed(site: Site) -> None:
    body = {"id": "neon-city", "name": "Neon", "description": "Lights", "value": "neon lights"}
    made = site.client.post("/api/v1/presets", json=body)
    assert (made.status_code, made.json()) == (201, {**body, "own": True})
    assert {**body, "own": True} in site.client.get("/api/v1/presets").json()["items"]
    job: Any = site.paint(presets=["neon-city"])
    assert job["images"][0]["prompt"].endswith("neon lights")
    assert site.client.post("/api/v1/presets", json=body).status_code == 409
    address = "/api/v1/presets/neon-city"
    assert site.client.put(address, json={**body, "value": "bright"}).json()["value"] == "bright"
    assert site.client.put(address, json={**body, "id": "other"}).status_code == 422
    assert site.client.delete(address).status_code == 204
    assert site.client.delete(address).status_code == 404
    assert site.client.put(address, json=body).status_code == 404
