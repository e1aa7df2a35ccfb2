"""The surface of document 1, /api/images: generation, editing, history, providers, templates, styles and statistics;
and /webhooks, where services send word.
"""

from __future__ import annotations

from fastapi import APIRouter

from limner.api.dialects.document1 import hearing, helping, keeping, lists, painting, words
from limner.api.dialects.document1.answers import SURFACE
from limner.api.dialects.document1.bodies import (
    ImagesAnalyzeBody,
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
from limner.api.dialects.document1.painting import PAINTED, generate
from limner.api.documents import taking
from limner.api.generation import Generation
from limner.api.mounting import mount

__all__ = ["BODIES", "GENERATION", "SURFACE", "router"]

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
    ImagesAnalyzeBody,
    ImagesCollectionBody,
    ImagesCollectBody,
)

GENERATION = Generation(surface=SURFACE, generate=generate, takes=taking(ImagesGenerateBody), gives=PAINTED)
"""Its part of the route that it shares with document 2."""

router = APIRouter()
for part in (painting, lists, words, helping, keeping, hearing):
    mount(router, part.router)
