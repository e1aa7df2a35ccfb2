"""What a file is, by its first bytes; nobody's word is taken for it."""

from __future__ import annotations

ENOUGH = 512
"""First bytes that `picture_type` wants to see, unless the file is shorter."""

BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic"}


def picture_type(head: bytes) -> str | None:
    """The media type of a picture; None for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif"
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12])
    return "image/svg+xml" if _is_svg(head) else None


def _is_svg(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in text)
