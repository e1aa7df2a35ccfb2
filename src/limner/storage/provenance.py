"""Signs pictures with a C2PA manifest that tells how they were made, and reads such manifests."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from limner.domain.errors import BadPicture, StorageError
from limner.storage.authority import credentials
from limner.storage.kinds import HEAD, media_type_of
from limner.storage.probe import PAINTED, WELCOME
from limner.storage.story import Step, Story, Verdict, Wholeness, manifest_of, verdict_of

if TYPE_CHECKING:
    import c2pa

Result = TypeVar("Result")

UNREADABLE = Step(
    action="c2pa.edited.metadata", description="The provider's own manifest could not be read and was left out."
)

PARENT = "provider"
"""Our label for the ingredient that carries the provider's own manifest."""


class Provenance:
    """Signs and verifies, in threads of its own. The certificate is made when the first file is signed.

    Nothing is asked of the network: no time stamps, no revocation lists, no remote manifests.
    """

    def __init__(self, folder: Path, *, version: str, now: Callable[[], datetime], at_once: int = 2) -> None:
        self._folder = folder
        self._version = version
        self._now = now
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="limner-provenance")
        self._lock = Lock()
        self._tools: tuple[c2pa.Context, c2pa.Signer] | None = None

    def close(self) -> None:
        """Lets the threads end; what has not begun is not done any more."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        if self._tools is not None:
            context, signer = self._tools
            signer.close()
            context.close()
            self._tools = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    async def sign(self, data: bytes, media_type: str, story: Story, *, parent: bytes | None = None) -> bytes:
        """A copy with a manifest that tells the story: about 3 KB more, 2 to 4 ms, pixels untouched.

        `parent` is the file as the provider delivered it: where it has a manifest of its own, ours keeps that one whole
        as the ingredient it was made from. Raises StorageError.
        """
        return await self._run(self._sign, data, media_type, story, parent)

    async def verify(self, data: bytes, *, name: str = "The file") -> Verdict:
        """Whether a file is whole, who signed it and what it says about its making. Raises BadPicture for others."""
        return await self._run(self._verify, data, name)

    async def _run(self, work: Callable[..., Result], *given: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given))

    def _ready(self) -> tuple[c2pa.Context, c2pa.Signer]:
        """The tools, made once, and imported only then: whoever never signs need not pay for them."""
        import c2pa  # 45 ms and 6 MB

        with self._lock:
            if self._tools is None:
                own = credentials(self._folder, self._now())
                settings = c2pa.Settings.from_dict(
                    {
                        # With thumbnails on, a 66 KB WebP grows by 861 KB and signing takes 56 ms (measured).
                        "builder": {"thumbnail": {"enabled": False}},
                        "trust": {"user_anchors": own.authority},
                        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
                    }
                )
                info = c2pa.C2paSignerInfo(
                    alg=b"es256", sign_cert=own.chain.encode(), private_key=own.key.encode(), ta_url=None
                )
                self._tools = (c2pa.Context(settings=settings), c2pa.Signer.from_info(info))
            return self._tools

    def _sign(self, data: bytes, media_type: str, story: Story, parent: bytes | None) -> bytes:
        import c2pa  # see _ready

        trouble: Exception | None = None
        attempts = [parent] if parent is not None and has_manifest(parent) else []
        for kept in (*attempts, None):
            try:
                return self._signed(data, media_type, story, kept)
            except c2pa.C2paError as error:
                # A provider's manifest that cannot be read cannot be kept either; the story then says so.
                trouble = error
                story = replace(story, steps=(UNREADABLE, *story.steps))
        raise StorageError(
            "This picture could not be signed. Ask for its original file instead.", code="not_signed"
        ) from trouble

    def _signed(self, data: bytes, media_type: str, story: Story, parent: bytes | None) -> bytes:
        import c2pa  # see _ready

        context, signer = self._ready()
        label = PARENT if parent is not None else None
        manifest = manifest_of(story, media_type, version=self._version, parent=label)
        signed = io.BytesIO()
        with c2pa.Builder(_json(manifest), context=context) as builder:
            if parent is not None:
                kind = media_type_of(parent[:HEAD]) or media_type
                about = {"title": "The file as the provider delivered it", "relationship": "parentOf", "label": PARENT}
                builder.add_ingredient(_json(about), kind, io.BytesIO(parent))
            builder.sign(signer, media_type, io.BytesIO(data), signed)
        return signed.getvalue()

    def _verify(self, data: bytes, name: str) -> Verdict:
        import c2pa  # see _ready

        media_type = media_type_of(data[:HEAD])
        if media_type is None:
            raise BadPicture(f"{name} is not a picture. {WELCOME}.")
        if len(data) > PAINTED.max_bytes:
            raise BadPicture(f"{name} has more than {PAINTED.max_bytes:,} bytes. Give a smaller file.")
        if not has_manifest(data):
            return Verdict(state=Wholeness.UNSIGNED)
        context, _ = self._ready()
        try:
            reader = c2pa.Reader.try_create(media_type, io.BytesIO(data), context=context)
            if reader is None:
                return Verdict(state=Wholeness.UNSIGNED)
            with reader:
                return verdict_of(json.loads(reader.json()))
        except (c2pa.C2paError, ValueError) as error:
            # The words after the colon are the validator's own and hold nothing but what is wrong.
            return Verdict(state=Wholeness.BROKEN, problems=(str(error),))


def has_manifest(data: bytes) -> bool:
    """Whether a file may carry a C2PA manifest; one in thousands of others looks as if it did, and is then read."""
    return b"jumb" in data and b"c2pa" in data


def _json(value: object) -> str:
    """JSON that every reader takes: what JSON lacks as text, halves of characters as question marks."""
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace").decode()
