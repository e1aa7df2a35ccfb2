"""What services are like, in the language of the request."""

from __future__ import annotations

from limner.domain.model_card import ServiceCard
from limner.web.failures import in_english
from limner.web.languages import gettext as _
from limner.web.languages import message

DESCRIPTIONS = {
    "automatic1111": message(
        "Your own stable-diffusion-webui or Forge: any checkpoint that lies on the machine, at no cost."
    ),
    "bfl": message(
        "The FLUX models from their makers: pictures from words, edits with up to eight pictures, masks, "
        "wider canvases."
    ),
    "comfyui": message("Workflows on your own ComfyUI: Flux, SDXL and any that you add."),
    "diffusers": message(
        "Pipelines of the diffusers library on this machine, from a folder or by an id on Hugging Face, at no cost."
    ),
    "fal": message("A queue before hundreds of models: FLUX, Nano Banana, GPT Image, Ideogram, Recraft."),
    "gemini": message("Nano Banana models: pictures from words, edits in plain language, up to 14 references."),
    "huggingface": message("Open models of the Hub through its inference providers, with one token."),
    "ideogram": message("Pictures with lettering, and edits that keep every untouched pixel."),
    "leonardo": message(
        "Phoenix, Lucid and many SDXL models, partner models through a second API, masks and enlarging."
    ),
    "openai": message("GPT Image models: pictures from words, edits, masks and references."),
    "recraft": message("Design work: posters, illustrations, clean products, and cheap tools for finished pictures."),
    "replicate": message(
        "Open and commercial models by their makers: FLUX, Stable Diffusion, Ideogram, Recraft, upscalers."
    ),
    "runware": message(
        "Many open and partner models at one address: FLUX, SDXL, Qwen, masks, wider canvases, enlarging, cutting out."
    ),
    "sketch": message("Draws on this machine: no key, no network, no cost."),
    "stability": message("Stable Image: pictures from words, and a tool for each kind of edit."),
    "together": message("Open picture models by the megapixel: FLUX, Stable Diffusion, Seedream, Qwen and others."),
    "xai": message("Grok Imagine: pictures from words, edits in plain language, up to 10 at once."),
}
"""What the built-in services are like, word for word as in catalog/facts."""


NAMES = {"sketch": message("Built in")}
"""What is no maker's name, word for word as in catalog/facts."""


def called(card: ServiceCard) -> str:
    """A service's name; in the language of the request where it is a word and not a name."""
    known = NAMES.get(card.id)
    return _(known) if known is not None and known == card.name else card.name


def described(card: ServiceCard) -> str:
    """What a service is like; in English, and marked as that, where the catalog says something of its own."""
    known = DESCRIPTIONS.get(card.id)
    return _(known) if known is not None and known == card.description else in_english(card.description)
