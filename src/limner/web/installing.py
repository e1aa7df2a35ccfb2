"""What makes the studio an application of its own on a phone or a desktop: its manifest, and a page for when the line
is down, which is all that a browser keeps of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from limner.web import languages
from limner.web.languages import gettext as _
from limner.web.rendering import THEMES, Renderer, shell
from limner.web.squeezing import Squeezed
from limner.web.views import Shell

router = APIRouter(include_in_schema=False)

GROUND = "#14110c"
ICONS = {
    "icon-192.png": ("192x192", "any"),
    "icon-512.png": ("512x512", "any"),
    "icon-maskable.png": ("512x512", "maskable"),
}
WORKER_POLICY = "default-src 'none'; connect-src 'self'"


@dataclass(frozen=True, kw_only=True, slots=True)
class OfflinePage:
    """What is shown instead of a page that cannot be fetched."""

    template: ClassVar[str] = "pages/offline.html"
    shell: Shell


@router.get("/manifest.webmanifest")
async def manifest(request: Request) -> Response:
    """What systems ask when the studio is installed (W3C Web Application Manifest, read 2026-11-28)."""
    links, language = _renderer(request).links, languages.spoken()
    places = [place for place in request.app.state.places if place.tab]
    return JSONResponse(
        {
            "id": "/",
            "name": "Limner",
            "short_name": "Limner",
            "description": _("Pictures from any image model through one door."),
            "lang": language.tag,
            "dir": language.direction,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": GROUND,
            "theme_color": GROUND,
            "icons": [
                {"src": links.static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
                for name, (sizes, purpose) in ICONS.items()
            ],
            "shortcuts": [{"name": _(place.name), "url": place.href} for place in places],
        },
        media_type="application/manifest+json",
        headers={"Cache-Control": "no-cache", "Vary": "Cookie, Accept-Language"},
    )


@router.get("/sw.js")
async def worker(request: Request) -> Response:
    """The script that keeps the page for when the line is down; from here it may stand in for any page."""
    content = request.app.state.assets.files["sw.js"]
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": WORKER_POLICY}
    return Squeezed(content, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/offline")
async def offline_page(
    request: Request,
    language: Annotated[str, Query(max_length=10)] = "",
    theme: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The page that a browser keeps. It says nothing of anybody."""
    with languages.speaking(languages.KNOWN.get(language) or languages.spoken()):
        around = shell(request, _("Connection lost"))
        around = replace(around, person="", theme=theme if theme in THEMES else around.theme)
        return _renderer(request).page(OfflinePage(shell=around))


def _renderer(request: Request) -> Renderer:
    renderer: Renderer = request.app.state.renderer
    return renderer
