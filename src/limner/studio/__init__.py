"""The Python face: one object that paints, edits, asks prices and looks things up."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Unpack

from limner.domain.errors import BadPicture
from limner.domain.events import Event
from limner.domain.job import Job, JobState
from limner.domain.model_card import ServiceCard
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal
from limner.domain.picture import Picture, check_shown
from limner.domain.plan import Quote, ReceiptLine
from limner.domain.records import PictureFilter
from limner.domain.request import ImageRequest, InputImage, Operation, Role
from limner.domain.vault import Access
from limner.providers.own import OwnService
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings, read_variables
from limner.studio.asking import Inputs, Options, PictureSource, asked, is_id, value_of

__all__ = ["Inputs", "Options", "PictureSource", "Studio", "StudioImage", "StudioJob", "open_studio", "paint_now"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StudioImage:
    """A finished picture in hand: its file, its story, and a way to keep it."""

    picture: Picture
    data: bytes = field(repr=False)
    """The signed file as it is handed out."""
    media_type: str
    filename: str

    @property
    def id(self) -> str:
        """Finds the picture again."""
        return self.picture.id

    def save(self, path: str | Path) -> Path:
        """Writes the file; a folder gets a name made from the prompt. Returns where it lies."""
        target = Path(path)
        if target.is_dir():
            target = target / self.filename
        target.write_bytes(self.data)
        return target

    def _repr_html_(self) -> str:
        """Shows the picture in a notebook."""
        encoded = base64.b64encode(self.data).decode()
        alt = escape(self.picture.prompt[:250], quote=True)
        return f'<img alt="{alt}" style="max-width:100%" src="data:{self.media_type};base64,{encoded}">'


@dataclass(frozen=True, kw_only=True, slots=True)
class StudioJob:
    """A job as it stands, with the pictures it has made so far."""

    job: Job
    images: tuple[StudioImage, ...]

    @property
    def id(self) -> str:
        """Finds the job again."""
        return self.job.id

    @property
    def state(self) -> JobState:
        """Where it is."""
        return self.job.state

    @property
    def cost(self) -> Money | None:
        """What was booked; None where a part of it is unknown."""
        return self.job.cost

    @property
    def receipt(self) -> tuple[ReceiptLine, ...]:
        """What became of each option."""
        return self.job.receipt

    def _repr_html_(self) -> str:
        """Shows all its pictures in a notebook."""
        pictures = "".join(image._repr_html_() for image in self.images)
        problem = f"<p>{escape(self.job.problem.message)}</p>" if self.job.problem else ""
        return f"{pictures}<p>{self.state} · {self.job.model} · {self.cost}</p>{problem}"


class Studio:
    """Everything one person can do with an installation."""

    def __init__(self, runtime: Runtime, principal: Principal = LOCAL) -> None:
        self.runtime = runtime
        self.principal = principal

    # --- painting -------------------------------------------------------------------------

    async def generate(self, prompt: str, **options: Unpack[Options]) -> StudioJob:
        """Paints pictures from words and waits for them. Raises LimnerError before anything is spent."""
        return await self.paint(await self.request(prompt, Operation.GENERATE, **options))

    async def edit(
        self, image: PictureSource, prompt: str, *, mask: PictureSource | None = None, **options: Unpack[Options]
    ) -> StudioJob:
        """Changes a picture as the prompt says, within the mask where one is given (white = change)."""
        operation = Operation.EDIT if mask is None else Operation.INPAINT
        return await self.paint(await self.request(prompt, operation, {"image": image, "mask": mask}, **options))

    async def outpaint(self, image: PictureSource, prompt: str = "", **options: Unpack[Options]) -> StudioJob:
        """Continues a picture beyond its edges, by `margins`, to a `size`, or to an `aspect`."""
        return await self.paint(await self.request(prompt, Operation.OUTPAINT, {"image": image}, **options))

    async def vary(self, image: PictureSource, prompt: str = "", **options: Unpack[Options]) -> StudioJob:
        """Paints variations of a picture."""
        return await self.paint(await self.request(prompt, Operation.VARIATIONS, {"image": image}, **options))

    async def upscale(self, image: PictureSource, **options: Unpack[Options]) -> StudioJob:
        """Makes a picture two or four times as large; `scale` says which."""
        return await self.paint(await self.request("", Operation.UPSCALE, {"image": image}, **options))

    async def style_transfer(
        self, image: PictureSource, prompt: str = "", *, like: PictureSource | None = None, **options: Unpack[Options]
    ) -> StudioJob:
        """Paints a picture anew in a style: words, a preset, or another picture to be like."""
        inputs: Inputs = {"image": image, "style_image": like}
        return await self.paint(await self.request(prompt, Operation.STYLE_TRANSFER, inputs, **options))

    async def remove_background(self, image: PictureSource, **options: Unpack[Options]) -> StudioJob:
        """Cuts the subject out of its background."""
        return await self.paint(await self.request("", Operation.REMOVE_BACKGROUND, {"image": image}, **options))

    async def paint(self, request: ImageRequest, *, key: str | None = None, timeout: float | None = None) -> StudioJob:
        """Carries out a request and waits; after `timeout` seconds the job is returned as it is, and goes on.

        Raises QueuePaused where it would wait for nothing.
        """
        engine = self.runtime.engine
        await self.runtime.queue.check_going(self.principal)
        return await self.filled(
            await engine.generate(request, self.principal, key=key, timeout=timeout, counted=False)
        )

    async def submit(self, request: ImageRequest, *, key: str | None = None) -> Job:
        """Writes a request down as a job and returns at once."""
        return await self.runtime.engine.submit(request, self.principal, key=key, counted=False)

    async def estimate(self, request: ImageRequest) -> Quote:
        """What a request would cost and who would paint it. Spends nothing."""
        return await self.runtime.engine.estimate(request, self.principal)

    async def confirm(self, quote: Quote | str) -> StudioJob:
        """Carries out a quote, once, and waits for it. Raises QueuePaused where it would wait for nothing."""
        await self.runtime.queue.check_going(self.principal)
        token = quote if isinstance(quote, str) else quote.token
        job = await self.runtime.engine.confirm(token, self.principal, counted=False)
        return await self.wait(job.id)

    async def retry(self, job_id: str, *, max_cost: str | Money | None = None) -> StudioJob:
        """Buys what an ended job did not bring, and nothing else, and waits for it; asked again it is the same job.

        Raises QueuePaused where it would wait for nothing.
        """
        if await self.runtime.engine.missing(job_id, self.principal) is not None:
            await self.runtime.queue.check_going(self.principal)
        most = value_of("max_cost", max_cost, Money.usd)
        job = await self.runtime.engine.retry(job_id, self.principal, max_cost=most, counted=False)
        return await self.wait(job.id)

    # --- jobs and pictures ------------------------------------------------------------------

    async def wait(self, job_id: str, *, timeout: float | None = None) -> StudioJob:
        """The job when it has ended, or as it is after `timeout` seconds.

        Without a timeout it raises QueuePaused where the job waits for its queue to go on; a pause that comes later is
        waited out.
        """
        if timeout is None:
            await self.runtime.queue.check_not_held(await self.runtime.jobs.get(job_id, self.principal.id))
        return await self.filled(await self.runtime.engine.wait(job_id, self.principal, timeout=timeout))

    async def events(self, job_id: str, *, after: int = 0) -> AsyncIterator[Event]:
        """A job's events as they come, up to the last one."""
        async for event in self.runtime.engine.follower.follow(job_id, self.principal.id, after=after):
            if event is not None:
                yield event

    async def cancel(self, job_id: str) -> Job:
        """Stops a job as soon as it can be stopped; what was already bought is kept."""
        return await self.runtime.engine.cancel(job_id, self.principal)

    async def job(self, job_id: str) -> StudioJob:
        """A job as it stands. Raises NotFound."""
        return await self.filled(await self.runtime.jobs.get(job_id, self.principal.id))

    async def image(self, picture_id: str) -> StudioImage:
        """A kept picture. Raises NotFound."""
        return await self._loaded(await self.runtime.pictures.get(picture_id, self.principal.id))

    async def history(self, *, limit: int = 50, words: str | None = None) -> tuple[Picture, ...]:
        """The newest pictures, or those whose prompts have these words."""
        page = await self.runtime.pictures.page(self.principal.id, PictureFilter(words=words), limit=limit, cursor=None)
        return page.items

    # --- services ---------------------------------------------------------------------------

    @property
    def services(self) -> Mapping[str, ServiceCard]:
        """All services by their ids, whether they are ready or not."""
        return {card.id: card for card in self.runtime.catalog.services}

    async def service(self, name: str | None = None) -> ServiceCard:
        """One service; without a name the one that paints now where nothing is asked for. Raises LimnerError."""
        if name is not None:
            return self.runtime.catalog.service(name)
        _, plan = await self.runtime.engine.plan_for(ImageRequest(prompt="a picture"), self.principal)
        return self.services[plan.candidates[0].model.partition("/")[0]]

    # --- from words and files to a request ----------------------------------------------------

    async def request(
        self,
        prompt: str,
        operation: Operation = Operation.GENERATE,
        inputs: Inputs | None = None,
        **options: Unpack[Options],
    ) -> ImageRequest:
        """The request that these words, pictures and options make. Raises UsageError."""
        named = options.get("key")
        access = None if named is None else Access(key=(await self.runtime.vault.named(named, self.principal)).id)
        return asked(prompt, operation, await self._inputs(inputs or {}), options, access)

    async def _inputs(self, inputs: Inputs) -> tuple[InputImage, ...]:
        found: list[InputImage] = []
        image, mask = inputs.get("image"), inputs.get("mask")
        if image is not None:
            found.append(await self._input(Role.SOURCE, image))
        if mask is not None and found:
            data, _ = await self._bytes(mask)
            found.append(await self.runtime.uploads.mask(data, found[0]))
        for role, given in ((Role.STYLE, inputs.get("style_image")), (Role.CONTROL, inputs.get("control_image"))):
            if given is not None:
                found.append(await self._input(role, given))
        found += [await self._input(Role.REFERENCE, reference) for reference in inputs.get("references", ())]
        return tuple(found)

    async def _input(self, role: Role, source: PictureSource) -> InputImage:
        picture = await self._kept(source)
        if picture is not None:
            return await self.runtime.uploads.kept(picture, role)
        data, name = await self._bytes(source)
        return await self.runtime.uploads.picture(role, data, name)

    async def _kept(self, source: PictureSource) -> Picture | None:
        """The kept picture that a source names, if it names one."""
        if isinstance(source, Picture):
            return source
        if isinstance(source, str) and is_id(source):
            return await self.runtime.pictures.get(source, self.principal.id)
        return None

    async def _bytes(self, source: PictureSource) -> tuple[bytes, str]:
        """The bytes of a source, and what to call it in a message."""
        if isinstance(source, bytes):
            return source, "the picture"
        picture = await self._kept(source)
        if picture is not None:
            check_shown(picture)
            return await self.runtime.blobs.get(picture.file.digest), picture.id
        path = Path(str(source))
        try:
            return await asyncio.to_thread(path.read_bytes), path.name
        except OSError as error:
            raise BadPicture(f"{path} cannot be read: {error.strerror}. Check the name.", field="image") from error

    async def filled(self, job: Job) -> StudioJob:
        """A job with the files of its pictures in hand, but for those that are withheld."""
        images = [await self._loaded(picture) for picture in job.pictures if picture.withheld is None]
        return StudioJob(job=job, images=tuple(images))

    async def _loaded(self, picture: Picture) -> StudioImage:
        delivery = await self.runtime.library.file(picture)
        data = b"".join([chunk async for chunk in delivery.chunks()])
        return StudioImage(picture=picture, data=data, media_type=delivery.media_type, filename=delivery.filename)


@asynccontextmanager
async def open_studio(*, services: Sequence[OwnService] = (), **settings: object) -> AsyncIterator[Studio]:
    """Opens this machine's installation, or the one that `settings` such as `data_dir` name.

    `services` are more services, for as long as it is open. Raises NotConfigured.
    """
    folder = Path.cwd()
    chosen = read_settings(read_variables(folder), folder, **settings)
    async with open_runtime(chosen, services=services) as runtime:
        yield Studio(runtime)


def paint_now(prompt: str, **options: Unpack[Options]) -> StudioJob:
    """Paints without an event loop of one's own: for scripts and notebooks."""

    async def whole() -> StudioJob:
        async with open_studio() as studio:
            return await studio.generate(prompt, **options)

    # A thread of its own, because a notebook already runs an event loop in this one.
    with ThreadPoolExecutor(1, thread_name_prefix="limner") as pool:
        return pool.submit(asyncio.run, whole()).result()
