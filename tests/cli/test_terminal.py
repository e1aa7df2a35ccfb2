"""Progress, tables and pictures as terminals show them."""

import base64
import io
import re
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Literal, cast

import pytest
from PIL import Image
from rich.console import Console

from limner.cli.course import Course
from limner.cli.output import Output, plain, shortened
from limner.cli.pictures import PIECE, QUARTERS, Pixel, Protocol, blocks, cell, kitty, protocol_of, room, show_picture
from limner.cli.sixel import COLOURS, sixels
from limner.cli.watching import cost_words, span
from limner.domain.events import Event, EventKind
from limner.domain.job import Job
from limner.domain.money import Money

RED = (255, 0, 0)


def a_job(count: int = 2, seconds: float = 10.0) -> Job:
    calls = [SimpleNamespace(number=number, call=SimpleNamespace(count=1)) for number in range(count)]
    plan = SimpleNamespace(candidates=[SimpleNamespace(seconds=seconds)])
    return cast(Job, SimpleNamespace(request=SimpleNamespace(count=count), plan=plan, candidate=0, calls=calls))


def event(kind: EventKind, **data: object) -> Event:
    return Event(job_id="j", number=1, kind=kind, at=datetime(2026, 11, 21, tzinfo=UTC), data=data)


def test_a_course_follows_what_services_report() -> None:
    course = Course(a_job(), 0.0)
    course.hear(event(EventKind.RUNNING))
    assert course.stage == "painting"
    course.hear(event(EventKind.PROGRESS, call=0, progress=0.5, stage="drawing"))
    assert (course.stage, course.share(4.0)) == ("drawing", 0.25)
    assert course.left(4.0) == pytest.approx(12.0)
    course.hear(event(EventKind.PROGRESS, call=1, progress=7, stage=None))
    assert course.share(4.0) == 0.75
    course.hear(event(EventKind.PICTURE, id="p"))
    course.hear(event(EventKind.PICTURE, id="p"))
    assert course.share(4.0) == 1.0


def test_a_course_guesses_where_nothing_is_reported_and_never_the_end() -> None:
    course = Course(a_job(), 100.0)
    assert (course.share(105.0), course.left(105.0)) == (0.5, 5.0)
    assert (course.share(500.0), course.left(500.0)) == (0.95, None)
    assert Course(a_job(seconds=0.0), 0.0).share(1.0) == 0.0


def test_words_for_money_and_time() -> None:
    assert cost_words(Money(), Money()) == "free ($0)"
    assert cost_words(Money.usd("0.04"), Money.usd("0.06")) == "charged $0.04 of up to $0.06 quoted"
    assert cost_words(None, Money.usd(1)) == "charged an unknown amount"
    assert [span(seconds) for seconds in (0.42, 12, 75)] == ["0.4 s", "12 s", "1 min 15 s"]


def test_text_of_others_is_made_harmless_and_short() -> None:
    assert plain("a\x1b[2Jb\nc\u202ed") == "a\ufffd[2Jb\nc\ufffdd"
    assert shortened("one  two\nthree", 9) == "one two…"


Colours = Literal["truecolor"]


def console(*, terminal: bool = True, colours: Colours | None = "truecolor") -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, color_system=colours, _environ={"TERM": "xterm"})


@pytest.mark.parametrize(
    ("variables", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, Protocol.KITTY),
        ({"KITTY_WINDOW_ID": "1"}, Protocol.KITTY),
        ({"TERM": "xterm-ghostty"}, Protocol.KITTY),
        ({"TERM_PROGRAM": "iTerm.app"}, Protocol.ITERM),
        ({"TERM_PROGRAM": "WezTerm"}, Protocol.ITERM),
        ({"TERM_PROGRAM": "WezTerm", "TMUX": "x"}, Protocol.BLOCKS),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1"}, Protocol.BLOCKS),
        ({}, Protocol.BLOCKS),
    ],
)
def test_terminals_are_told_apart(variables: dict[str, str], protocol: Protocol) -> None:
    assert protocol_of(console(), variables) is protocol
    assert protocol_of(console(terminal=False), variables) is Protocol.NONE


