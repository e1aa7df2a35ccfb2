"""The program that paints with diffusers, started as a process of its own by whatever Python has torch.

It reads orders from its standard input and writes news to its standard output: a line of JSON each, followed by as many
bytes of files as `files` says. It ends when nobody is there any more. It needs nothing of Limner's, so that torch may
live in an environment of its own.
"""

from __future__ import annotations

import gc
import inspect
import io
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import diffusers
import torch
from diffusers import DiffusionPipeline
from PIL import Image, UnidentifiedImageError

TASKS = {
    "generate": "AutoPipelineForText2Image",
    "edit": "AutoPipelineForImage2Image",
    "inpaint": "AutoPipelineForInpainting",
}
"""What the parts of a pipeline may be joined to, and the class of diffusers that knows how."""
MASKED_CHANNELS = 9
"""Channels that go into a network which was trained to fill masks, and can do nothing else."""
OPTIONS = ("prompt", "negative_prompt", "num_inference_steps", "guidance_scale", "strength", "width", "height")
"""What Limner has fields for, by the names that diffusers gives them."""
DEVICES = ("cuda", "xpu", "mps")
SIZE = ("width", "height")
READERS = ("tokenizer", "tokenizer_2", "tokenizer_3")
ENDS = 2
"""Tokens that a reader adds around the words."""
USUAL_EDGE = 1024
"""Pixels, where a pipeline does not say what it was trained on."""


LOADING = frozenset(
    {"cache_dir", "custom_pipeline", "custom_revision", "device_map", "disable_mmap", "force_download"}
    | {"load_connected_pipeline", "local_files_only", "low_cpu_mem_usage", "max_memory", "offload_folder"}
    | {"offload_state_dict", "provider", "provider_options", "proxies", "quantization_config", "revision"}
    | {"sess_options", "token", "trust_remote_code", "use_flashpack", "use_onnx", "use_safetensors", "variant"}
)
"""What `DiffusionPipeline.from_pretrained` takes itself (read in diffusers 0.42.1, 2026-11-28)."""


class Stopped(Exception):
    """Nobody wants the picture any more."""


