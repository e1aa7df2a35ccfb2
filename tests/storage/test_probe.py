"""Probing: what is no safe picture is refused, in words that help, before a pixel is decoded."""

from __future__ import annotations

import contextlib
import random
import zlib
from collections.abc import Callable
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from limner.domain.errors import BadPicture
from limner.storage.pixels import decode
from limner.storage.probe import PAINTED, UPLOADED, Limits, inspect
from tests.storage.samples import FORMATS, animation, bomb, chunk, opened, painting, sample, saved, turned

ALL = (*FORMATS, "gif")
edges = st.integers(1, 90)


@given(format=st.sampled_from(ALL), width=edges, height=edges, mode=st.sampled_from(["RGB", "RGBA", "L", "P"]))
@settings(max_examples=60, deadline=None)
def test_type_and_size_are_what_a_decoder_finds(format: str, width: int, height: int, mode: str) -> None:
    picture = painting(width, height, "RGBA" if mode == "RGBA" and format != "jpeg" else "RGB")
    if mode in ("L", "P") and format in ("png", "gif"):
        picture = picture.convert(mode)
    found = inspect(saved(picture, format))
    assert (found.media_type, found.width, found.height) == (f"image/{format}", width, height)
    assert found.shape.frames == 1


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"quality": 50}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}], ids=str
)
def test_every_kind_of_webp_is_read(options: dict[str, object]) -> None:
    found = inspect(saved(painting(70, 50), "webp", **options))
    assert (found.width, found.height) == (70, 50)


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"subsampling": 2, "quality": 30}, {"restart_marker_rows": 1}], ids=str
)
def test_every_kind_of_jpeg_is_read(options: dict[str, object]) -> None:
    found = inspect(saved(painting(70, 50), "jpeg", **options))
    assert (found.width, found.height) == (70, 50)


