"""A local stand-in for AUTOMATIC1111 and Forge: checks fields as they do, paints gradients, fails when told to."""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Mapping

from aiohttp import web
from PIL import Image

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.stand_in import StandInServer, Wrong

KINDS: Mapping[str, type | tuple[type, ...]] = {
    "prompt": str,
    "negative_prompt": str,
    "seed": int,
    "steps": int,
    "cfg_scale": (int, float),
    "width": int,
    "height": int,
    "batch_size": int,
    "n_iter": int,
    "denoising_strength": (int, float),
    "init_images": list,
    "mask": str,
    "mask_blur": int,
    "inpainting_fill": int,
    "inpaint_full_res": bool,
    "inpainting_mask_invert": int,
    "resize_mode": int,
    "sampler_name": str,
    "scheduler": str,
    "override_settings": dict,
    "force_task_id": str,
    "send_images": bool,
    "save_images": bool,
    "image": str,
    "upscaling_resize": (int, float),
    "upscaler_1": str,
    "user": str,
    "alwayson_scripts": dict,
}
"""Kinds of the fields; both engines take and pass over fields that they do not know, which no test should rely on."""
FROM_PICTURE = {"init_images", "mask", "mask_blur", "inpainting_fill", "inpaint_full_res", "inpainting_mask_invert"}
UNIT: Mapping[str, type | tuple[type, ...]] = {
    "enabled": bool,
    "image": str,
    "model": str,
    "module": str,
    "weight": (int, float),
    "guidance_start": (int, float),
    "guidance_end": (int, float),
    "control_mode": str,
    "pixel_perfect": bool,
    "save_detected_map": bool,
}
"""The same for a unit of ControlNet."""
SAMPLERS = {"Euler", "Euler a", "DPM++ 2M"}
CHECKPOINTS = ("v1-5-pruned-emaonly", "sd_xl_base_1.0")


