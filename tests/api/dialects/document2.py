"""What the tests of document 2's surface share."""

from typing import Any

from tests.api.served import Site

NOBODY = "0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"
"""An id that nothing has."""


def made(site: Site, name: str, **fields: object) -> dict[str, Any]:
    """A new profile; the built-in artist paints unless it says otherwise."""
    body = {"name": name, "provider": "SKETCH", "modelName": "sketch", **fields}
    answer = site.client.post("/api/image-profiles", json=body)
    assert answer.status_code == 201, answer.text
    profile: dict[str, Any] = answer.json()
    return profile


def said(answer: Any) -> tuple[int, Any]:
    """The status and the body of an answer."""
    return answer.status_code, answer.json()


def faults(answer: Any) -> list[tuple[str, str, list[str | int]]]:
    """Code, message and path of everything that a validation found; the answer is one of a validation."""
    assert said(answer)[0] == 400, answer.text
    assert answer.json()["error"] == "Validation error"
    assert set(answer.json()) == {"error", "details"}
    return [(each["code"], each["message"], each["path"]) for each in answer.json()["details"]]
