"""Chats at the command line: one message, several typed ones, prices asked about, answers that are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.testing.openai_text_stand_in import OpenAITextStandIn
from limner.testing.text_stand_in import Say
from tests.api.talkers import MODEL, talker, talking
from tests.cli.conftest import Limner, Spawn, in_a_thread
from tests.web.test_create import picture

HARBOUR = ("generate_image", {"prompt": "a harbour at dusk"})


@pytest.fixture
def friend(home: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAITextStandIn]:
    """A text model on this machine."""
    with in_a_thread(talker()) as text_model:
        for name, value in talking(text_model).items():
            monkeypatch.setenv(name, value)
        yield text_model


@pytest.fixture
def profiles(limner: Limner) -> None:
    """One that is free and one that is not."""
    assert limner("profiles", "add", "Free", "-m", "sketch", "--set", "size=64x64").code == 0
    paid = ("profiles", "add", "Paid", "-m", "openai/gpt-image-2", "--set", "size=1024x1024", "--set", "quality=low")
    assert limner(*paid).code == 0


@pytest.mark.usefixtures("profiles")
def test_a_direct_chat_paints_what_the_model_wants(limner: Limner, friend: OpenAITextStandIn) -> None:
    friend.says.append(Say(tools=(HARBOUR,)))
    friend.says.append(Say(text="There it is."))
    told = limner("chat", "paint a harbour", "-p", "Free", "--direct", "--json")
    assert told.code == 0, told.err
    answer = told.document
    assert (answer["state"], answer["text"], answer["text_model"]) == ("complete", "There it is.", f"ollama/{MODEL}")
    [picture] = answer["pictures"]
    assert (picture["state"], picture["cost_usd"], len(picture["images"])) == ("complete", 0.0, 1)
    friend.says += [Say(text="Once more.", tools=(HARBOUR,)), Say(text="Done.")]
    told = limner("chat", "another one", "--last", "--no-show")
    lines = told.out.splitlines()
    assert (lines[0], lines[1].endswith(".png"), lines[-1]) == ("Once more.", True, "Done.")
    friend.says.append(Say(text="It shows a harbour."))
    again = limner("chat", "what is it?", "--last")
    assert (again.code, again.out) == (0, "It shows a harbour.\n")
    assert "answers." in again.err
    assert picture["images"][0]["id"] in str(friend.bodies[-1])


@pytest.mark.usefixtures("profiles")
def test_the_price_is_told_and_nothing_bought_without_a_yes(
    limner: Limner, friend: OpenAITextStandIn, shop: OpenAIStandIn
) -> None:
    friend.says.extend([Say(tools=(HARBOUR,)), Say(text="Shall I?")])
    told = limner("chat", "paint a harbour", "-p", "Paid")
    assert told.code == 0, told.err
    assert "openai/gpt-image-2 would paint it for up to $0.006585. Say --yes to buy it." in told.err
    assert shop.purchases == 0
    friend.says.extend([Say(tools=(HARBOUR,)), Say(text="Done.")])
    bought = limner("chat", "paint it", "--last", "--yes", "--no-show")
    assert (bought.code, shop.purchases) == (0, 1), bought.err
    assert limner("history", "--json").document["images"]


def test_pictures_are_attached_by_file_and_by_id(limner: Limner, friend: OpenAITextStandIn, tmp_path: Path) -> None:
    quay = tmp_path / "quay.png"
    quay.write_bytes(picture())
    kept = limner("import", str(quay), "--json").document["images"][0]["id"]
    friend.says.append(Say(text="Two quays."))
    (tmp_path / "tower.png").write_bytes(picture(colour=(9, 9, 90)))
    told = limner("chat", "what are these?", "--attach", kept[-8:], "-a", str(tmp_path / "tower.png"), "--json")
    assert told.code == 0, told.err
    shown = limner("chats", "show", told.document["chat"], "--json").document["messages"][0]["attached"]
    assert (shown[0], len(shown)) == (kept, 2)
    assert str(friend.bodies[-1]).count("data:image/jpeg;base64,") == 2
    assert f"  [attached] {kept}" in limner("chats", "show", told.document["chat"]).out
    asked = len(friend.bodies)
    notes = tmp_path / "notes.txt"
    notes.write_text("only words")
    assert "notes.txt" in limner("chat", "and this?", "--last", "-a", str(notes)).err
    assert limner("chat", "and this?", "--last", "-a", "gone.png").code == 1
    assert len(friend.bodies) == asked


@pytest.mark.usefixtures("profiles")
def test_chats_are_listed_searched_read_and_removed(limner: Limner, friend: OpenAITextStandIn) -> None:
    friend.says.append(Say(text="A zeppelin is an airship."))
    chat = limner("chat", "what is a zeppelin?", "--json").document["chat"]
    assert [each["title"] for each in limner("chats", "list", "--json").document] == ["what is a zeppelin?"]
    assert "what is a zeppelin?" in limner("chats", "list").out
    assert limner("chats", "search", "AIRSHIP zeppelin", "--json").document[0]["chat"] == chat
    assert "Model" in limner("chats", "search", "airship").out
    shown = limner("chats", "show", chat)
    assert shown.out == "You: what is a zeppelin?\nModel: A zeppelin is an airship.\n"
    assert len(limner("chats", "show", chat, "--json").document["messages"]) == 2
    assert limner("chats", "remove", chat).code == 0
    assert limner("chats", "show", chat).code == 1
    assert limner("chat", "go on", "--last").code == 2


def test_without_a_text_model_it_says_what_to_do(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://127.0.0.1:9")
    told = limner("chat", "hello")
    assert told.code == 1
    assert "Ollama" in told.err
    assert limner("chat").code == 2


def test_a_profile_that_is_missing_is_said(limner: Limner, friend: OpenAITextStandIn) -> None:
    friend.says.append(Say(text="I cannot paint."))
    told = limner("chat", "paint")
    assert (told.code, told.out) == (0, "I cannot paint.\n")
    assert "No pictures: No profile says which model paints" in told.err


@pytest.mark.usefixtures("profiles")
def test_ctrl_c_stops_the_answer_and_loses_nothing(spawn: Spawn, limner: Limner, friend: OpenAITextStandIn) -> None:
    friend.says.append(Say(text="A long story."))
    friend.faults.add(Fault(delay=60))
    process: subprocess.Popen[bytes] = spawn("chat", "tell me a story")
    assert process.stderr is not None
    while b"answers." not in process.stderr.readline():
        pass
    while not friend.log:
        assert process.poll() is None
    while not limner("chats", "list", "--json").document:
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert b"Stopped. What was said is kept." in err
    chat = limner("chats", "list", "--json").document[0]["id"]
    said = limner("chats", "show", chat, "--json").document["messages"]
    assert [(each["author"], each["state"]) for each in said] == [("user", "complete"), ("assistant", "stopped")]


@pytest.mark.usefixtures("profiles")
@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
def test_on_a_terminal_it_asks_before_it_buys(
    limner: Limner, friend: OpenAITextStandIn, shop: OpenAIStandIn, tmp_path: Path
) -> None:
    import pty

    friend.says.extend([Say(tools=(HARBOUR,)), Say(text="Shall I?"), Say(tools=(HARBOUR,)), Say(text="Or now?")])
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "import sys; from limner.cli.entry import main; sys.exit(main())"]
    arguments = ["chat", "-p", "Paid", "--no-show"]
    process = subprocess.Popen([*command, *arguments], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    screen = b""

    def until(words: bytes) -> None:
        nonlocal screen
        while words not in screen:
            screen += os.read(ours, 4096)
        screen = screen.partition(words)[2]

    until(b"> ")
    os.write(ours, b"paint a harbour\n")
    until(b"Buy it? [y/N] ")
    os.write(ours, b"n\n")
    until(b"Not bought.")
    assert shop.purchases == 0
    until(b"> ")
    os.write(ours, f"/attach {tmp_path / 'gone.png'}\n".encode())
    until(b"There is no picture")
    (tmp_path / "quay.png").write_bytes(picture())
    os.write(ours, f"/attach {tmp_path / 'quay.png'}\n".encode())
    until(b"Attached: ")
    until(b"> ")
    os.write(ours, b"again, please\n")
    until(b"Buy it? [y/N] ")
    os.write(ours, b"y\n")
    until(b"\n> ")
    assert shop.purchases == 1
    assert "data:image/jpeg;base64," in str(friend.bodies[-1])
    os.write(ours, b"\n")
    until(b"Kept: limner chat --chat ")
    assert process.wait(30) == 0
    os.close(ours)
