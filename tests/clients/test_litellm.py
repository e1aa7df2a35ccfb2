"""LiteLLM as a client, where an environment with it is named: it brings so many packages that no chore installs it."""

from __future__ import annotations

import pytest

from bench.litellm import SETTINGS, VARIABLE, environment
from bench.programs import NotHere
from limner.testing.faults import Fault
from tests.api.served import Site
from tests.clients.speaking import LOST, bought, sizes, told_by


def test_litellm_paints_edits_and_reads_errors(site: Site) -> None:
    try:
        python = environment() / "bin" / "python"
    except NotHere:
        pytest.skip(f"{VARIABLE} names no environment with LiteLLM; bench/README.md says how to make one")
    site.stand_in.faults.add(Fault(), LOST)
    told = told_by([str(python), "litellm_client.py"], site, SETTINGS)
    assert sizes(told["painted"]) == [(64, 64)] * 2
    assert sizes(told["bought"]) == [(1024, 1024)]
    assert sizes(told["edited"]) == [(64, 64)]
    assert told["unknown"] == {"kind": "NotFoundError", "status": 404}
    assert told["empty"] == {"kind": "BadRequestError", "status": 400}
    assert told["lost"] == {"kind": "BadGatewayError", "status": 502}
    assert bought(site, "a harbour, by LiteLLM") == 1
    assert bought(site, "a lost harbour, by LiteLLM") == 1