class Automatic1111StandIn(StandInServer):
    """The engine; `grid` puts a sheet of all pictures first; `controlnet` says whether it has that extension."""

    def __init__(self, *, grid: bool = False, controlnet: bool = True) -> None:
        super().__init__()
        self._grid = grid
        self._controlnet = controlnet
        self.interrupted = 0
        self.asked = 0

    def routes(self) -> list[web.RouteDef]:
        """What the engines answer with `--api`."""
        return [
            web.post("/sdapi/v1/txt2img", self._paint),
            web.post("/sdapi/v1/img2img", self._paint),
            web.post("/sdapi/v1/extra-single-image", self._enlarge),
            web.post("/internal/progress", self._progress),
            web.post("/sdapi/v1/interrupt", self._interrupt),
            web.get("/sdapi/v1/sd-models", self._models),
        ]

    def refused(self, wrong: Wrong) -> web.Response:
        """The shapes of FastAPI: a list for a field of the wrong kind, a text for everything else."""
        if wrong.param is not None:
            detail: object = [{"loc": ["body", wrong.param], "msg": wrong.message, "type": "type_error"}]
            return web.json_response({"detail": detail}, status=422)
        return web.json_response({"detail": wrong.message}, status=wrong.status)

    async def _paint(self, request: web.Request) -> web.StreamResponse:
        return await self.sell(request, self._order, self._pictures)

    async def _enlarge(self, request: web.Request) -> web.StreamResponse:
        return await self.sell(request, self._order, self._larger)

    async def _order(self, request: web.Request) -> dict[str, object]:
        body = await self.json_of(request)
        check_fields(body, from_words=request.path.endswith("txt2img"))
        if request.path.endswith("img2img"):
            check_pictures(body)
        if "alwayson_scripts" in body:
            check_units(body["alwayson_scripts"], there=self._controlnet)
        return body

    async def _pictures(self, body: dict[str, object], fault: Fault) -> web.Response:
        size = Size(whole(body.get("width"), 512), whole(body.get("height"), 512))
        count = whole(body.get("batch_size"), 1) if fault.pictures is None else fault.pictures
        images = [self.paint_text(size, fault, first=place == 0) for place in range(count)]
        seed = whole(body.get("seed"), -1)
        info = {
            "all_seeds": [(seed if seed >= 0 else 7000) + place for place in range(count)],
            "index_of_first_image": int(self._grid and count > 1),
            "sd_model_name": CHECKPOINTS[0],
        }
        if self._grid and count > 1:
            images.insert(0, self.paint_text(Size(64, 64), Fault()))
        return web.json_response(
            {"images": images, "parameters": {**body, "init_images": None}, "info": json.dumps(info)}
        )

    async def _larger(self, body: dict[str, object], fault: Fault) -> web.Response:
        size, times = picture_size(str(body.get("image"))), whole(body.get("upscaling_resize"), 2)
        larger = Size(size.width * times, size.height * times)
        answer = {"html_info": "", "image": self.paint_text(larger, fault)} if fault.pictures is None else {}
        return web.json_response(answer)

    async def _progress(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            body = await self.json_of(request, At.POLL)
            self.asked += 1
            preview = f"data:image/png;base64,{self.paint_text(Size(64, 64), Fault())}"
            state = {"active": True, "queued": False, "completed": False, "progress": min(0.2 * self.asked, 1.0)}
            shown = {"live_preview": preview, "id_live_preview": self.asked} if body.get("live_preview") else {}
            return web.json_response({**state, **shown})

        return await self.tell(request, At.POLL, answer)

    async def _interrupt(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            self.interrupted += 1
            return web.json_response({})

        return await self.tell(request, At.CANCEL, answer)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            return web.json_response([{"title": f"{name}.safetensors", "model_name": name} for name in CHECKPOINTS])

        return await self.tell(request, At.ACCOUNT, answer)


def check_fields(body: Mapping[str, object], *, from_words: bool) -> None:
    """Raises Wrong for fields that do not belong there, and for values of another kind."""
    for name, value in body.items():
        if name not in KINDS or (from_words and name in FROM_PICTURE):
            raise Wrong("Extra inputs are not permitted", name)
        if not isinstance(value, KINDS[name]) or (KINDS[name] is int and isinstance(value, bool)):
            raise Wrong("Input has the wrong type", name)
    if body.get("sampler_name", "Euler") not in SAMPLERS:
        raise Wrong("Sampler not found", status=400)


def check_pictures(body: Mapping[str, object]) -> None:
    """Raises Wrong where there is no picture to start from, or a mask of another size."""
    sources = body.get("init_images")
    if not isinstance(sources, list) or not sources:
        raise Wrong("Init image not found", status=404)
    size = picture_size(str(sources[0]))
    if "mask" in body and picture_size(str(body["mask"])) != size:
        raise Wrong("The mask has another size than the picture.", status=500)


def check_units(scripts: object, *, there: bool) -> None:
    """Raises Wrong where the extension is missing, or for a unit that it does not take."""
    if not there:
        raise Wrong("Script 'controlnet' not found", status=422)
    for unit in scripts["controlnet"]["args"] if isinstance(scripts, dict) else ():
        picture_size(str(unit.get("image")))
        for name, value in unit.items():
            if name not in UNIT or not isinstance(value, UNIT[name]):
                raise Wrong(f"unexpected field or value: {name}", status=500)
        if not unit.get("enabled") or not unit.get("model"):
            raise Wrong("a unit must be enabled and have a model", status=500)


def picture_size(text: str) -> Size:
    """The pixels of a picture in base64. Raises Wrong as the engines do."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True))) as picture:
            return Size(*picture.size)
    except (OSError, binascii.Error) as error:
        raise Wrong("Invalid encoded image", status=500) from error


def whole(value: object, otherwise: int) -> int:
    """A whole number that was sent, or what stands for it."""
    return value if isinstance(value, int) else otherwise
