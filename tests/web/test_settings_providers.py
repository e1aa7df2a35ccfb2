"""The settings' providers, without a script."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from limner.catalog.loader import load_catalog
from limner.domain.people import Role
from limner.testing.faults import Fault
from limner.web import services
from limner.web.languages import KNOWN, speaking
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving

HERE = "/settings/providers"
BROKEN = {"error": {"message": "The server had an error.", "code": "server_error"}}
PAID = {"prompt": "a lake", "model": "openai/gpt-image-2", "quality": "low"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("providers"), circuit_breaker_failure_threshold=2) as site:
        yield site


def row_of(page: httpx2.Response, service: str) -> str:
    return page.text.partition(f'id="provider-{service}"')[2].partition("</tr>")[0]


def test_each_provider_says_how_it_fares_and_what_it_needs(alone: Site) -> None:
    page = alone.client.get(HERE)
    assert "Healthy" in row_of(page, "openai")
    assert "Always on" in row_of(page, "sketch")
    assert ("No key" in row_of(page, "fal"), "FAL_KEY" in row_of(page, "fal")) == (True, True)
    one = alone.client.get(f"{HERE}/openai")
    assert ("GPT Image 2" in one.text, "openai/gpt-image-2" in one.text, "$0." in one.text) == (True, True, True)
    assert alone.client.get(f"{HERE}/nobody").status_code == 404
    checked = alone.client.post(f"{HERE}/openai/check")
    assert "models available." in row_of(checked, "openai")


def test_what_a_provider_is_like_is_told_in_the_language_of_the_page(alone: Site) -> None:
    cards = {card.id: card for card in load_catalog().services}
    assert {each: card.description for each, card in cards.items()} == services.DESCRIPTIONS
    german = alone.client.get(f"{HERE}/stability", headers={"Cookie": "language=de"}).text
    assert "a tool for each kind of edit" not in german
    with speaking(KNOWN["de"]):
        own = services.described(replace(cards["openai"], description="Ours, behind a wall."))
        assert services.called(cards["sketch"]) == "Eingebaut"
        assert [services.called(replace(cards[each], name="Own")) for each in ("sketch", "openai")] == ["Own", "Own"]
    assert {services.called(card) for card in cards.values()} == {card.name for card in cards.values()}
    assert own == '<span lang="en" dir="ltr">Ours, behind a wall.</span>'


def test_a_provider_is_switched_off_and_on_weighed_and_paced(alone: Site) -> None:
    client = alone.client
    off = client.post(f"{HERE}/openai/use", data={"enabled": "off"})
    assert off.headers["location"] == f"{HERE}?done=off"
    row = row_of(client.get(HERE), "openai")
    assert ("Switched off" in row, 'aria-checked="false"' in row) == (True, True)
    assert client.post(f"{HERE}/openai/use", data={"enabled": "on"}).headers["location"] == f"{HERE}?done=on"
    set_so = client.post(f"{HERE}/openai", data={"weight": "2.5", "pace": "0.5"})
    assert set_so.headers["location"] == f"{HERE}?done=pressed"
    assert ("weight 2.5" in (row := row_of(client.get(HERE), "openai")), "0.5 a second" in row) == (True, True)
    for wrong in ({"weight": "heavy"}, {"weight": "-1"}, {"pace": "1e9"}, {"pace": "nan"}):
        refused = client.post(f"{HERE}/openai", data=wrong)
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True), wrong
    client.post(f"{HERE}/openai", data={"weight": "", "pace": ""})
    assert "weight" not in row_of(client.get(HERE), "openai")


def test_a_provider_that_keeps_failing_rests_and_is_tried_again_at_once(alone: Site) -> None:
    client = alone.client
    for _ in range(2):
        alone.stand_in.faults.add(Fault(status=500, body=BROKEN))
        client.post("/api/v1/jobs", json=PAID, headers={"Prefer": "wait=30"})
    row = row_of(client.get(HERE), "openai")
    assert ("Breaker open" in row, "Resting after 2 failures. Tries again in " in row) == (True, True)
    assert "Breaker open" in client.get(f"{HERE}/openai").text
    reset = client.post(f"{HERE}/openai/reset")
    assert reset.headers["location"] == f"{HERE}?done=reset"
    assert "Healthy" in (row := row_of(client.get(HERE), "openai"))
    assert "Try now" not in row


def test_only_administrators_steer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ada@example.com", Role.ADMIN)
        add_user(tmp_path, "ann@example.com")
        with client_of(site, "ann@example.com") as ann, client_of(site, "ada@example.com") as ada:
            assert 'role="switch"' not in ann.get(HERE).text
            for path in ("openai", "openai/use", "openai/reset"):
                refused = ann.post(f"{HERE}/{path}", headers={"Accept": "text/html"})
                assert (refused.status_code, "Ask one." in refused.text, "<h1>" in refused.text) == (403, True, True)
            assert 'role="switch"' in ada.get(HERE).text


def test_prices_and_paces_are_written_as_the_language_writes_them(alone: Site) -> None:
    assert alone.client.patch("/api/v1/providers/openai", json={"requests_per_second": 1.5}).status_code == 200
    german = {"Accept-Language": "de"}
    assert "1,5 je Sekunde" in row_of(alone.client.get(HERE, headers=german), "openai")
    page = alone.client.get(f"{HERE}/anthropic", headers=german).text
    assert "2,00\N{NO-BREAK SPACE}$ / 10,00\N{NO-BREAK SPACE}$ für eine Million Token" in page
