"""LiteLLM as a client; says what it got, as JSON on standard output. Runs in an environment of its own."""

import base64
import io
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import litellm
import openai

PLACE = {"api_base": f"{os.environ['CLIENT_URL']}/v1", "api_key": os.environ["CLIENT_KEY"]}
PAID = {"model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}


def pictures(answer: Any) -> list[str]:
    """The pictures of an answer, in base64."""
    return [picture.b64_json for picture in answer.data]


def refusal(asked: Callable[[], object]) -> dict[str, object] | None:
    """How a refusal looks to whoever asked."""
    try:
        asked()
    except openai.APIStatusError as error:  # LiteLLM's own errors are made of it
        return {"kind": type(error).__name__, "status": error.status_code}
    return None


painted = litellm.image_generation(model="openai/sketch", prompt="a lighthouse", n=2, size="64x64", **PLACE)
source = io.BytesIO(base64.b64decode(painted.data[0].b64_json))
source.name = "in.png"
sys.stdout.write(
    json.dumps(
        {
            "painted": pictures(painted),
            "bought": pictures(litellm.image_generation(prompt="a harbour, by LiteLLM", **PAID, **PLACE)),
            "edited": pictures(litellm.image_edit(model="openai/sketch", image=source, prompt="more snow", **PLACE)),
            "unknown": refusal(
                lambda: litellm.image_generation(model="openai/no-such-model", prompt="a lake", **PLACE)
            ),
            "empty": refusal(lambda: litellm.image_generation(model="openai/sketch", prompt=" ", **PLACE)),
            "lost": refusal(lambda: litellm.image_generation(prompt="a lost harbour, by LiteLLM", **PAID, **PLACE)),
        }
    )
)
