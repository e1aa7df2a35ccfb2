"""As much of diffusers as the program that paints asks for: pipelines that do what the prompt says."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image

__all__ = [
    "AutoPipelineForImage2Image",
    "AutoPipelineForInpainting",
    "AutoPipelineForText2Image",
    "DiffusionPipeline",
]
Steps = Callable[[Any, int, int, Mapping[str, Any]], Any]


class Reader:
    """A tokenizer: a token for each word, of which it reads six."""

    model_max_length = 8

    def __call__(self, prompt: str, *, add_special_tokens: bool) -> "Reader":
        assert not add_special_tokens
        self.input_ids = prompt.split()
        return self

    def decode(self, words: list[str]) -> str:
        return " ".join(words)


class Network:
    def __init__(self, channels: int) -> None:
        self.config = type("Config", (), {"in_channels": channels, "sample_size": 8})


class Painted:
    def __init__(self, picture: Image.Image, flagged: bool) -> None:
        self.images, self.nsfw_content_detected = [picture], [flagged]


class DiffusionPipeline:
    vae_scale_factor = 8
    parts: Mapping[str, Any]

    @classmethod
    def from_pretrained(cls, name: str, *, dtype: object, channels: int = 4, **others: object) -> "DiffusionPipeline":
        if not isinstance(dtype, torch.dtype) or name == "broken/pipeline":
            raise OSError(f"{name} does not appear to have a file named model_index.json\nMore words.")
        if name == "halves/alone" and others.get("variant") != "fp16":
            raise OSError("Error no file named diffusion_pytorch_model.bin found in directory /hub/halves/vae.")
        sys.stdout.write("what a library prints must not land between the news\n")
        with Path(os.environ["LOADS"]).open("a") as log:
            options = {"channels": channels, **others}
            log.write(json.dumps({"pid": os.getpid(), "name": name, "options": options}) + "\n")
        return TextToImage(Network(channels)) if channels != 1 else Other(Network(channels))

    def __init__(self, unet: Network) -> None:
        self.unet, self.tokenizer, self.num_timesteps = unet, Reader(), 3

    def to(self, device: str) -> "DiffusionPipeline":
        assert device == "cpu"
        return self

    def set_progress_bar_config(self, *, disable: bool) -> None:
        assert disable

    def paint(self, prompt: str, size: tuple[int, int], seed: int, after: Steps) -> Painted:
        """Whatever the prompt says."""
        if "memory" in prompt:
            raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 9 GiB")
        if "crash" in prompt:
            sys.stderr.write("the graphics card has left the building\n")
            sys.stderr.flush()
            os._exit(3)
        if "fault" in prompt:
            raise LookupError("index 1000 is out of bounds")
        if "complaint" in prompt:
            raise ValueError("`strength` is too small")
        for step in range(self.num_timesteps):
            after(self, step, 999 - step, {})
            while "slow" in prompt and step == 0 and not Path(os.environ["GO"]).exists():
                time.sleep(0.005)
        read = " ".join(self.tokenizer(prompt, add_special_tokens=False).input_ids[:6])
        sys.stdout.write("more of what a library prints\n")
        return Painted(Image.new("RGB", size, (seed % 256, len(read), 0)), "withhold" in prompt)


class TextToImage(DiffusionPipeline):
    def __call__(
        self,
        prompt: str,
        width: int = 64,
        height: int = 64,
        num_inference_steps: int = 50,
        guidance_scale: float = 7.5,
        negative_prompt: str | None = None,
        generator: Any = None,
        callback_on_step_end: Any = None,
        eta: float = 0.0,
    ) -> Painted:
        del num_inference_steps, guidance_scale, eta
        return self.paint(prompt + (negative_prompt or ""), (width, height), generator.seed, callback_on_step_end)


class ImageToImage(DiffusionPipeline):
    def __call__(
        self,
        prompt: str,
        image: Image.Image,
        strength: float = 0.8,
        num_inference_steps: int = 50,
        guidance_scale: float = 7.5,
        generator: Any = None,
        callback_on_step_end: Any = None,
    ) -> Painted:
        del strength, num_inference_steps, guidance_scale
        assert image.mode == "RGB"
        return self.paint(prompt, image.size, generator.seed, callback_on_step_end)


class Inpainting(DiffusionPipeline):
    def __call__(
        self,
        prompt: str,
        image: Image.Image,
        mask_image: Image.Image,
        width: int,
        height: int,
        strength: float = 1.0,
        num_inference_steps: int = 50,
        guidance_scale: float = 7.5,
        generator: Any = None,
        callback_on_step_end: Any = None,
    ) -> Painted:
        del strength, num_inference_steps, guidance_scale
        assert (mask_image.mode, mask_image.size, image.size) == ("L", (width, height), (width, height))
        return self.paint(prompt, (width, height), generator.seed, callback_on_step_end)


class Other(DiffusionPipeline):
    """A pipeline that paints no pictures."""


def joins(kind: type[DiffusionPipeline]) -> Any:
    class Auto:
        @classmethod
        def from_pipe(cls, pipeline: DiffusionPipeline) -> DiffusionPipeline:
            if isinstance(pipeline, Other):
                raise ValueError("AutoPipeline can't find a pipeline linked to Other")
            return kind(pipeline.unet)

    return Auto


AutoPipelineForText2Image = joins(TextToImage)
AutoPipelineForImage2Image = joins(ImageToImage)
AutoPipelineForInpainting = joins(Inpainting)
