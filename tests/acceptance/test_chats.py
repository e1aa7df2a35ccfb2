"""SIGKILL in the middle of a call of a tool, then a new start: nothing is bought twice, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from limner.domain.chat_rows import ChatFilter
from limner.domain.chats import Chat, MessageState, PictureState, ToolPart
from limner.domain.people import LOCAL
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.testing.openai_text_stand_in import OpenAITextStandIn
from limner.testing.text_stand_in import Say
from tests.api.talkers import talker, talking

VICTIM = Path(__file__).with_name("chat_victim.py")
OURS = ("LIMNER_", "OPENAI_", "OLLAMA_", "ANTHROPIC_", "GEMINI_", "GOOGLE_")


def environment(stand_in: OpenAIStandIn, text_model: OpenAITextStandIn) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    shop = {"OPENAI_API_KEY": "sk-test-kill", "OPENAI_BASE_URL": stand_in.base_url}
    return kept | shop | talking(text_model) | {"LIMNER_TEXT_MODEL": f"ollama/{talking(text_model)['OLLAMA_MODEL']}"}


async def found(runtime: Runtime) -> tuple[Chat, ToolPart]:
    """The chat of the dead process, and the call that it was at."""
    page = await runtime.chatting.chats.page(LOCAL.id, ChatFilter(), limit=2, cursor=None)
    [chat] = page.items
    said, answer = await runtime.chatting.messages(chat.id, LOCAL)
    assert (said.text, answer.state) == ("paint a harbour", MessageState.INTERRUPTED)
    assert answer.problem is not None
    assert "What was said and painted until then is kept" in answer.problem.message
    [part] = answer.tools
    return chat, part


@pytest.mark.parametrize(
    ("step", "when"),
    [("reserve", "before"), ("reserve", "after"), ("note_job", "before"), ("note_job", "after"), ("end", "before")],
)
async def test_a_chat_survives_death_in_the_middle(tmp_path: Path, step: str, when: str) -> None:
    async with OpenAIStandIn() as stand_in, talker() as text_model:
        text_model.says.append(Say(tools=(("generate_image", {"prompt": "a harbour"}),)))
        variables = environment(stand_in, text_model)
        command = (sys.executable, "-m", "tests.acceptance.chat_victim", str(tmp_path), step, when)
        victim = await asyncio.create_subprocess_exec(
            *command, env=variables, stderr=asyncio.subprocess.PIPE, cwd=VICTIM.parents[2]
        )
        _, complaint = await asyncio.wait_for(victim.communicate(), 50)
        assert victim.returncode == -signal.SIGKILL, complaint.decode()
        settings = read_settings(variables, tmp_path, data_dir=tmp_path)
        async with open_runtime(settings, watch=True) as runtime:
            chat, part = await found(runtime)
            if part.job_id is None:  # it was not bought: the button still does that
                assert step == "reserve"
                assert (stand_in.purchases, part.taken) == (0, False)
                part = await runtime.chatting.buy(part.id, LOCAL)
            assert part.job_id is not None
            job = await runtime.engine.wait(part.job_id, LOCAL, timeout=20)
            _, part = await runtime.chatting.chats.tool(part.id, LOCAL.id)
            again = await runtime.chatting.buy(part.id, LOCAL)
            assert again.job_id == job.id
            assert stand_in.purchases <= 1
            assert list(await runtime.ledger.check()) == []
            # What was at the service when death came may have been bought: a person is asked, and nothing is sent.
            assert part.state is PictureState.COMPLETE or job.state.value == "ambiguous"
            assert (await runtime.chatting.chats.spent(chat.id, LOCAL.id)).micro > 0
