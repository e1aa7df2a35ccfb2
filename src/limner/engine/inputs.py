"""The pictures that a call starts from: which of them a model takes, in which role, and as what they are sent."""

from __future__ import annotations

from dataclasses import replace

from limner.domain.call import Call, CallInput
from limner.domain.model_card import MaskKind, ModelCard
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.ports import Blobs, Imaging
from limner.domain.request import ImageRequest, InputImage, Role
from limner.engine.untranslatable import Untranslatable

STILLS = frozenset({"image/png", "image/jpeg", "image/webp"})
"""What every service takes (their sheets, 2026-11); whatever else is kept goes out as a PNG."""


def inputs_of(request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> tuple[CallInput, ...]:
    """The pictures of a request as they go with each call, still without their bytes. Raises Untranslatable."""
    pictures = [image for image in request.inputs if image.role is not Role.MASK]
    if len(pictures) > card.max_inputs:
        raise Untranslatable(
            "inputs", f"{card.title} takes at most {card.max_inputs} input pictures; this request has {len(pictures)}."
        )
    if request.input(Role.MASK) is not None and card.mask is MaskKind.NONE:
        raise Untranslatable("mask", f"{card.title} cannot use a mask.")
    for role in sorted(card.needs):
        if request.input(role) is None:
            raise Untranslatable("inputs", f"{card.title} needs a {role} picture. Add one.")
    lines.extend(_still_line(image, card) for image in pictures if image.media_type not in STILLS)
    return tuple(
        CallInput(
            role=_sent_role(image.role, card, lines),
            digest=image.digest,
            media_type=image.media_type,
            width=image.width,
            height=image.height,
        )
        for image in request.inputs
    )


def _still_line(image: InputImage, card: ModelCard) -> ReceiptLine:
    kind = image.media_type.removeprefix("image/")
    return ReceiptLine(
        field="inputs",
        treatment=Treatment.MAPPED,
        wanted=kind,
        sent="png",
        why=f"{card.title} takes PNG, JPEG and WebP: what is sent is the first frame, converted on this machine.",
    )


def _sent_role(role: Role, card: ModelCard, lines: list[ReceiptLine]) -> Role:
    """The role that a picture has at the model: one that shows a style may go as any other reference."""
    if role is Role.MASK or role in card.roles:
        return role
    if role is not Role.STYLE or Role.REFERENCE not in card.roles:
        raise Untranslatable("inputs", f"{card.title} cannot use a {role} picture.")
    lines.append(
        ReceiptLine(
            field="inputs",
            treatment=Treatment.MAPPED,
            wanted=role.value,
            sent=Role.REFERENCE.value,
            why=f"{card.title} knows no style pictures; it goes along as a reference.",
        )
    )
    return Role.REFERENCE


async def loaded(call: Call, card: ModelCard, blobs: Blobs, imaging: Imaging) -> Call:
    """The call with the bytes of its pictures, each in the form that the service takes, on the model's own wire.

    Raises BadPicture and StorageError.
    """
    inputs = []
    for image in call.inputs:
        data, media_type = await blobs.get(image.digest), image.media_type
        if image.role is Role.MASK:
            data = await imaging.mask_for(data, card.mask)
        elif media_type not in STILLS:
            data, media_type = await imaging.convert(data, "png"), "image/png"
        inputs.append(replace(image, data=data, media_type=media_type))
    return replace(call, inputs=tuple(inputs), wire=card.wire)
