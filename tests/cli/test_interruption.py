"""Ctrl-C, and questions before money is spent: on real terminals, by real processes."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from limner.cli.opening import Session, with_studio
from limner.cli.output import Output
from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner, Spawn

BOUGHT = ("-m", "openai/gpt-image-2", "--size", "1024x1024", "--quality", "low")


def read_until(process: "subprocess.Popen[bytes]", words: bytes) -> bytes:
    """What a process says on stderr, up to a line with these words."""
    said = b""
    assert process.stderr is not None
    while words not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


def test_the_first_ctrl_c_cancels_the_job_and_says_so(spawn: Spawn, limner: Limner) -> None:
    process = spawn("generate", "a city at night", "-m", "sketch", "--size", "2048x2048", "-n", "10", "--json")
    read_until(process, b"painting")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Stopping" in err
    assert b"Traceback" not in err
    assert b'"cancelled"' in out
    assert limner("doctor").code == 0


def test_what_is_bought_while_stopping_is_kept(spawn: Spawn, shop: OpenAIStandIn, limner: Limner) -> None:
    shop.faults.add(Fault(delay=0.5))
    process = spawn("generate", "a cat", *BOUGHT, "--json")
    while not shop.purchases:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert b"Stopping" in err
    assert len(limner("history", "--json").document["images"]) == 1


def test_the_second_ctrl_c_leaves_at_once(spawn: Spawn, shop: OpenAIStandIn) -> None:
    shop.faults.add(Fault(delay=60))
    process = spawn("generate", "a cat", *BOUGHT)
    while not shop.purchases:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    read_until(process, b"Stopping")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"Left at once" in err


def test_a_stopped_batch_keeps_what_it_has_and_goes_on_later(spawn: Spawn, limner: Limner) -> None:
    Path("prompts.txt").write_text("".join(f"prompt {number}\n" for number in range(40)))
    options = ("batch", "prompts.txt", "--size", "256x256", "--json")
    process = spawn(*options)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Go on with --resume" in err
    summary = limner(*options, "--resume").lines[-1]["summary"]
    assert (summary["left"], summary["failed"]) == (0, 0)
    assert summary["skipped"] >= 1
    assert summary["skipped"] + summary["succeeded"] == 40


def test_before_anything_was_sent_ctrl_c_just_ends(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def action(_: Session) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(30)
        return 0

    assert with_studio(Output(json=False), action, paints=False) == 130
    assert capsys.readouterr().err == "Stopped before anything was sent. Nothing was spent.\n"


OnTerminal = Callable[..., tuple[int, str]]


@pytest.fixture
def on_terminal(home: Path) -> OnTerminal:
    """Runs a command on a terminal of its own, types an answer when it asks, and gives its exit code and screen."""

    def run(*arguments: str, answer: bytes = b"", columns: int = 100, **variables: str) -> tuple[int, str]:
        import fcntl
        import pty
        import struct
        import termios

        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **variables}
        # The terminal becomes the process's own, so that Ctrl-C typed there is a signal.
        script = (
            "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
            "from limner.cli.entry import main; sys.exit(main())"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        screen = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            screen += piece
            if answer and b"[y/N]" in screen:
                os.write(ours, answer)
                answer = b""
        os.close(ours)
        return process.wait(), screen.decode(errors="replace")

    return run


@pytest.mark.parametrize(
    ("answer", "code", "bought"), [(b"n\n", 3, 0), (b"\x04", 3, 0), (b"y\n", 0, 1), (b"\x03", 130, 0)]
)
def test_a_person_is_asked_before_much_is_spent(
    on_terminal: OnTerminal,
    shop: OpenAIStandIn,
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes,
    code: int,
    bought: int,
) -> None:
    monkeypatch.setenv("LIMNER_CONFIRM_ABOVE_USD", "0.001")
    ended, screen = on_terminal("generate", "a cat", *BOUGHT, "--no-show", answer=answer)
    assert "This may cost up to $" in screen
    assert (ended, shop.purchases) == (code, bought)
    assert "Traceback" not in screen


def test_yes_and_pipes_are_not_asked(
    on_terminal: OnTerminal, limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNER_CONFIRM_ABOVE_USD", "0.001")
    ended, screen = on_terminal("generate", "a cat", *BOUGHT, "--yes", "--no-show")
    assert (ended, "[y/N]" in screen) == (0, False)
    assert limner("generate", "a cat", *BOUGHT).code == 0
    assert shop.purchases == 2


def test_a_quote_and_a_batch_are_asked_about_too(
    on_terminal: OnTerminal, limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNER_CONFIRM_ABOVE_USD", "0.001")
    quote = limner("estimate", "a cat", *BOUGHT, "--json").document["quote"]
    assert on_terminal("generate", "--quote", quote, answer=b"n\n")[0] == 3
    Path("prompts.txt").write_text("one\n")
    assert on_terminal("batch", "prompts.txt", *BOUGHT, answer=b"n\n")[0] == 3
    assert shop.purchases == 0
    assert on_terminal("batch", "prompts.txt", *BOUGHT, answer=b"y\n", columns=40)[0] == 0
    assert shop.purchases == 1


def test_a_terminal_shows_the_picture_in_its_own_way(on_terminal: OnTerminal) -> None:
    small = ("generate", "a cat", "--size", "64x64")
    code, screen = on_terminal(*small)
    assert code == 0
    assert "▀" in screen or "▌" in screen
    assert "\x1b]1337;" in on_terminal(*small, TERM_PROGRAM="WezTerm")[1]
    assert "\x1b_G" not in on_terminal(*small, "--no-show", TERM="xterm-kitty")[1]
    plain = on_terminal(*small, "--no-show", NO_COLOR="1", columns=30)[1]
    assert "\x1b[38" not in plain
    assert ".png" in plain


def test_previews_are_shown_while_it_paints(on_terminal: OnTerminal, shop: OpenAIStandIn) -> None:
    code, screen = on_terminal("generate", "a cat", *BOUGHT, "--previews", "2", TERM="xterm-kitty")
    assert code == 0
    assert screen.count("\x1b_Ga=T") == 3
