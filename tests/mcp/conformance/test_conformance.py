"""The official conformance suite of the protocol, against the server as it is reached over HTTP.

Its scenarios ask for tools, resources and prompts of certain names. They run against a server of ours in which those
stand in the place of Limner's own: the door, the mount, the sessions and the streams are the real ones. What asks for
no such names runs against Limner itself as well.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.served import Site, serving
from tests.mcp.conformance.fixtures import fixture_server
from tools.node_packages import lack

HERE = Path(__file__).parent
SUITE = HERE / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
PAGE = (HERE.parents[2] / "docs/mcp.md").read_text().partition("## How it is proved")[2]
_OWN, _OTHERS = (re.findall(r"`([a-z0-9-]+)`[,.]", part) for part in PAGE.split("The other 25")[:2])
LIMNERS_OWN = tuple(_OWN)
"""What the manual says that Limner passes as it is."""
WITH_FIXTURES = tuple(dict.fromkeys(_OTHERS))
"""What it says that needs fixtures."""
PATIENCE = 150
"""Seconds for the whole suite, which takes ten on a machine that does nothing else."""
SCENARIOS = 32
"""Of a server, in version 0.1.16."""


@pytest.fixture(scope="module")
def node() -> str:
    """Node, and the suite beside it."""
    reason = lack(HERE)
    if reason:
        pytest.skip(f"the conformance suite of MCP cannot run: {reason}")
    return shutil.which("node") or "node"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Limner itself."""
    with serving(tmp_path_factory.mktemp("own")) as site:
        yield site


def run(node: str, site: Site, *arguments: str) -> tuple[int, str]:
    """How the suite ended, and what it said."""
    shim = HERE / "older_node.mjs"
    command = [node, "--import", shim.as_uri(), str(SUITE), "server", "--url", f"{site.url}/mcp", *arguments]
    done = subprocess.run(
        command, check=False, timeout=PATIENCE, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(200)
# The suite asks for log messages and for sampling as well, which the protocol of 2026-07-28 has no more.
@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
def test_every_scenario_passes(node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.mcp.sessions.mcp_server", fixture_server)
    with serving(tmp_path) as site:
        code, said = run(node, site, "--suite", "all")
    found = re.findall(r"^([✓✗]) ([\w-]+): (\d+) passed, (\d+) failed", said, re.MULTILINE)
    assert (code, len(found)) == (0, SCENARIOS), said
    assert [line for line in found if line[0] != "✓" or line[3] != "0"] == []
    assert {line[1] for line in found} == {*LIMNERS_OWN, *WITH_FIXTURES}
    assert (len(LIMNERS_OWN), len(WITH_FIXTURES)) == (7, SCENARIOS - 7)


@pytest.mark.parametrize("scenario", LIMNERS_OWN)
def test_limner_itself_passes_what_asks_for_nothing_else(node: str, own: Site, scenario: str) -> None:
    code, said = run(node, own, "--scenario", scenario)
    assert code == 0, said
    assert re.search(r"Passed: [1-9]\d*/\d+, 0 failed, 0 warnings", said), said