class Unusable(Exception):
    """The order cannot be carried out; `kind` says in which way, `field` for which of its options."""

    def __init__(self, kind: str, said: object, field: str = "") -> None:
        super().__init__(str(said).strip().partition("\n")[0])
        self.kind = kind
        self.field = field


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, and the files that came with it."""

    id: str
    does: str
    """describe or paint."""
    pipeline: str
    """A folder, or an id on Hugging Face."""
    load: Mapping[str, object]
    """Options of diffusers for loading it."""
    task: str = "generate"
    options: Mapping[str, object] = field(default_factory=dict)
    """Options of diffusers for painting."""
    pictures: Mapping[str, int] = field(default_factory=dict)
    """Names of diffusers for input pictures, and which file each is."""
    seeds: Sequence[int] = ()
    """One picture each."""
    files: Sequence[bytes] = ()


class Desk:
    """Orders come in and news goes out; whoever is at the other end may change their mind."""

    def __init__(self, orders: BinaryIO, news: BinaryIO) -> None:
        self._orders, self._news = orders, news
        self._waiting: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._unwanted: set[object] = set()

    def open(self) -> None:
        """Begins to read, in a thread: while a picture is painted, word may come that nobody wants it."""
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> Order:
        """The next order, when there is one."""
        return self._waiting.get()

    def check_wanted(self, order: Order) -> None:
        """Raises Stopped once the order has been called off."""
        if order.id in self._unwanted:
            raise Stopped

    def tell(
        self, order: Order, news: str, files: Sequence[bytes] = (), told: Mapping[str, object] | None = None
    ) -> None:
        """Says something about an order."""
        head = {"id": order.id, "news": news, **(told or {}), "files": [len(file) for file in files]}
        self._news.write(json.dumps(head).encode() + b"\n" + b"".join(files))
        self._news.flush()

    def _read(self) -> None:
        while line := self._orders.readline():
            told = json.loads(line)
            files = [self._orders.read(size) for size in told.pop("files")]
            if told["does"] == "stop":
                self._unwanted.add(told["id"])
            else:
                self._waiting.put(Order(**told, files=files))
        # Whoever ordered is gone, and the picture with them: a step may take minutes, so nothing is waited for.
        os._exit(0)


class Easel:
    """The one pipeline that is loaded, and what its parts have been joined to."""

    def __init__(self) -> None:
        self._loaded: tuple[str, dict[str, object]] | None = None
        self._pipeline: DiffusionPipeline | None = None
        self._joined: dict[str, DiffusionPipeline] = {}

    def has(self, order: Order) -> bool:
        """Whether what an order names is loaded."""
        return self._loaded == (order.pipeline, dict(order.load))

    def set_up(self, order: Order) -> None:
        """Loads what an order names, in the place of what was loaded. Raises Unusable."""
        self._clear()
        self._pipeline = load(order.pipeline, order.load)
        self._loaded = (order.pipeline, dict(order.load))

    def joined(self, task: str) -> DiffusionPipeline:
        """The pipeline for a task. Raises Unusable where its parts cannot be joined to one."""
        if task not in self._joined:
            try:
                self._joined[task] = getattr(diffusers, TASKS[task]).from_pipe(self._pipeline)
            except ValueError as error:
                raise Unusable("parameter", error, "operation") from error
            self._joined[task].set_progress_bar_config(disable=True)
        return self._joined[task]

    def description(self) -> dict[str, object]:
        """What the pipeline can do, which options it takes, and the size of its pictures."""
        tasks = {task: _options(self.joined(task)) for task in self._tasks()}
        if not tasks:
            raise Unusable("pipeline", f"a {type(self._pipeline).__name__} makes no pictures from words or pictures")
        return {"class": type(self._pipeline).__name__, "tasks": tasks, **_edges(self._pipeline)}

    def _tasks(self) -> Iterator[str]:
        network = getattr(self._pipeline, "unet", None)
        filling = network is not None and network.config.in_channels == MASKED_CHANNELS
        for task in ("inpaint",) if filling else TASKS:
            try:
                self.joined(task)
            except Unusable:
                continue
            yield task

    def _clear(self) -> None:
        """Gives the memory back before the next one is loaded: there is seldom room for two."""
        self._loaded, self._pipeline = None, None
        self._joined.clear()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def load(name: str, options: Mapping[str, object]) -> DiffusionPipeline:
    """A pipeline from a folder or by its id on Hugging Face, on the best device there is. Raises Unusable."""
    device = os.environ.get("DIFFUSERS_DEVICE") or _best_device()
    number = os.environ.get("DIFFUSERS_DTYPE") or ("float32" if device == "cpu" else "float16")
    kind = getattr(torch, number, None)
    if not isinstance(kind, torch.dtype):
        raise Unusable(
            "setting", f"DIFFUSERS_DTYPE is {number}, which torch does not know; float16 and bfloat16 are two"
        )
    try:
        pipeline = DiffusionPipeline.from_pretrained(name, dtype=kind, **options)
        _check_taken(pipeline, options)
        if os.environ.get("DIFFUSERS_OFFLOAD", "0") in {"0", "false"}:
            return pipeline.to(device)
        pipeline.enable_model_cpu_offload(device=device)
    except (OSError, ValueError, TypeError, ImportError, RuntimeError) as error:
        raise Unusable("pipeline", error) from error
    return pipeline


def _check_taken(pipeline: DiffusionPipeline, options: Mapping[str, object]) -> None:
    """Raises Unusable for an option of loading that diffusers left aside: it says so in its log alone (0.42)."""
    takers = (DiffusionPipeline.from_pretrained, type(pipeline).__init__)
    taken = LOADING.union(*(inspect.signature(taker).parameters for taker in takers))
    for name in options:
        if name not in taken:
            raise Unusable("pipeline", f"{type(pipeline).__name__} is not loaded with an option {name}")


def _best_device() -> str:
    parts = {name: getattr(torch, name, None) or getattr(torch.backends, name, None) for name in DEVICES}
    return next((name for name, part in parts.items() if part is not None and part.is_available()), "cpu")


def _edges(pipeline: DiffusionPipeline) -> dict[str, int]:
    """The size that a pipeline was trained on, and what edges must be multiples of."""
    patches = getattr(pipeline, "transformer", None)
    network = getattr(pipeline, "unet", None) or patches
    step = int(getattr(pipeline, "vae_scale_factor", 8))
    units = getattr(pipeline, "default_sample_size", None) or getattr(network and network.config, "sample_size", None)
    edges = units if isinstance(units, list | tuple) else (units, units)
    height, width = (int(edge) * step if edge else USUAL_EDGE for edge in edges[-2:])
    # A network that works on patches takes them two by two.
    return {"width": width, "height": height, "multiple": step if network is not patches else 2 * step}


def _options(pipeline: DiffusionPipeline) -> dict[str, object]:
    """The options that a pipeline takes, with what it uses where nothing is given."""
    takes = inspect.signature(pipeline.__call__).parameters
    plain = {name: takes[name].default for name in OPTIONS if name in takes}
    return {name: value if isinstance(value, int | float | str) else None for name, value in plain.items()}


class Painting:
    """One order to paint, in the course of it."""

    def __init__(self, order: Order, pipeline: DiffusionPipeline, desk: Desk) -> None:
        self._order, self._pipeline, self._desk = order, pipeline, desk
        self._takes = inspect.signature(pipeline.__call__).parameters
        self._place = 0

    def done(self) -> tuple[list[bytes], dict[str, object]]:
        """The pictures as PNG, and what there is to say about them. Raises Unusable and Stopped."""
        options = self._fitting()
        files, withheld = [], 0
        for place, seed in enumerate(self._order.seeds):
            self._place = place
            picture = self._one(seed, options)
            withheld += picture is None
            if picture is not None:
                files.append(_png(picture))
        return files, {"withheld": withheld, "read": self._read_part()}

    def _fitting(self) -> dict[str, object]:
        """The options and pictures of the order, all of which the pipeline takes. Raises Unusable."""
        options = dict(self._order.options)
        pictures = {name: _read(self._order.files[place], name) for name, place in self._order.pictures.items()}
        width, height = (options.get(name) for name in SIZE)
        if pictures and isinstance(width, int) and isinstance(height, int):
            pictures = {name: picture.resize((width, height)) for name, picture in pictures.items()}
            # What starts from a picture has often no size of its own.
            options = {name: value for name, value in options.items() if name in self._takes or name not in SIZE}
        unknown = [name for name in (*options, *pictures) if name not in self._takes]
        if unknown:
            raise Unusable("parameter", f"{type(self._pipeline).__name__} takes no {unknown[0]}", unknown[0])
        return {**options, **pictures}

    def _one(self, seed: int, options: Mapping[str, object]) -> Image.Image | None:
        """One picture; None where the pipeline's own check of contents withholds it."""
        # On the processor, so that a seed gives the same picture on every device.
        chance = torch.Generator("cpu").manual_seed(seed)
        steps = {"callback_on_step_end": self._step} if "callback_on_step_end" in self._takes else {}
        self._desk.check_wanted(self._order)
        try:
            painted = self._pipeline(**options, **steps, generator=chance)
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise Unusable("memory", error) from error
        except (ValueError, TypeError) as error:
            raise Unusable("parameter", error) from error
        except Stopped:
            raise
        except Exception as error:  # whatever goes wrong in there has a name, and the next order may go well
            raise Unusable("failed", f"{type(error).__name__}: {error}") from error
        flagged = getattr(painted, "nsfw_content_detected", None)
        return None if flagged and flagged[0] else painted.images[0]

    def _step(
        self, pipeline: DiffusionPipeline, step: int, _time: object, values: dict[str, object]
    ) -> dict[str, object]:
        """What diffusers calls after each step (`callback_on_step_end`, diffusers 0.42)."""
        self._desk.check_wanted(self._order)
        steps = getattr(pipeline, "num_timesteps", 0) or step + 1
        share = (self._place + min((step + 1) / steps, 1.0)) / len(self._order.seeds)
        self._desk.tell(self._order, "painting", told={"progress": share})
        return values

    def _read_part(self) -> str:
        """What was read of a prompt that is longer than any of the pipeline's readers reads; empty where all of it was.

        Diffusers cuts the rest off and says so in its log alone (0.42).
        """
        prompt, read = str(self._order.options.get("prompt", "")), [""]
        for name in READERS:
            reader = getattr(self._pipeline, name, None)
            if reader is not None:
                words, most = reader(prompt, add_special_tokens=False).input_ids, reader.model_max_length - ENDS
                if len(words) <= most:
                    return ""
                read.append(reader.decode(words[:most]))
        return max(read, key=len)


