"""The settings' API keys, without a script."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from limner.domain.people import Role
from limner.testing.faults import At, Fault
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving

HERE = "/settings/keys"
CANARY = "sk-proj-never-to-be-seen-1234567890-Qm4A"
OTHER = "sk-proj-neither-is-this-one-0987654321-x9Yz"
NEW = {"service": "openai", "label": "Studio", "api_key": CANARY}
WRONG = {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}
EMPTY = {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of one person, without sign-in."""
    with serving(tmp_path_factory.mktemp("keys")) as site:
        yield site


@pytest.fixture
def people(tmp_path: Path) -> Iterator[Site]:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ada@example.com", Role.ADMIN)
        add_user(tmp_path, "ann@example.com")
        add_user(tmp_path, "eve@example.com", Role.VIEWER)
        yield site


def forms_of(page: httpx2.Response, deed: str) -> list[str]:
    """The addresses of the forms and links that do something to a key."""
    return re.findall(rf'(?:action|href)="({HERE}/[0-9a-f-]+/{deed})"', page.text)


def main_of(page: httpx2.Response) -> str:
    """What a page is about, without what surrounds it."""
    return page.text.partition("<main")[2].partition("</main>")[0]


def test_the_settings_lead_to_their_first_section(alone: Site) -> None:
    led = alone.client.get("/settings")
    assert (led.status_code, led.headers["location"]) == (303, HERE)
    page = alone.client.get(HERE)
    assert page.status_code == 200
    assert f'<a href="{HERE}" aria-current="page">API keys</a>' in page.text
    assert "<h1>Settings</h1>" in page.text


@pytest.mark.req("S2-072")
def test_a_key_is_stored_masked_checked_replaced_and_deleted(alone: Site) -> None:
    client = alone.client
    added = client.post(HERE, data=NEW)
    assert (added.status_code, added.headers["location"]) == (303, f"{HERE}?done=added")
    page = client.get(added.headers["location"])
    assert "The key is stored" in page.text
    assert "sk-proj-••••••••Qm4A" in page.text
    (check,) = forms_of(page, "validate")
    checked = client.post(check)
    assert re.search(r"Valid\. \d+ models available\.", checked.text)
    alone.stand_in.faults.add(Fault(at=At.ACCOUNT, status=401, body=WRONG))
    assert "OpenAI does not accept this key (401)." in client.post(check).text
    alone.stand_in.faults.add(Fault(at=At.ACCOUNT, status=429, body=EMPTY))
    assert "OpenAI accepts this key, but the account is out of credit." in client.post(check).text
    again = main_of(client.get(HERE))  # what was said last stands there, and when
    assert ("Out of credit" in again, re.search(r"Asked <?.*\d", again) is not None) == (True, True)
    assert "but the account is" not in again
    one = check.removesuffix("/validate")
    form = client.get(one)
    assert ('value="Studio"' in form.text, "Replace Studio" in form.text) == (True, True)
    changed = client.post(one, data={"label": "Atelier", "api_key": OTHER, "weight": "2.5"})
    assert changed.headers["location"] == f"{HERE}?done=replaced"
    kept = client.post(one, data={"label": "Atelier", "api_key": "", "weight": "2.5"})  # empty keeps the key
    assert kept.status_code == 303
    page = client.get(HERE)
    assert "Not asked yet" in page.text  # this is another key
    assert ("Atelier" in page.text, "••••x9Yz" in page.text, "Studio" in page.text) == (True, True, False)
    asked = client.get(f"{one}/delete")
    assert "Delete the key “Atelier” of OpenAI?" in asked.text
    seen = "".join(each.text for each in (added, page, checked, form, changed, kept, asked))
    assert (CANARY in seen, OTHER in seen, CANARY[8:] in seen) == (False, False, False)
    assert client.post(f"{one}/delete").headers["location"] == f"{HERE}?done=deleted"
    assert "No keys yet" in client.get(HERE).text
    assert client.get(one).status_code == 404


def test_what_is_wrong_with_a_key_stands_beside_its_form_without_the_key(alone: Site) -> None:
    for wrong in ({"api_key": f"{CANARY} {CANARY}"}, {"service": "nobody"}, {"weight": "heavy"}, {"label": "x" * 201}):
        refused = alone.client.post(HERE, data={**NEW, **wrong})
        assert (refused.status_code, 'role="alert"' in refused.text, CANARY in refused.text) == (422, True, False)
    # The browser checks nothing by itself: what is missing is told in the page, at the field, which gets the focus.
    missing = alone.client.post(HERE, data={**NEW, "api_key": ""})
    assert (missing.status_code, "Paste the key, as its provider shows it." in missing.text) == (422, True)
    assert re.search(r'<form id="add"[^>]* novalidate>', missing.text)
    assert re.search(r'id="api_key"[^>]* aria-invalid="true" autofocus="" aria-describedby="keys-wrong"', missing.text)
    kept = alone.client.post(HERE, data={**NEW, "label": '"><b>x', "weight": "heavy"})
    assert 'aria-describedby="weight-hint keys-wrong"' in kept.text
    assert ('value="&#34;&gt;&lt;b&gt;x"' in kept.text, "<b>x" in kept.text) == (True, False)
    assert "No keys yet" in alone.client.get(HERE).text


def test_each_person_sees_their_own_keys_and_the_shared_ones(people: Site) -> None:
    with (
        client_of(people, "ada@example.com") as ada,
        client_of(people, "ann@example.com") as ann,
        client_of(people, "eve@example.com") as eve,
    ):
        assert ada.post(HERE, data={**NEW, "label": "Everybody's", "shared": "on"}).status_code == 303
        assert ann.post(HERE, data={**NEW, "label": "Of Ann"}).status_code == 303
        page = ann.get(HERE)
        assert ("Shared with you" in page.text, "Of Ann" in page.text) == (True, True)
        assert len(forms_of(page, "validate")) == 2
        checks = forms_of(page, "validate")
        assert "Valid." in ann.post(checks[0]).text
        assert ada.get(HERE).text.count("Asked ") == 1  # a shared key's answer is everybody's
        assert ann.get(HERE).text.count("Not asked yet") == 1
        (mine,) = forms_of(page, "delete")
        (shared,) = forms_of(ada.get(HERE), "delete")
        assert "Of Ann" not in ada.get(HERE).text
        for verb in (ada.get, ada.post):
            assert verb(mine).status_code == 404
        assert ann.post(shared).status_code == 403
        assert ann.post(HERE, data={**NEW, "shared": "on"}).status_code == 403
        looks = eve.get(HERE)
        assert (looks.status_code, "<form" in main_of(looks)) == (200, False)
        assert eve.post(HERE, data=NEW).status_code == 403
        assert ann.post(mine).status_code == 303
