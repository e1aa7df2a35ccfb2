"""A server whose text model is a stand-in that talks by a script, as Ollama does: it costs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2

from limner.testing.openai_text_stand_in import OpenAITextStandIn
from limner.testing.text_stand_in import Say
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread

MODEL = "talker:latest"
ABILITIES = {MODEL: ("completion", "tools", "vision")}


def talker() -> OpenAITextStandIn:
    """Loads what asks it as well: a server in this process does so at its first question, in seconds."""
    import_module("limner.words.speaking")
    return OpenAITextStandIn(known=frozenset(ABILITIES), abilities=ABILITIES)


def talking(text_model: OpenAITextStandIn) -> dict[str, str]:
    """The variables with which an installation asks it."""
    return {"OLLAMA_BASE_URL": text_model.base_url.removesuffix("/v1"), "OLLAMA_MODEL": MODEL}


@dataclass(frozen=True, kw_only=True, slots=True)
class Parlour:
    """A server, its text model, and somebody's client."""

    site: Site
    talker: OpenAITextStandIn

    def say(self, text: str = "", *tools: Mapping[str, object], **more: Any) -> None:
        """The next answer of the text model."""
        name = str(more.pop("tool", "generate_image"))
        self.talker.says.append(Say(text=text, tools=tuple((name, each) for each in tools), **more))


@contextmanager
def parlour(folder: Path, **given: Any) -> Iterator[Parlour]:
    with ExitStack() as stack:
        text_model = stack.enter_context(in_a_thread(talker()))
        site = stack.enter_context(serving(folder, variables=talking(text_model), **given))
        yield Parlour(site=site, talker=text_model)


def made(client: httpx2.Client, path: str, body: object, **headers: str) -> Any:
    """What a POST gives."""
    answer = client.post(path, json=body, headers=headers)
    assert answer.is_success, (path, answer.status_code, answer.text)
    return answer.json()


def events(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    """The events of a stream: their numbers, kinds and data."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found
