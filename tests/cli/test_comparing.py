"""Comparing at a shell: blind until the vote, bought as a whole, told afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from limner.cli import comparing
from limner.cli.opening import Session
from limner.cli.output import Output
from tests.cli.conftest import Limner

TWO = ("--models", "sketch", "--second", "an owl", "--size", "64x64")


def begun(limner: Limner, *arguments: str) -> Any:
    ran = limner("compare", "a fox", *TWO, "--json", *arguments)
    assert ran.code == 0, ran.err
    return ran.document


@pytest.mark.req("S3-112", "S1-128")
def test_a_round_is_shown_without_names_voted_on_and_told(limner: Limner) -> None:
    ran = limner("compare", "a fox", *TWO, "--out", "blind/")
    assert ran.code == 0, ran.err
    assert "2 pictures for nothing together" in ran.err
    assert "2 of 2 are ready." in ran.err
    assert sorted(path.name for path in Path("blind").iterdir()) == ["round-1-A.webp", "round-1-B.webp"]
    assert "sketch" not in (ran.out + ran.err).lower()
    name = ran.out.split()[3]
    assert ran.out.split() == ["limner", "compare", "vote", name, "A|B|equal|none|skip"]
    told = limner("compare", "vote", name[-8:], "b")
    assert (told.code, "You chose B." in told.err) == (0, True)
    assert told.out.count("sketch/sketch") == 2
    assert "your pick" in told.out
    assert limner("compare", "vote", name, "A").code == 2
    assert "B: Sketch artist" in limner("compare", "list").out
    board = limner("compare", "board", "--by", "prompt", "--json").document
    assert (board["votes"], [each["won"] for each in board["items"]]) == (1, [1.0, 0.0])
    assert "21% to 100%" in limner("compare", "board", "--by", "prompt").out
    assert "Nobody has won anything yet" in limner("compare", "board").err  # it did not meet another model


def test_documents_are_blind_as_well(limner: Limner) -> None:
    found = begun(limner)
    assert (found["state"], found["letters"], found["contenders"]) == ("voting", ["A", "B"], None)
    assert "sketch" not in repr(found)
    shown = limner("compare", "show", found["id"], "--json").document
    assert shown == found
    told = limner("compare", "vote", found["id"], "equal", "--json").document
    assert (told["outcome"], told["best"], len(told["contenders"])) == ("equal", None, 2)
    assert {each["model"] for each in told["contenders"]} == {"sketch/sketch"}
    assert limner("compare", "show", found["id"], "--json").document == told


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("compare", "a fox", "--models", "sketch"), 2, "Choose 2 to 4"),
        (("compare", "a fox"), 2, "--models"),
        (("compare", "a fox", "--models", "sketch,nobody"), 2, "nobody"),
        (("compare", "a fox", *TWO, "--out", "a.png"), 2, "Name a folder"),
        (("compare", "vote", "nothing", "A"), 1, "limner compare list"),
        (("compare", "vote", "nothing", "E"), 2, "is no vote"),
    ],
)
def test_what_cannot_be_is_said(limner: Limner, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = limner(*arguments)
    assert ran.code == code, ran.err
    assert said in ran.err
    assert limner("compare", "list", "--json").document == {"comparisons": []}


def test_a_prompt_that_is_called_like_a_command_is_a_prompt_where_that_is_said(limner: Limner) -> None:
    ran = limner("compare", "round", "board", *TWO, "--json")
    assert (ran.code, ran.document["prompts"]) == (0, ["an owl", "board"])


def test_nothing_is_begun_that_costs_more_than_is_allowed(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    ran = limner("compare", "a fox", "--models", "sketch,openai/gpt-image-2", "--max-cost", "0.001")
    assert (ran.code, "more than the $0.001 that you allow" in ran.err) == (3, True)
    assert limner("compare", "list", "--json").document == {"comparisons": []}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (["E", "D", "b"], "You chose B."),
        (["="], "You called them equal."),
        ([""], "waits for your vote"),
    ],
)
def test_whoever_sits_there_is_asked_for_a_vote(
    limner: Limner, monkeypatch: pytest.MonkeyPatch, answers: list[str], said: str
) -> None:
    asked: list[str] = []

    async def typed(session: Session, prompt: str) -> str:
        asked.append(prompt)
        return f"{answers[len(asked) - 1]}\n"

    monkeypatch.setattr(Output, "talks", True)
    monkeypatch.setattr(comparing, "typed", typed)
    ran = limner("compare", "a fox", *TWO, "--yes")
    assert ran.code == 0, ran.err
    assert len(asked) == len(answers)
    assert asked[0].startswith("Which is best? A, B, = equal, 0 none")
    assert said in ran.err
    assert ("sketch/sketch" in ran.out) == said.startswith("You ")