def test_without_colours_there_are_no_blocks() -> None:
    assert protocol_of(console(colours=None), {}) is Protocol.NONE


def test_a_picture_fits_its_room_and_keeps_its_shape() -> None:
    assert room(1024, 1024, 80) == (48, 24)
    assert room(2048, 512, 80) == (64, 8)
    assert room(1024, 1024, 20) == (20, 10)
    assert room(1, 10_000, 80) == (1, 24)
    assert room(10_000, 1, 80) == (64, 1)


def test_quarter_blocks_follow_the_pixels() -> None:
    assert cell((RED, RED, RED, RED))[0] == " "
    light, dark = (250, 250, 250), (0, 0, 0)
    sign, style = cell((light, dark, dark, light))
    assert sign == "▚"
    assert style.color is not None
    assert style.bgcolor is not None
    assert tuple(style.color.get_truecolor()) == light
    assert tuple(style.bgcolor.get_truecolor()) == dark
    for index, quarter in enumerate(QUARTERS[:15]):
        quad = tuple(light if index >> bit & 1 else dark for bit in range(4))
        assert cell(quad)[0] == quarter


def test_blocks_are_as_many_as_the_room_and_see_through_to_grey() -> None:
    picture = Image.new("RGBA", (8, 4), (255, 0, 0, 0))
    text = blocks(picture, 4, 2)
    assert text.plain == "    \n    "
    style = text.spans[0].style
    assert "808080" in str(style) or "rgb(128,128,128)" in str(style)


def test_kitty_gets_the_picture_in_pieces() -> None:
    data = base64.b64encode(bytes(9000)).decode()
    pieces = list(kitty(data, 10, 5))
    assert pieces[0].startswith("\x1b_Ga=T,f=100,q=2,c=10,r=5,m=1;")
    assert pieces[-1].startswith("\x1b_Gm=0;")
    assert "".join(piece.partition(";")[2].removesuffix("\x1b\\") for piece in pieces) == data
    assert all(len(piece) < PIECE + 60 for piece in pieces)


def unpacked(text: str) -> tuple[int, int, dict[tuple[int, int], Pixel]]:
    """What a terminal makes of sixels: width, height and the colour of each pixel, in hundredths."""
    found = re.fullmatch(r'\x1bP0;1q"1;1;(\d+);(\d+)(.*)\x1b\\', text, re.DOTALL)
    assert found
    colours: dict[str, Pixel] = {}
    pixels: dict[tuple[int, int], Pixel] = {}
    x = top = 0
    colour = ""
    for define, chosen, times, sign, move in re.findall(
        r"#(\d+;2;\d+;\d+;\d+)|#(\d+)|(?:!(\d+))?([?-~])|([$-])", found[3]
    ):
        if define:
            name, _, *shares = define.split(";")
            colours[name] = (int(shares[0]), int(shares[1]), int(shares[2]))
        elif chosen:
            colour = chosen
        elif sign:
            for _ in range(int(times or 1)):
                for bit in range(6):
                    if ord(sign) - 63 >> bit & 1:
                        assert (x, top + bit) not in pixels
                        pixels[x, top + bit] = colours[colour]
                x += 1
        else:
            x, top = 0, top + 6 * (move == "-")
    return int(found[1]), int(found[2]), pixels


def test_sixels_are_the_picture() -> None:
    picture = Image.new("RGB", (30, 8), (0, 255, 0))
    picture.paste(RED, (3, 2, 20, 7))
    picture.putpixel((29, 7), (0, 0, 255))
    text = sixels(picture)
    assert "!" in text
    width, height, pixels = unpacked(text)
    assert (width, height, len(pixels)) == (30, 8, 30 * 8)
    for (x, y), shares in pixels.items():
        colour = picture.getpixel((x, y))
        assert isinstance(colour, tuple)
        assert shares == tuple(round(value * 100 / 255) for value in colour), (x, y)