@pytest.mark.parametrize("format", ALL)
def test_a_file_that_is_cut_anywhere_is_refused(format: str) -> None:
    whole = sample(format)
    inspect(whole)
    for end in {*range(1, len(whole), max(1, len(whole) // 150)), len(whole) - 2, len(whole) - 1}:
        with pytest.raises(BadPicture):
            inspect(whole[:end])


@pytest.mark.parametrize("format", ALL)
def test_what_follows_a_picture_is_tolerated_and_ignored(format: str) -> None:
    found = inspect(sample(format) + b"<html><script>alert(1)</script></html>PK\x03\x04" + bytes(1000))
    assert (found.media_type, found.width) == (f"image/{format}", 48)


@pytest.mark.parametrize("format", ALL)
def test_a_picture_inside_another_file_is_not_a_picture(format: str) -> None:
    for start in (b"<html><body>", b"%PDF-1.7\n", b"PK\x03\x04", b"\n"):
        with pytest.raises(BadPicture):
            inspect(start + sample(format))


@pytest.mark.parametrize("format", ALL)
def test_spoilt_files_are_refused_or_read_but_nothing_else_happens(format: str) -> None:
    whole, chance = sample(format, 20, 12), random.Random(format)
    for _ in range(400):
        spoilt = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        data = bytes(spoilt[: chance.randrange(1, len(spoilt) + 1)])
        with contextlib.suppress(BadPicture):
            assert decode(data, inspect(data, Limits(max_pixels=1_000_000))).image.width > 0


@pytest.mark.req("S0-067")
@pytest.mark.parametrize("limits", [PAINTED, UPLOADED], ids=["painted", "uploaded"])
@pytest.mark.parametrize(
    "data",
    [
        bomb(20_000, 20_000),
        bomb(2**31 - 1, 2**31 - 1),
        bomb(1, 50_000),
        b"GIF89a" + (60_000).to_bytes(2, "little") * 2 + b"\0\0\0" + b"\x2c" + bytes(9) + b"\x02\x02\x44\x01\x00\x3b",
    ],
    ids=["20000x20000", "the largest PNG there can be", "a long strip", "GIF"],
)
def test_bombs_are_refused_before_they_are_decoded(data: bytes, limits: Limits) -> None:
    with pytest.raises(BadPicture, match=r"measures \d+x\d+ pixels; at most (64|50) million in all"):
        inspect(data, limits)


@pytest.mark.req("S0-067")
def test_a_gif_frame_that_reaches_beyond_its_canvas_counts_in_full() -> None:
    frame = b"\x2c" + bytes(4) + (60_000).to_bytes(2, "little") * 2 + b"\0" + b"\x02\x02\x44\x01\x00"
    small_canvas = b"GIF89a" + (10).to_bytes(2, "little") * 2 + b"\0\0\0" + frame + b"\x3b"
    with pytest.raises(BadPicture, match="measures 60000x60000"):
        inspect(small_canvas)


@pytest.mark.req("S0-067")
def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(BadPicture, match="has no pixels"):
        inspect(bomb(0, 10))


def test_limits_are_those_that_are_given() -> None:
    data = sample("png", 48, 32)
    inspect(data, Limits(max_pixels=48 * 32, max_edge=48, max_bytes=len(data)))
    for limits in (Limits(max_pixels=48 * 32 - 1), Limits(max_edge=47), Limits(max_bytes=len(data) - 1)):
        with pytest.raises(BadPicture, match="at most"):
            inspect(data, limits)


@pytest.mark.parametrize("format", ["gif", "webp", "png", "avif"])
def test_animations_of_many_frames_are_refused(format: str) -> None:
    assert inspect(animation(5, format)).shape.frames == 5
    with pytest.raises(BadPicture, match="has 130 frames; at most 120"):
        inspect(animation(130, format))


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "notes.txt is empty"),
        (b"Dear diary,\ntoday I painted nothing.", "notes.txt is not a picture but a text file"),
        ("Grüße aus dem Süden".encode() * 100, "but a text file"),
        (b"%PDF-1.7\n%\xe2\xe3", "but a PDF document"),
        (b"<!DOCTYPE html><html>", "but an HTML page"),
        (b"\xef\xbb\xbf  <html>", "but an HTML page"),
        (
            b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
            "is an SVG drawing, which may carry scripts",
        ),
        (b"<svg onload='alert(1)'>", "is an SVG drawing"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "is a HEIC photograph"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(40), "but a video"),
        (b"PK\x03\x04\x14\0", "but a ZIP archive"),
        (b"II*\0" + bytes(20), "but a TIFF file"),
        (b'{"data": [{"b64_json": ""}]}', "but a JSON text"),
        (b"RIFF\0\0\0\0WAVEfmt ", "but a sound or video file"),
        (bytes(range(256)), "notes.txt is not a picture. Give"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_picture_is_called_by_its_name(data: bytes, words: str) -> None:
    with pytest.raises(BadPicture) as caught:
        inspect(data, name="notes.txt")
    assert words in caught.value.message
    assert "Give a PNG, JPEG, WebP, AVIF or GIF." in caught.value.message


def test_a_jpeg_of_countless_scans_is_refused() -> None:
    whole = saved(painting(), "jpeg", progressive=True)
    inspect(whole)
    last = whole.rindex(b"\xff\xda")
    with pytest.raises(BadPicture, match="no camera or program"):
        inspect(whole[:last] + whole[last:-2] * 150 + b"\xff\xd9")


def test_a_jpeg_of_one_scan_for_each_colour_may_not_have_countless_ones_either() -> None:
    whole = saved(painting(), "jpeg")
    scan = whole.index(b"\xff\xda")
    one_colour = whole[: scan + 4] + b"\1" + whole[scan + 5 :]
    inspect(one_colour)
    with pytest.raises(BadPicture, match="no camera or program"):
        inspect(one_colour[:-2] + one_colour[scan:-2] * 150 + b"\xff\xd9")


def with_wrong_checksum(data: bytes) -> bytes:
    at = data.index(b"IDAT") + 10
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def without_pixels(data: bytes) -> bytes:
    return data[:33] + chunk(b"IEND", b"")


def header_twice(data: bytes) -> bytes:
    return data[:33] + data[8:33] + data[33:]


def of_countless_chunks(data: bytes) -> bytes:
    return data[:33] + chunk(b"tEXt", b"a\0b") * 70_000 + data[33:]


@pytest.mark.parametrize("spoil", [with_wrong_checksum, without_pixels, header_twice, of_countless_chunks])
def test_a_png_whose_parts_make_no_sense_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BadPicture, match=r"damaged|no camera or program"):
        inspect(spoil(sample("png")))


@pytest.mark.parametrize("spoil", [without_pixels, header_twice, of_countless_chunks])
def test_without_the_checksums_of_pixels_all_else_is_seen(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BadPicture, match=r"damaged|no camera or program"):
        inspect(spoil(sample("png")), checksums=False)


@pytest.mark.parametrize("format", [*ALL, "apng"])
def test_without_the_checksums_of_pixels_the_same_is_found(format: str) -> None:
    data = animation(3, "png") if format == "apng" else sample(format)
    assert inspect(data, checksums=False) == inspect(data)
    for end in range(1, len(data), max(1, len(data) // 50)):
        with pytest.raises(BadPicture):
            inspect(data[:end], checksums=False)


def test_without_the_checksums_of_pixels_those_of_large_chunks_are_believed_too() -> None:
    data = sample("png")
    for size, whole in ((5000, True), (500, False)):
        padding = bytearray(chunk(b"paDd", bytes(size)))
        padding[20] ^= 1
        padded = data[:33] + bytes(padding) + data[33:]
        if whole:
            assert inspect(padded, checksums=False) == inspect(data)
        else:
            with pytest.raises(BadPicture, match="damaged"):
                inspect(padded, checksums=False)


@pytest.mark.parametrize("format", [*ALL, "apng"])
def test_a_file_on_the_disk_is_seen_as_one_in_memory(format: str, tmp_path: Path) -> None:
    data = animation(3, "png") if format == "apng" else sample(format)
    for end in (len(data), len(data) - 9):
        path = tmp_path / str(end)
        path.write_bytes(data[:end])
        with path.open("rb") as file:
            view = mmap(file.fileno(), 0, access=ACCESS_READ)
        if end == len(data):
            assert inspect(view) == inspect(data)
        else:
            with pytest.raises(BadPicture):
                inspect(view)


def test_pixels_that_cannot_be_decoded_are_refused_when_they_are() -> None:
    header = sample("png")[:33]
    data = header + chunk(b"IDAT", zlib.compress(b"\0" * 50)) + chunk(b"IEND", b"")
    found = inspect(data)
    with pytest.raises(BadPicture, match="damaged and cannot be decoded"):
        decode(data, found)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_is_that_of_the_picture_as_it_is_shown(format: str, orientation: int) -> None:
    data = turned(format, orientation)
    found = inspect(data)
    assert (found.width, found.height) == ((32, 48) if orientation >= 5 else (48, 32))
    assert decode(data, found).image.size == (found.width, found.height)


def test_an_orientation_that_makes_no_sense_is_none() -> None:
    assert inspect(turned("jpeg", 9)).shape.orientation == 1
    spoilt = saved(painting(), "jpeg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert inspect(spoilt).shape.orientation == 1


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel_becomes_rgb(mode: str) -> None:
    grey = painting(16, 16, "L")
    made = {
        "LA": lambda: Image.merge("LA", (grey, grey)),
        "I;16": lambda: grey.convert("I").point(lambda value: value * 257).convert("I;16"),
        "RGBA": lambda: painting(16, 16, "RGBA"),
    }.get(mode, lambda: painting(16, 16).convert(mode))()
    data = saved(made, "jpeg" if mode == "CMYK" else "png")
    image = decode(data, inspect(data)).image
    assert image.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")
    if mode == "I;16":
        assert image.getchannel("R").tobytes() == grey.tobytes()


def test_nothing_but_pixels_comes_through_a_decoder() -> None:
    data = saved(painting(), "jpeg", comment=b"taken at home", exif=turned("jpeg", 1)[6:])
    assert decode(data, inspect(data)).image.info == {}
    assert opened(data).info["comment"] == b"taken at home"
