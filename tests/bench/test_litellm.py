"""The subject that compares with LiteLLM: whatever is named as its environment, and nothing where none is."""

import sys
from pathlib import Path

import pytest

from bench import litellm, run
from bench.figures import Scale
from bench.litellm import VARIABLE, Pair, generation, proxy, version_in
from bench.load import same
from bench.programs import NotHere, NotStarted, running

UPSTREAM = [sys.executable, "-c", "import time; print('http://127.0.0.1:9/v1', flush=True); time.sleep(60)"]
SERVES = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert "api_base: http://127.0.0.1:9/v1" in Path(given["--config"]).read_text()
assert given["--num_workers"] == "1"


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        right = self.path == "/health/liveliness"
        self.send_response(200 if right else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        right = self.path == "/v1/images/generations" and self.headers["Authorization"].startswith("Bearer sk-")
        self.send_response(200 if right else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


HTTPServer((given["--host"], int(given["--port"])), Answers).serve_forever()
"""


def environment(folder: Path, program: str) -> Path:
    """An environment whose `litellm` is this program."""
    command = folder / "environment" / "bin" / "litellm"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!{sys.executable}\n{program}")
    command.chmod(0o755)
    return folder / "environment"


def test_without_an_environment_it_is_left_out_and_nothing_is_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(NotHere, match=VARIABLE):
        litellm.measure(Scale(quick=True))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert run.main(["litellm"]) == 0
    assert "litellm is left out: " in capsys.readouterr().out


def test_what_is_left_out_has_no_place_on_the_page() -> None:
    assert "LiteLLM" not in run.page({"litellm": []}, {}, "")


def test_the_proxy_is_asked_once_it_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(environment(tmp_path, SERVES)))
    with running("upstream", UPSTREAM, tmp_path) as upstream, proxy(tmp_path, upstream) as program:
        same(program.address, generation(program.address, 1))


def test_a_proxy_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(environment(tmp_path, "raise SystemExit('no such model')\n")))
    with running("upstream", UPSTREAM, tmp_path) as upstream, pytest.raises(NotStarted, match="no such model"):
        proxy(tmp_path, upstream).__enter__()


def test_the_version_is_read_from_the_environment(tmp_path: Path) -> None:
    assert version_in(tmp_path) == "of an unknown version"
    (tmp_path / "lib/python3.11/site-packages/litellm-1.108.7.dist-info").mkdir(parents=True)
    assert version_in(tmp_path) == "1.108.7"


def test_shares_are_of_runs_that_followed_each_other() -> None:
    pair = Pair(name="CPU", unit="ms", share=0.2, runs=[(1.0, 10.0), (6.0, 20.0), (2.0, 10.0)])
    share, ours, theirs = pair.figures()
    assert (share.value, share.spread, share.verdict) == (0.2, (0.1, 0.3), "ok")
    assert (ours.value, theirs.value) == (2.0, 10.0)
