"""A process whose text model asks for a picture, and which kills itself at one step of that: DATA_DIR STEP WHEN."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from limner.db.chats import SqlChats
from limner.domain.chats import ChatDraft, ChatMode
from limner.domain.people import LOCAL
from limner.domain.profile import ProfileDraft
from limner.engine.chat_wishes import Wanted
from limner.runtime import open_runtime
from limner.settings import read_settings

PAINTER = ProfileDraft(
    name="Paid", service="openai", model="gpt-image-2", parameters={"size": "1024x1024", "quality": "low"}
)


def rig(step: str, when: str) -> None:
    """Makes the step the last thing that this process does."""
    real = getattr(SqlChats, step)

    async def deadly(self: SqlChats, *given: Any, **named: Any) -> object:
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = await real(self, *given, **named)
        os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(SqlChats, step, deadly)


async def main(folder: Path) -> None:
    async with open_runtime(read_settings(os.environ, folder, data_dir=folder), watch=True) as runtime:
        profile = await runtime.profiles.add(PAINTER, LOCAL)
        draft = ChatDraft(title="Harbours", mode=ChatMode.DIRECT, profile=profile.id)
        chat = await runtime.chatting.keeper.create(draft, LOCAL)
        await runtime.chatting.say(chat.id, Wanted(text="paint a harbour"), LOCAL)
        await asyncio.sleep(60)


if __name__ == "__main__":
    rig(*sys.argv[2:])
    asyncio.run(main(Path(sys.argv[1])))
