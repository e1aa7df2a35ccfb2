"""Clients for Node against the surface of OpenAI: its own, and the Vercel AI SDK (versions: package.json)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from limner.testing.faults import Fault
from tests.api.served import Site
from tests.clients.speaking import LOST, bought, sizes, told_by
from tools.node_packages import lack

LACK = lack(Path(__file__).parent)
pytestmark = pytest.mark.skipif(bool(LACK), reason=f"the clients for Node cannot be used: {LACK}")


def test_openais_client_for_node_paints_edits_streams_lists_and_reads_errors(site: Site) -> None:
    site.stand_in.faults.add(Fault(), LOST)
    told = told_by(["node", "openai_sdk.mjs"], site)
    assert {"sketch", "gpt-image-2"} <= set(told["models"])
    assert told["shown"] == "sketch"
    assert sizes(told["painted"]) == [(64, 64)] * 2
    assert sizes([told["fetched"]]) == [(64, 64)]
    assert sizes(told["edited"]) == [(64, 64)]
    assert [event["type"] for event in told["events"]] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert sizes([told["events"][-1]["picture"]]) == [(1024, 1024)]
    _check(told["unknown"], kind="NotFoundError", status=404, code="model_not_found", param="model")
    _check(told["empty"], kind="BadRequestError", status=400, code="prompt_empty", param="prompt")
    _check(told["size"], kind="BadRequestError", status=400, code="invalid_request", param="size")
    _check(told["broken"], kind="BadRequestError", status=400, code="bad_picture", param="image")
    _check(told["lost"], kind="InternalServerError", type="server_error")
    assert bought(site, "a slow harbour, by Node") == 1
    assert bought(site, "a lost harbour, by Node") == 1


def test_the_vercel_ai_sdk_paints_and_edits_by_both_of_its_providers(site: Site) -> None:
    site.stand_in.faults.add(Fault(), LOST)
    told = told_by(["node", "ai_sdk.mjs"], site)
    for provider in ("openai", "compatible"):
        said = told[provider]
        assert sizes(said["painted"]) == [(64, 64)] * 2
        assert said["kinds"] == ["image/png"] * 2
        assert sizes(said["edited"]) == [(64, 64)]
        _check(said["unknown"], kind="AI_APICallError", statusCode=404, isRetryable=False)
        _check(said["empty"], kind="AI_APICallError", statusCode=400, isRetryable=False)
        assert said["empty"]["message"] == "Prompt cannot be empty. Describe the picture."
    assert sizes(told["bought"]) == [(1024, 1024)]
    assert told["lost"] is not None
    assert bought(site, "a harbour, by the AI SDK") == 1
    assert bought(site, "a lost harbour, by the AI SDK") == 1


def _check(said: dict[str, Any], **wanted: object) -> None:
    assert {name: said[name] for name in wanted} == wanted, said
