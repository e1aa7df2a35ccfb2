"""Budgets at the command line."""

import sqlite3
from pathlib import Path

import pytest

from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner

PAID = ("generate", "a cat", "-m", "openai/gpt-image-2", "--quality", "low", "--yes", "--no-show", "--json")


def test_a_budget_is_added_used_listed_and_removed(limner: Limner, shop: OpenAIStandIn) -> None:
    ended = limner("budgets", "add", "--project", "harbour", "--per", "month", "--pictures", "1")
    assert (ended.code, "for project harbour is 1 images/month" in ended.err) == (0, True)
    assert limner("budgets", "add", "--everyone", "--per", "all", "--usd", "0.5", "--json").document["usd"] == {
        "limit": 0.5,
        "held": 0.0,
        "spent": 0.0,
        "left": 0.5,
    }
    assert limner(*PAID, "--project", "harbour").code == 0
    refused = limner(*PAID, "--project", "harbour")
    assert (refused.code, refused.document["error"]["code"]) == (3, "image_limit_exceeded")
    assert limner(*PAID).code == 0

    listed = limner("budgets", "list")
    assert listed.code == 0
    assert "project harbour  1 picture a month" in listed.out
    rows = limner("budgets", "list", "--json").document["budgets"]
    assert [(row["kind"], row["window"]) for row in rows] == [
        ("user", "day"),
        ("everyone", "all"),
        ("project", "month"),
    ]
    assert rows[0]["usd"]["spent"] == rows[1]["usd"]["spent"] > 0
    assert rows[2]["pictures"] == {"limit": 1, "held": 0, "spent": 1, "left": 0}

    changed = limner("budgets", "change", rows[2]["id"][-8:], "--pictures", "2", "--json")
    assert changed.document["pictures"] == {"limit": 2, "held": 0, "spent": 1, "left": 1}
    assert "is 1 images/month now" in limner("budgets", "change", rows[2]["id"], "--pictures", "1").err
    assert limner("budgets", "change", rows[2]["id"], "--usd", "1").code == 2
    assert limner("budgets", "change", rows[2]["id"]).code == 2
    assert limner("budgets", "remove", rows[2]["id"][-8:]).code == 0
    assert limner("budgets", "remove", rows[2]["id"]).code == 1
    assert limner(*PAID, "--project", "harbour").code == 0
    assert shop.purchases == 3
    assert limner("budgets", "check").out == "All sums agree with their rows.\n"


def test_a_limit_on_requests_of_the_server_is_none_on_the_command_line(
    limner: Limner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNER_REQUESTS_PER_MINUTE", "1")
    for _ in range(2):
        assert limner("generate", "a cat", "-m", "sketch", "--size", "64x64", "--no-show", "--json").code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--usd", "5"), "whom it is for"),
        (("--everyone", "--user", "ann", "--usd", "5"), "whom it is for"),
        (("--everyone",), "--usd or in --pictures"),
        (("--everyone", "--usd", "5", "--pictures", "5"), "--usd or in --pictures"),
        (("--everyone", "--usd", "five"), "is not an amount"),
        (("--everyone", "--pictures", "-1"), "from 0 up"),
        (("--user", "", "--usd", "5"), "Say which user"),
    ],
)
def test_budgets_that_make_no_sense_are_refused(limner: Limner, options: tuple[str, ...], said: str) -> None:
    ended = limner("budgets", "add", *options)
    assert (ended.code, said in ended.err) == (2, True), ended.err


def test_an_id_that_fits_several_is_refused(limner: Limner) -> None:
    ids = [
        limner("budgets", "add", "--everyone", "--per", per, "--usd", "5", "--json").document["id"]
        for per in ("hour", "day")
    ]
    assert limner("budgets", "remove", ids[0][:6]).code == 2


def test_wrong_books_are_told(limner: Limner, home: Path, shop: OpenAIStandIn) -> None:
    assert limner(*PAID).code == 0
    with sqlite3.connect(home / "limner.db") as connection:
        connection.execute("UPDATE budget_counters SET spent = 1")
    connection.close()
    ended = limner("budgets", "check", "--json")
    assert (ended.code, ended.document["ok"]) == (1, False)
    assert "has 1 spent" in ended.document["differences"][0]
    assert "has 1 spent" in limner("budgets", "check").out
