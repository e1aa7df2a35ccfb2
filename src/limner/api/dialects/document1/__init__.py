"""The surface of document 1, /api/images: generation, editing, history, providers, templates, styles and statistics."""

from __future__ import annotations

from fastapi import APIRouter

from limner.api.dialects.document1 import keeping, lists, painting, words
from limner.api.dialects.document1.answers import SURFACE
from limner.api.dialects.document1.bodies import (
    ImagesCollectBody,
    ImagesCollectionBody,
    ImagesEditBody,
    ImagesEnhanceBody,
    ImagesGenerateBody,
    ImagesReportBody,
    ImagesStyleBody,
    ImagesStyleTransferBody,
    ImagesTemplateBody,
    ImagesUpscaleBody,
    ImagesVariationsBody,
)
from limner.api.dialects.document1.painting import generate

__all__ = ["BODIES", "SURFACE", "generate", "router"]

BODIES = (
    ImagesGenerateBody,
    ImagesEditBody,
    ImagesVariationsBody,
    ImagesUpscaleBody,
    ImagesStyleTransferBody,
    ImagesTemplateBody,
    ImagesStyleBody,
    ImagesReportBody,
    ImagesEnhanceBody,
    ImagesCollectionBody,
    ImagesCollectBody,
)

router = APIRouter()
for part in (painting, lists, words, keeping):
    router.include_router(part.router)
