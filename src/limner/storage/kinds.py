"""What a file is, by its first bytes."""

from __future__ import annotations

FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "avif": "image/avif", "gif": "image/gif"}
"""The picture formats Limner keeps, and their media types."""

EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/avif": "avif", "image/gif": "gif"}
"""How file names of each media type end."""

HEAD = 512
"""How many first bytes are looked at."""

OTHER = "application/octet-stream"

_OTHERS = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"II*\x00", "a TIFF file"),
    (b"MM\x00*", "a TIFF file"),
    (b"8BPS", "a Photoshop file"),
    (b"BM", "a BMP file"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL file"),
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"OggS", "a sound or video file"),
    (b"ID3", "a sound file"),
    (b"fLaC", "a sound file"),
    (b"{\\rtf", "a text document"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")


def _brands(head: bytes) -> list[bytes]:
    """The brands that an ISO media file says it follows, the main one first."""
    if head[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]


def media_type_of(head: bytes) -> str | None:
    """The media type of a picture that starts with these bytes; None for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if any(brand in (b"avif", b"avis") for brand in _brands(head)):
        return "image/avif"
    return None


def looks_like(head: bytes) -> str | None:
    """In words, what a file that is none of our pictures seems to be; None where nothing is known."""
    for start, words in _OTHERS:
        if head.startswith(start):
            return words
    brands = _brands(head)
    if brands:
        return "a HEIC photograph" if any(brand in _HEIC_BRANDS for brand in brands) else "a video"
    if head.startswith(b"RIFF"):
        return "a sound or video file"
    return _looks_like_text(head)


def _looks_like_text(head: bytes) -> str | None:
    """What kind of text the bytes are, if they are text at all."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "a text file"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in text:
        return "an SVG drawing"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<script", b"<body")):
        return "an HTML page"
    if text.startswith((b"{", b"[")) and _is_text(head):
        return "a JSON text"
    if text.startswith(b"<?xml"):
        return "an XML text"
    return "a text file" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    """Whether the bytes read as text: no control characters, and UTF-8 but for a character cut at the end."""
    if not head or any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and len(head) >= HEAD
    return True
