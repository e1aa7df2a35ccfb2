"""One adapter for each wire format: turns a call into a service's request and its answer into pictures.

Here is which of them there are, and whether a service can be used with what is installed and configured; that loads
neither an adapter nor an HTTP client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from limner.domain.model_card import ServiceCard
from limner.domain.ports import Provider
from limner.domain.readiness import UNREACHABLE, Readiness
from limner.domain.steering import ServiceConfig, switched_off
from limner.wire.connection import Connection

if TYPE_CHECKING:
    from limner.wire.line import Line

ADAPTERS = {
    "automatic1111": "limner.providers.automatic1111:Automatic1111",
    "bfl": "limner.providers.bfl:BlackForestLabs",
    "comfyui": "limner.providers.comfyui:ComfyUI",
    "diffusers": "limner.providers.diffusers:Diffusers",
    "fal": "limner.providers.fal:Fal",
    "gemini": "limner.providers.gemini:Gemini",
    "huggingface": "limner.providers.huggingface:HuggingFace",
    "ideogram": "limner.providers.ideogram:Ideogram",
    "leonardo": "limner.providers.leonardo:Leonardo",
    "openai": "limner.providers.openai:OpenAI",
    "recraft": "limner.providers.recraft:Recraft",
    "replicate": "limner.providers.replicate:Replicate",
    "runware": "limner.providers.runware:Runware",
    "sketch": "limner.providers.sketch:Sketch",
    "stability": "limner.providers.stability:Stability",
    "together": "limner.providers.together:Together",
    "xai": "limner.providers.xai:XAI",
}
"""Wire formats by the names that the catalog uses; loaded when first needed."""
JUDGES = {"openai": "limner.providers.moderation:OpenAIModeration"}
"""What looks at requests before they are carried out, by the service that it belongs to."""
PLUGINS = "limner.providers"
"""Entry points under which other packages offer adapters, each a callable that takes a Line."""
READY = Readiness(ready=True, reason="Ready")


class MakesProvider(Protocol):
    """An adapter's class, or a function in its place."""

    def __call__(self, line: Line) -> Provider:
        """The service at the end of this line."""
        ...


class Plugin(Protocol):
    """An adapter that does not come with Limner: an entry point of a package, or what a program brings along."""

    @property
    def name(self) -> str:
        """That of its wire format."""
        ...

    def load(self) -> object:
        """What makes it."""
        ...


def plugins_by_name(found: Iterable[Plugin] | None = None) -> Mapping[str, Plugin]:
    """The adapters of others, by the names of their wire formats; those of packages installed here unless given."""
    return {plugin.name: plugin for plugin in (entry_points(group=PLUGINS) if found is None else found)}


def readiness_of(
    card: ServiceCard, connection: Connection, plugins: Mapping[str, Plugin], config: ServiceConfig | None = None
) -> Readiness:
    """Whether a service is on, and has an adapter, a model, what it needs installed, an address and, where it needs
    one, a key. `config` is what an administrator says about it.
    """
    if connection.switched_off_by or (config is not None and not config.enabled):
        return switched_off(f"{connection.switched_off_by} is false") if connection.switched_off_by else switched_off()
    if card.adapter not in ADAPTERS and card.adapter not in plugins:
        return unready(f"Needs the adapter {card.adapter}: install the package that brings it.", "No adapter")
    missing = [name for name in card.packages if connection.python is None and not is_installed(name)]
    if missing:
        reason = f"Needs {' and '.join(missing)}: {card.installed_by}, or set {card.python_variable}."
        return unready(reason, "Not installed")
    if not card.default_model:
        return unready(f"Has no model yet: {card.models_by}.", "No model")
    if connection.base_url and not connection.base_url.startswith(("http://", "https://")):
        reason = f"Needs an address that begins with http:// or https://: set {card.base_url_variable}."
        return unready(reason, "No valid address")
    if card.key_variables and not connection.api_key and not connection.base_url_overridden:
        return unready(f"Needs a key: set {card.key_variables[0]}.", "API key not configured")
    if connection.api_key and not (connection.api_key.isascii() and connection.api_key.isprintable()):
        return unready(f"The key has characters that no key has: set {card.key_variables[0]} again.", "Invalid API key")
    return READY


def address_of(card: ServiceCard, connection: Connection) -> str | None:
    """Where an engine of this machine or network is to be found; None for services elsewhere, and for what has no
    address.
    """
    return connection.base_url if card.local and connection.base_url.startswith(("http://", "https://")) else None


def unreached(card: ServiceCard, address: str) -> Readiness:
    """An engine that is configured, and at whose address nobody listens."""
    reason = f"Not reachable at {address}. Start {card.name}, or set {card.base_url_variable}."
    return Readiness(ready=False, reason=reason, short="Not reachable", code=UNREACHABLE)


@cache
def is_installed(package: str) -> bool:
    """Whether Python finds a package, without importing it; what is installed later is seen by the next start."""
    return find_spec(package) is not None


def unready(reason: str, short: str = "Not configured") -> Readiness:
    """A service that cannot be used, and why: in a sentence, and in a few words."""
    return Readiness(ready=False, reason=reason, short=short)
