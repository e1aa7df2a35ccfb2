"""Pictures from any image model through one door.

    async with limner.open() as studio:
        job = await studio.generate("a lighthouse at dusk", count=2)
        job.images[0].save("lighthouse.png")

and, without an event loop: `limner.generate("a lighthouse at dusk").images[0].save("lighthouse.png")`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from limner.domain.version import VERSION

if TYPE_CHECKING:
    from limner.domain.errors import LimnerError, PolicyError, ProviderError, UsageError
    from limner.domain.job import Job
    from limner.domain.request import ImageRequest
    from limner.providers.own import OwnService
    from limner.studio import Studio, StudioImage, StudioJob
    from limner.studio import open_studio as open
    from limner.studio import paint_now as generate

__version__ = VERSION

__all__ = [
    "ImageRequest",
    "Job",
    "LimnerError",
    "OwnService",
    "PolicyError",
    "ProviderError",
    "Studio",
    "StudioImage",
    "StudioJob",
    "UsageError",
    "__version__",
    "generate",
    "open",
]

_HOMES = {
    "ImageRequest": ("limner.domain.request", "ImageRequest"),
    "Job": ("limner.domain.job", "Job"),
    "LimnerError": ("limner.domain.errors", "LimnerError"),
    "OwnService": ("limner.providers.own", "OwnService"),
    "PolicyError": ("limner.domain.errors", "PolicyError"),
    "ProviderError": ("limner.domain.errors", "ProviderError"),
    "Studio": ("limner.studio", "Studio"),
    "StudioImage": ("limner.studio", "StudioImage"),
    "StudioJob": ("limner.studio", "StudioJob"),
    "UsageError": ("limner.domain.errors", "UsageError"),
    "generate": ("limner.studio", "paint_now"),
    "open": ("limner.studio", "open_studio"),
}


def __getattr__(name: str) -> object:
    """Loads a public name when it is first asked for: importing the package alone costs next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'limner' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