def test_sixels_have_no_more_colours_than_terminals() -> None:
    text = sixels(Image.effect_mandelbrot((90, 40), (-2, -1, 1, 1), 90).convert("RGB").rotate(30))
    assert len(set(re.findall(r"#(\d+);2;", text))) <= COLOURS
    assert len(unpacked(text)[2]) == 90 * 40


ON_A_TERMINAL = """
import os, pty, sys
process, terminal = pty.fork()
if not process:
    from limner.cli.sixel import takes_sixels
    os.write(1, b"takes sixels" if takes_sixels(1) and takes_sixels(1) else b"takes none")
    os._exit(0)
said, asked = b"", 0
while b"takes" not in said:
    said += os.read(terminal, 1024)
    if said.count(b"\\x1b[c") > asked:
        asked += 1
        os.write(terminal, sys.argv[1].encode())
os.waitpid(process, 0)
print(asked, said.rpartition(b"takes ")[2].decode())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(
    ("answer", "takes"),
    [("\x1b[?62;4;22c", "sixels"), ("\x1b[?64;14;22c", "none"), ("", "none"), ("\x1b[?1;2", "none")],
    ids=["with", "without", "silent", "cut short"],
)
def test_a_terminal_is_asked_once_whether_it_takes_sixels(answer: str, takes: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_A_TERMINAL, answer], check=True, capture_output=True, text=True, timeout=50
    )
    assert done.stdout.split() == ["1", takes]


def test_what_is_no_terminal_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr("limner.cli.sixel.asked", refused)
    assert protocol_of(console(), {}) is Protocol.BLOCKS


def test_a_terminal_that_takes_sixels_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.cli.pictures.takes_sixels", lambda _: True)
    screen = console()
    assert protocol_of(screen, {"TMUX": "x"}) is Protocol.SIXEL
    png = io.BytesIO()
    Image.new("RGB", (8, 8), RED).save(png, "png")
    show_picture(screen, png.getvalue(), Protocol.SIXEL)
    assert isinstance(screen.file, io.StringIO)
    width, height, pixels = unpacked(screen.file.getvalue().rstrip("\n"))
    assert (width, height, set(pixels.values())) == (480, 480, {(100, 0, 0)})


@pytest.mark.parametrize(("protocol", "begin", "end"), [("kitty", "\x1b_G", "\x1b\\"), ("iterm", "\x1b]1337;", "\x07")])
def test_sequences_reach_the_terminal_whole(protocol: str, begin: str, end: str) -> None:
    screen = console()
    picture = Image.effect_noise((200, 200), 90)
    png = io.BytesIO()
    picture.save(png, "png")
    show_picture(screen, png.getvalue(), Protocol(protocol))
    assert isinstance(screen.file, io.StringIO)
    said = screen.file.getvalue()
    assert said.startswith(begin)
    assert said.endswith(end + "\n")
    assert len(said) > 40_000


def test_signs_that_an_encoding_lacks_do_not_end_a_document() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Output(json=True, out=out, err=io.StringIO()).document({"prompt": "🗼"})
    assert b"\\ud83d" in raw.getvalue()


def test_columns_for_a_file_stand_below_each_other_and_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    out = io.StringIO()
    long = "a lighthouse " * 40
    Output(json=False, out=out, err=io.StringIO()).rows(("Job", "Prompt"), [("灯台", "wide"), ("\x1b[31mred", long)])
    assert out.getvalue() == f"Job       Prompt\n灯台      wide\n\N{REPLACEMENT CHARACTER}[31mred  {long.rstrip()}\n"


def test_a_table_on_a_terminal_folds_what_is_too_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = io.StringIO()
    Output(json=False, out=out, err=io.StringIO()).rows(("Job", "Prompt"), [("job_1", "lighthouse" * 20)])
    assert max(map(len, out.getvalue().splitlines())) <= 80
    assert out.getvalue().replace(" ", "").replace("\n", "").endswith("lighthouse" * 20)
