"""Multipart forms as the client sends them."""

from __future__ import annotations

import io

import aiohttp

from limner.wire.outgoing import Form


def form_data(form: Form) -> aiohttp.FormData:
    """A form whose every file has its name and its real type; names such as `image[]` go out as they are."""
    data = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    for name, value in form.fields:
        data.add_field(name, value)
    for file in form.files:
        data.add_field(file.name, io.BytesIO(file.data), filename=file.filename, content_type=file.media_type)
    return data