def _read(data: bytes, name: str) -> Image.Image:
    """An input picture; a mask in greys."""
    try:
        return Image.open(io.BytesIO(data)).convert("L" if "mask" in name else "RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise Unusable("parameter", error, name) from error


def _png(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def serve(desk: Desk) -> None:
    """Carries out one order after the other, until the process ends."""
    desk.open()
    easel = Easel()
    while True:
        order = desk.next()
        try:
            carry_out(order, easel, desk)
        except Unusable as fault:
            desk.tell(order, "failed", told={"kind": fault.kind, "said": str(fault), "field": fault.field})
        except Stopped:
            desk.tell(order, "failed", told={"kind": "stopped", "said": "it was called off", "field": ""})


def carry_out(order: Order, easel: Easel, desk: Desk) -> None:
    """One order. Raises Unusable and Stopped."""
    if not easel.has(order):
        desk.tell(order, "loading")
        easel.set_up(order)
    if order.does == "describe":
        desk.tell(order, "done", told=easel.description())
        return
    files, told = Painting(order, easel.joined(order.task), desk).done()
    desk.tell(order, "done", files, told)


def streams() -> tuple[BinaryIO, BinaryIO]:
    """Where orders come from and news goes; whatever libraries print goes to the complaints instead."""
    news = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, news


def leave(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The end after a fault that nobody expected: says it, and waits for no thread."""
    traceback.print_exception(kind, error, trace)
    sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    sys.excepthook = leave
    # This folder has modules of Limner's: nobody here may take them for their own.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]
    serve(Desk(*streams()))
