"""Reports at the command line."""

from pathlib import Path

import pytest

from limner.testing.faults import At, Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner

SKETCH = ("generate", "a cat", "-m", "sketch", "--size", "64x64", "--no-show", "--json")


@pytest.mark.req("S1-107")
def test_a_picture_is_reported_listed_looked_at_and_decided_about(limner: Limner, tmp_path: Path) -> None:
    image = limner(*SKETCH).document["images"][0]
    assert "There is no such report" in limner("reports", "list").err
    made = limner("reports", "add", image["id"], "spam", "--details", "in the corner", "--json").document
    assert "was there already" in limner("reports", "add", image["id"], "spam").err
    listed = limner("reports", "list")
    assert (listed.code, "spam" in listed.out) == (0, True)

    part = made["id"][-8:]
    assert limner("reports", "decide", part, "withhold", "--note", "seen", "--json").document["withheld"] is True
    shown = limner("show", image["id"])
    assert (shown.code, "withheld" in shown.err + shown.out) == (3, True)
    copy = limner("reports", "show", part, "--out", str(tmp_path / "seen"), "--json").document["copy"]
    assert Path(copy).read_bytes()[:4] == b"\x89PNG"
    assert "in the corner" in limner("reports", "show", part).out
    assert limner("reports", "list", "--json").document["reports"] == []
    assert limner("reports", "list", "--state", "withheld", "--json").document["reports"][0]["note"] == "seen"

    assert limner("reports", "decide", part, "delete").code == 0
    assert limner("show", image["id"]).code == 1
    assert limner("reports", "decide", part, "dismiss").code == 2
    assert limner("reports", "show", "ffffffff").code == 1
    assert limner("reports", "decide", part, "burn").code == 2


@pytest.mark.req("S3-086")
def test_a_flagged_picture_ends_the_command_as_refused(
    limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNER_MODERATION", "openai")
    flagged = Fault(at=At.MODERATION, status=200, body={"results": [{"flagged": True, "categories": {}}]})
    shop.faults.add(Fault(at=At.MODERATION), flagged)
    ended = limner("generate", "a boat", "-m", "openai/gpt-image-2", "--yes", "--json")
    assert ended.code == 3
    assert ended.document["state"] == "refused"
    assert ended.document["error"]["code"] == "picture_withheld"
    assert ended.document["cost_usd"] > 0
    assert shop.purchases == 1


def test_pictures_are_not_looked_at_where_nobody_can(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_MODERATE_PICTURES", "on")
    ended = limner(*SKETCH)
    assert ended.code != 0
    assert "LIMNER_MODERATION=openai" in ended.out + ended.err
