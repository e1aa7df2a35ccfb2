"""What Limner itself does to a picture before it is shown; the provider's bytes are always kept beside it."""

from __future__ import annotations

from dataclasses import dataclass

from limner.domain.call import Call
from limner.domain.picture import PictureFile
from limner.domain.ports import Blobs, Imaging, Prepared
from limner.domain.request import ImageRequest, Operation, Role, Size
from limner.engine.sizes import enlarged


@dataclass(frozen=True, kw_only=True, slots=True)
class Retoucher:
    """Brings a painted picture to the size, the protected pixels and the format that were asked for."""

    blobs: Blobs
    imaging: Imaging

    async def finished(
        self, request: ImageRequest, call: Call, original: PictureFile
    ) -> tuple[PictureFile, tuple[str, ...]]:
        """The file to show and what was done to it; the original itself where nothing had to be done."""
        if exact_size(request, call) is None and wanted_format(request, original) is None:
            return original, ()
        changes: list[str] = []
        data = await self.blobs.get(original.digest)
        painted = await self._sized(request, call, data, original, changes)
        painted = await self._masked(request, call, painted, changes)
        painted = await self._formatted(request, painted, original, changes)
        if painted is data:
            return original, tuple(changes)
        landed = await self.blobs.put(painted)
        return await self.imaging.probe(painted, landed=landed), tuple(changes)

    async def _sized(
        self, request: ImageRequest, call: Call, data: bytes, original: PictureFile, changes: list[str]
    ) -> bytes:
        """Masked and enlarged work has an exact size; a service may have painted at another one."""
        wanted = exact_size(request, call)
        came = Size(original.width, original.height)
        if wanted is None or came == wanted:
            return data
        changes.append(f"resampled from {came} to {wanted}")
        return await self.imaging.resample(data, wanted)

    async def _masked(self, request: ImageRequest, call: Call, data: bytes, changes: list[str]) -> bytes:
        source, mask = request.input(Role.SOURCE), request.input(Role.MASK)
        if source is None or masked_size(request, call) is None:
            return data
        before = await self.blobs.get(source.digest)
        if call.margins is not None:
            prepared: Prepared = await self.imaging.extend(before, call.margins, None)
            before, marked = prepared.canvas, prepared.mask
        elif mask is not None:
            marked = await self.blobs.get(mask.digest)
        else:
            return data
        if request.protect or call.margins is not None:
            kept, share = await self.imaging.protect(before, data, marked)
            changes.append(f"put back the pixels outside the mask ({share:.1%} of them had changed noticeably)")
            return kept
        share = await self.imaging.changed_outside(before, data, marked)
        changes.append(f"left as it came: {share:.1%} of the pixels outside the mask changed noticeably")
        return data

    async def _formatted(self, request: ImageRequest, data: bytes, original: PictureFile, changes: list[str]) -> bytes:
        wanted = wanted_format(request, original)
        if wanted is None:
            return data
        changes.append(f"converted from {original.media_type.removeprefix('image/')} to {wanted}")
        return await self.imaging.convert(data, wanted)


def wanted_format(request: ImageRequest, original: PictureFile) -> str | None:
    """The format to convert to; None where the picture came as it was wanted."""
    wanted = {"jpg": "jpeg"}.get((request.format or "").lower(), (request.format or "").lower())
    return wanted if wanted and wanted != original.media_type.removeprefix("image/") else None


def exact_size(request: ImageRequest, call: Call) -> Size | None:
    """The size that the picture must have whatever the service made of it; None where its own is fine."""
    return enlarged(request) or masked_size(request, call)


def masked_size(request: ImageRequest, call: Call) -> Size | None:
    """The size that masked or outpainted work must have; None for everything else, and for what was reframed."""
    source = request.input(Role.SOURCE)
    if source is None:
        return None
    if request.operation is Operation.OUTPAINT:
        margins = call.margins
        if margins is None:
            return None
        return Size(source.width + margins.left + margins.right, source.height + margins.top + margins.bottom)
    return source.size if request.operation is Operation.INPAINT else None
