"""An installation with pictures in it, used from outside, and the proof that nothing in it is lost."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2

from limner.cli.doctor import State, ledger, object_store, unfinished
from limner.domain.people import LOCAL
from limner.domain.records import PictureFilter
from limner.domain.request import ImageRequest, Size
from limner.runtime import open_runtime
from limner.server import create_app
from limner.settings import Settings, read_settings
from limner.testing.openai_stand_in import OpenAIStandIn

KEY = "sk-the-right-key"
PAID = ("-m", "openai/gpt-image-2", "--size", "1024x1024", "--quality", "low", "--yes")
"""What makes a command buy a picture."""
PAID_BODY = {"prompt": "a cat", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
WAIT = {"Prefer": "wait=30"}
PROGRAM = (sys.executable, "-c", "import sys; from limner.cli.entry import main; sys.exit(main())")
OURS = ("LIMNER_", "OPENAI_", "AWS_")
EARLIER = 2
"""Pictures that are there before anything goes wrong."""
LEFT_OVERS = ("*.part", ".probe-*", "spool-*", "secret.key.*")
"""What is there only while something is being written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """A data directory, a folder to stand in, and a service to buy from."""

    data: Path
    desk: Path
    stand_in: OpenAIStandIn
    within: tuple[str, ...] = ()
    """What a command is started by, where it is to see another disk than this process does."""
    seen_at: Path = field(default=Path("/"))
    """Where this process finds the files that such a command sees."""

    def variables(self, **more: str) -> dict[str, str]:
        """The environment of every command; an empty value takes a name away."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        own = {
            "LIMNER_DATA_DIR": str(self.data),
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.stand_in.base_url,
            "OPENAI_REQUESTS_PER_SECOND": "0",
        }
        return {name: value for name, value in {**kept, **own, **more}.items() if value}

    def settings(self, **more: str) -> Settings:
        """The settings that a command would read."""
        return read_settings(self.variables(LIMNER_LOG_LEVEL="error", **more), self.desk)

    async def start(
        self, *arguments: str, variables: Mapping[str, str] | None = None, by: tuple[str, ...] = ()
    ) -> asyncio.subprocess.Process:
        """Starts the command line as a process of its own."""
        return await asyncio.create_subprocess_exec(
            *(*self.within, *by, *PROGRAM, *arguments),
            cwd=self.desk,
            env=self.variables(**(variables or {})),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )

    async def limner(
        self, *arguments: str, variables: Mapping[str, str] | None = None, by: tuple[str, ...] = ()
    ) -> Ended:
        """Runs the command line to its end."""
        process = await self.start(*arguments, variables=variables, by=by)
        out, err = await asyncio.wait_for(process.communicate(), 50)
        return Ended(code=process.returncode or 0, out=out.decode(), err=err.decode())

    @asynccontextmanager
    async def served(self, **more: str) -> AsyncIterator[httpx2.AsyncClient]:
        """The HTTP application in this process, opened and closed as the server does it."""
        app = create_app(self.settings(**more))
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1", timeout=30
            ) as client,
        ):
            yield client

    async def check_nothing_is_lost(self) -> None:
        """Earlier pictures are listed and whole, the books agree, nothing is open and nothing lies about."""
        async with open_runtime(self.settings(), work=False) as runtime:
            page = await runtime.pictures.page(LOCAL.id, PictureFilter(), limit=50, cursor=None)
            assert len(page.items) >= EARLIER
            for picture in page.items:
                kept = await runtime.blobs.get(picture.original.digest)
                assert hashlib.sha256(kept).hexdigest() == picture.original.digest
            for check in (ledger, object_store, unfinished):
                found = await check(runtime)
                assert found.state is State.OK, found
            assert list(await runtime.jobs.open_jobs()) == []
        assert self.left_overs() == []

    async def check_nothing_is_lost_there(self) -> None:
        """The same for a disk that this process does not see, in a copy of it."""
        copy = self.desk.parent / "copy"
        await asyncio.to_thread(shutil.copytree, self.seen(self.data), copy)
        await replace(self, data=copy, within=(), seen_at=Path("/")).check_nothing_is_lost()

    def left_overs(self) -> list[Path]:
        """Files that should have gone with whoever wrote them."""
        return [path for pattern in LEFT_OVERS for path in self.seen(self.data).rglob(pattern)]

    def seen(self, path: Path) -> Path:
        """Where this process finds a file of the installation."""
        return self.seen_at / path.relative_to("/")


async def seeded(folder: Path) -> Path:
    """A data directory in which pictures have been bought; nothing holds it open."""
    async with OpenAIStandIn() as stand_in:
        first = Installation(data=folder / "data", desk=folder, stand_in=stand_in)
        async with open_runtime(first.settings()) as runtime:
            for prompt in ("a lake at dawn", "a fox in the snow"):
                request = ImageRequest(prompt=prompt, model=PAID_BODY["model"], size=Size(1024, 1024), quality="low")
                job = await runtime.engine.generate(request, LOCAL, timeout=30)
                assert len(job.pictures) == 1, job.problem
    return first.data


async def opened(seed: Path, folder: Path, stand_in: OpenAIStandIn) -> Installation:
    """A copy of that data directory, for one test alone."""
    desk, data = folder / "desk", folder / "data"
    desk.mkdir()
    await asyncio.to_thread(shutil.copytree, seed, data)
    return Installation(data=data, desk=desk, stand_in=stand_in)


def check_refusal(ended: Ended, *, code: str, exit_code: int, words: tuple[str, ...]) -> None:
    """One document with the code on stdout, and its one message and nothing else on stderr."""
    error = ended.document["error"]
    assert (ended.code, error["code"], error["spent"]) == (exit_code, code, "no")
    assert ended.err == error["message"] + "\n"
    check_sentence(error["message"], words)


def check_sentence(message: str, words: tuple[str, ...]) -> None:
    """A sentence for people, which says what to do and shows nothing of the inside."""
    assert message.endswith((".", '."'))
    assert len(message) < 500
    for word in words:
        assert word in message, message
    assert not re.search(r"Traceback|Errno|\bError\b|Exception|limner\.[a-z]+\.[a-z]+|0x[0-9a-f]{6}", message), message


def checked_problem(answer: httpx2.Response, *, status: int, code: str) -> Any:
    """The problem document of an answer."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["spent"] == "no"
    assert problem["request_id"]
    return problem
