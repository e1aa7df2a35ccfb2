"""The settings' budgets, without a script."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.domain.people import Role
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving

HERE = "/settings/budgets"
NEW = {"whom": "everyone", "name": "", "amount": "80", "counted": "usd", "window": "month"}
PAID = {"prompt": "a lake", "model": "openai/gpt-image-2", "quality": "low", "project": "harbour"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("budgets")) as site:
        yield site


def test_budgets_are_added_filled_and_removed(alone: Site) -> None:
    client = alone.client
    assert "Set by the settings of this installation." in client.get(HERE).text  # ten dollars a day
    wanted: tuple[dict[str, str], ...] = (
        {},
        {"whom": "project", "name": "harbour", "amount": "1", "counted": "pictures", "window": "day"},
    )
    for each in (*wanted, {"whom": "user:local", "amount": "2.50", "window": "hour"}):
        assert client.post(HERE, data={**NEW, **each}).headers["location"] == f"{HERE}?done=added"
    again = client.post(HERE, data=NEW)
    assert (again.status_code, "already" in again.text) == (422, True)
    page = client.get(HERE)
    assert re.search(r"Everyone, [A-Z][a-z]+<.*?>\$0 of \$80\.00<", page.text, re.DOTALL)
    assert re.search(r"You, this hour<.*?>\$0 of \$2\.50<", page.text, re.DOTALL)
    assert re.search(r"Project harbour, today<.*?>0 of 1 picture<", page.text, re.DOTALL)
    assert client.post("/api/v1/jobs", json=PAID, headers={"Prefer": "wait=30"}).status_code == 201
    page = client.get(HERE)
    assert re.search(r"Project harbour, today<.*?Used up<.*?>1 of 1 picture<", page.text, re.DOTALL)
    assert "{ --at: 100%; }" in page.text
    for place in re.findall(rf'href="({HERE}/[^"]+/remove)"', page.text):
        asked = client.get(place)
        assert re.search(r"Remove the budget of (\$80\.00|\$2\.50|1 picture) for “", asked.text)
        assert "What it has counted is kept." in asked.text
        assert client.post(place).headers["location"] == f"{HERE}?done=removed"
        assert client.get(place).status_code == 404
    assert "Project harbour" not in client.get(HERE).text


def _within(pattern: str, text: str) -> str:
    (found,) = re.findall(pattern, text)
    return str(found)


def test_a_limit_is_changed_in_one_step_and_sent_twice_it_is_one_change(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        client = site.client
        client.post(HERE, data=NEW)
        client.post(HERE, data={**NEW, "counted": "pictures", "amount": "5", "window": "day"})
        page = client.get(HERE).text
        assert "Counts since it was set up, " in page
        found = [client.get(place).text for place in re.findall(rf'href="({HERE}/[^"/]+)#change"', page)]
        assert not any('id="add"' in form for form in found)
        forms = {_within('name="amount"[^>]* value="([^"]*)"', form): form for form in found}
        assert set(forms) == {"80.00", "5"}
        money, pictures = (_within(f'action="({HERE}/[^"]+)"', forms[each]) for each in ("80.00", "5"))
        for _ in range(2):
            assert client.post(money, data={"amount": "95.50"}).headers["location"] == f"{HERE}?done=changed"
        assert client.post(pictures, data={"amount": "7"}).status_code == 303
        page = client.get(HERE).text
        assert ("$0 of $95.50" in page, "0 of 7 pictures" in page) == (True, True)
        deeds = client.get("/api/v1/audit", params={"act": "budget_changed"}).json()["items"]
        assert sorted(each["detail"] for each in deeds) == [
            "$95.5/month, was $80/month",
            "7 images/day, was 5 images/day",
        ]
        for place, wrong in ((money, "much"), (money, "-1"), (money, ""), (pictures, "1.5")):
            refused = client.post(place, data={"amount": wrong})
            assert (refused.status_code, 'aria-invalid="true"' in refused.text) == (422, True), wrong
            assert f'action="{place}"' in refused.text
        assert "$0 of $95.50" in client.get(HERE).text
        assert client.get(f"{HERE}/01a22617-bac0-7e55-ae57-a67e4e88f825").status_code == 404


def test_what_is_wrong_with_a_budget_stands_beside_its_form(alone: Site) -> None:
    wrongs: tuple[dict[str, str], ...] = (
        {"whom": "nobody"},
        {"whom": "project"},
        {"amount": "much"},
        {"amount": "-1"},
        {"amount": "1.5", "counted": "pictures"},
        {"counted": "euros"},
        {"window": "week"},
    )
    for wrong in wrongs:
        refused = alone.client.post(HERE, data={**NEW, **wrong})
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True), wrong


def test_members_see_what_covers_them_and_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ada@example.com", Role.ADMIN)
        ann, ben = (add_user(tmp_path, f"{name}@example.com") for name in ("ann", "ben"))
        with client_of(site, "ada@example.com") as admin, client_of(site, "ann@example.com") as member:
            for user in (ann, ben):
                assert admin.post(HERE, data={**NEW, "whom": f"user:{user.id}"}).status_code == 303
            page = admin.get(HERE).text
            assert ("ann@example.com, " in page, "ben@example.com, " in page) == (True, True)
            own = member.get(HERE).text
            assert ("ann@example.com, " in own, "ben@example.com" in own, "<select" in own) == (True, False, False)
            refused = member.post(HERE, data=NEW, headers={"Accept": "text/html"})
            assert (refused.status_code, "Ask one." in refused.text, "<h1>" in refused.text) == (403, True, True)
            (place, _) = re.findall(rf'href="({HERE}/[^"]+/remove)"', page)
            assert (member.get(place).status_code, member.post(place).status_code) == (403, 403)
            place = place.removesuffix("/remove")
            refused = member.post(place, data={"amount": "1"}, headers={"Accept": "text/html"})
            assert (member.get(place).status_code, refused.status_code) == (403, 403)
            assert admin.get(HERE).text.count(">$0 of $80.00<") == 2
