"""The instructions for text models: files in `templates/`, with blanks written `$name`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template


def filled(name: str, **values: object) -> str:
    """The template of this name with its blanks filled in, each of them."""
    return _template(name).substitute(values)


@cache
def _template(name: str) -> Template:
    return Template(files("limner.words").joinpath("templates", f"{name}.txt").read_text(encoding="utf-8").strip())
