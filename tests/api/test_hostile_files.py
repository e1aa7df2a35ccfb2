"""Files that are no pictures, or more than they say: on every route that takes one, in JSON and in forms."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Mapping

import httpx2
import pytest
from PIL import Image

from tests.api.hostile import Front, Target, Watch, check_shape, twice
from tests.storage.samples import animation, bomb, chunk, sample

PNG = sample("png", 64, 64)
JPEG = sample("jpeg", 64, 64)
AFTER_HEADER = 8 + 25
"""Where a PNG's first chunk ends."""


def packed_zeros(millions: int) -> bytes:
    """What zlib makes of so many million zeros: packed once and repeated, since to pack them all takes seconds."""
    packing = zlib.compressobj(9)
    first = packing.compress(bytes(1_000_000)) + packing.flush(zlib.Z_FULL_FLUSH)
    again = packing.compress(bytes(1_000_000)) + packing.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    total = ((millions * 1_000_000) % 65_521 << 16) | 1  # Adler-32 of zeros
    return first + again * (millions - 1) + end + struct.pack(">I", total)


PACKED = packed_zeros(300)
"""300 MB in 300 kB."""
SCRIPT = b"<script>alert(1)</script>"


def with_chunk(kind: bytes, body: bytes) -> bytes:
    return PNG[:AFTER_HEADER] + chunk(kind, body) + PNG[AFTER_HEADER:]


def jpeg_of(width: int, height: int) -> bytes:
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + struct.pack(">HH", height, width) + JPEG[at + 4 :]


def gif_of(width: int, height: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    return head + b"," + struct.pack("<HHHH", 0, 0, width, height) + b"\0\x02\x02D\x01\0;"


def avif_of(width: int, height: int) -> bytes:
    avif = sample("avif", 64, 64)
    at = avif.index(b"ispe") + 8
    return avif[:at] + struct.pack(">II", width, height) + avif[at + 8 :]


NO_PICTURES: Mapping[str, bytes] = {
    "an SVG with a script": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "an SVG with an entity": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
    "an HTML page": b"<!doctype html>" + SCRIPT,
    "a script in a GIF's clothes": b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)",
    "a page in a PNG's clothes": b"\x89PNG\r\n\x1a\n" + SCRIPT,
    "a page in a JPEG's clothes": b"\xff\xd8\xff\xe0" + SCRIPT,
    "a page in a WebP's clothes": b"RIFF\xff\xff\0\0WEBP" + SCRIPT,
    "a document": b"%PDF-1.7 nothing",
    "an archive": b"PK\x03\x04" + b"\0" * 50,
    "a program": b"\x7fELF" + b"\0" * 50,
    "a TIFF": b"II*\x00" + b"\0" * 100,
    "a BMP": b"BM" + b"\0" * 100,
    "a HEIC": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1",
    "a video": b"\0\0\0\x18ftypmp42" + b"\0" * 30,
    "nothing": b"",
    "zeros": b"\0" * 1000,
    "half a PNG": PNG[: len(PNG) // 2],
    "a PNG without its end": PNG[:-4],
    "half a JPEG": JPEG[: len(JPEG) // 2],
    "half a WebP": sample("webp", 64, 64)[:-20],
    "half an AVIF": sample("avif", 64, 64)[:-20],
    "a PNG with one wrong bit": PNG[:60] + bytes([PNG[60] ^ 1]) + PNG[61:],
    "a PNG of 2,500 million pixels": bomb(50_000, 50_000),
    "a PNG as large as can be said": bomb(2**31 - 1, 2**31 - 1),
    "a PNG without pixels": bomb(0, 0),
    "a JPEG of 4,290 million pixels": jpeg_of(65_500, 65_500),
    "a GIF of 4,290 million pixels": gif_of(65_535, 65_535),
    "an AVIF of 2,500 million pixels": avif_of(50_000, 50_000),
    "a GIF of 200 frames": animation(200),
    "a WebP of 200 frames": animation(200, "webp"),
    "a colour profile of 300 MB": with_chunk(b"iCCP", b"x\0\0" + PACKED),
    "300 MB of packed text": with_chunk(b"zTXt", b"x\0\0" + PACKED),
    "300 MB of packed text in Unicode": with_chunk(b"iTXt", b"x\0\1\0\0\0" + PACKED),
}
WORDS = {"prompt": "more snow", "model": "sketch"}
IN_JSON = [
    Front(name="native", path="/api/v1/jobs", body={**WORDS, "operation": "edit"}),
    *twice(
        [
            Front(name="openai", surface="openai", path="/v1/images/edits", body=WORDS),
            Front(
                name="document1",
                surface="document1",
                path="/api/images/edit",
                body={"prompt": "more snow", "provider": "sketch"},
            ),
        ]
    ),
]
IN_FORMS = [
    Front(
        name="native",
        path="/api/v1/jobs",
        body={"request": '{"prompt": "snow", "model": "sketch", "operation": "edit"}'},
    ),
    Front(name="library", path="/api/v1/images"),
    *twice(
        [
            Front(name="edits", surface="openai", path="/v1/images/edits", body=WORDS),
            Front(name="variations", surface="openai", path="/v1/images/variations", body={"model": "sketch"}),
        ]
    ),
]
PART = {"native": "source", "library": "file"}
"""What the file's part is called; `image` elsewhere."""


def as_json(watch: Watch, front: Front, data: bytes) -> httpx2.Response:
    text = base64.b64encode(data).decode()
    url = f"data:image/png;base64,{text}"
    more: dict[str, object] = {"inputs": [{"data": text}]} if front.surface is None else {"imageUrl": url}
    if front.surface == "openai":
        more = {"images": [{"image_url": url}]}
    return watch.site.client.post(front.path, json=watch.target.body(front, **more), headers={"Prefer": "wait=30"})


def as_form(site: Watch, front: Front, data: bytes, name: str = "picture.png") -> httpx2.Response:
    files = {PART.get(front.name, "image"): (name, data, "image/png")}
    return site.site.client.post(front.path, data=dict(front.body), files=files)


@pytest.mark.req("S0-067")
@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_refused(watch: Watch, name: str) -> None:
    data = NO_PICTURES[name]
    with watch.nothing_happens() as note:
        for front in IN_JSON:
            answer = as_json(watch, front, data)
            note(answer)
            check_shape(front, answer, 422 if front.surface is None else 400)
        for front in IN_FORMS:
            answer = as_form(watch, front, data)
            note(answer)
            check_shape(front, answer, 422 if front.surface is None else 400)


def ended_by(tail: bytes, format: str) -> bytes:
    return sample(format, 64, 64) + tail


POLYGLOTS: Mapping[str, bytes] = {
    "a PNG and a ZIP": ended_by(b"PK\x03\x04" + b"evil" * 50 + b"PK\x05\x06" + b"\0" * 18, "png"),
    "a PNG and a page": ended_by(SCRIPT, "png"),
    "a JPEG and a page": ended_by(SCRIPT, "jpeg"),
    "a JPEG with a page as its comment": JPEG[:2]
    + b"\xff\xfe"
    + struct.pack(">H", 2 + len(SCRIPT))
    + SCRIPT
    + JPEG[2:],
    "a PNG with a page as its text": with_chunk(b"tEXt", b"Comment\0" + SCRIPT),
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_a_picture_that_is_something_else_as_well_is_never_more_than_a_picture(target: Target, name: str) -> None:
    """Its bytes are kept as they came; whoever is handed them may take them for nothing else."""
    data = POLYGLOTS[name]
    files = {"file": ("page.html", data, "text/html")}
    made = target.site.client.post("/api/v1/images?again=true", files=files)
    assert made.status_code in (200, 201), made.text
    picture = made.json()["image"]["id"]
    for query in ("original=true", "", "format=webp", "width=32", "download=true"):
        answer = target.site.client.get(f"/api/v1/images/{picture}/file?{query}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("image/")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert ".html" not in answer.headers["content-disposition"]
        if query in ("format=webp", "width=32"):  # made anew from its pixels
            assert SCRIPT not in answer.content
            assert b"evil" not in answer.content
        if query == "original=true":
            assert answer.content == data


def test_pixels_that_unpack_to_more_than_the_picture_has_are_not_unpacked(target: Target) -> None:
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", PACKED) + chunk(b"IEND", b"")
    answer = target.site.client.post("/v1/images/edits", data=WORDS, files={"image": ("a.png", data, "image/png")})
    assert answer.status_code == 200, answer.text
    picture = base64.b64decode(answer.json()["data"][0]["b64_json"])
    assert Image.open(io.BytesIO(picture)).size == (64, 64)


NAMES = (
    "../../../etc/passwd",
    "..\\..\\windows\\system.ini",
    "/etc/passwd",
    "a%00.png",
    "a%0d%0aSet-Cookie: stolen=1.png",
    "\u202egnp.exe",
    "a" * 2000 + ".png",
    "CON",
    "<script>alert(1)</script>.png",
    "",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_leads_nowhere(target: Target, name: str) -> None:
    before = {path for path in target.folder.parent.rglob("*") if path.is_file()}
    made = target.site.client.post("/api/v1/images?again=true", files={"file": (name or "x", PNG, "image/png")})
    assert made.status_code in (200, 201), made.text
    assert "stolen" not in str(made.headers)
    answer = target.site.client.get(f"/api/v1/images/{made.json()['image']['id']}/file?download=true")
    assert answer.headers["content-type"] == "image/png"
    assert not {"\r", "\n", "/", "\\", "<"} & set(answer.headers["content-disposition"])
    added = {path for path in target.folder.parent.rglob("*") if path.is_file()} - before
    assert all(path.is_relative_to(target.folder / "data") for path in added)


def part(name: str, body: bytes, *, file: str | None = None) -> bytes:
    told = f'form-data; name="{name}"' + ("" if file is None else f'; filename="{file}"')
    return b"--x\r\nContent-Disposition: " + told.encode() + b"\r\n\r\n" + body + b"\r\n"


END = b"--x--\r\n"
SOUND = part("prompt", b"snow") + part("model", b"sketch") + part("image", PNG, file="a.png")
KIND = "multipart/form-data; boundary=x"
FORMS: Mapping[str, tuple[str, bytes]] = {
    "no boundary": ("multipart/form-data", SOUND + END),
    "another boundary": ("multipart/form-data; boundary=y", SOUND + END),
    "10,000 fields": (KIND, b"".join(part(f"f{number}", b"x") for number in range(10_000)) + END),
    "10,000 files": (KIND, part("image", b"x", file="a.png") * 10_000 + END),
    "a megabyte in one field": (KIND, part("prompt", b"x" * 1_000_001) + SOUND + END),
    "a head of a megabyte": (KIND, part("a" * 1_000_000, b"x") + SOUND + END),
    "a part without a name": (KIND, b"--x\r\n\r\nabc\r\n" + SOUND + END),
    "no last boundary": (KIND, SOUND),
    "a mask that is cut off": (KIND, SOUND + part("mask", PNG, file="mask.png")[:-40]),
    "nothing": (KIND, b""),
    "text in UTF-7": (f"{KIND}; charset=utf-7", SOUND + END),
    "text in an encoding that is none": (f"{KIND}; charset=undefined", SOUND + END),
    "text in Punycode": (f"{KIND}; charset=punycode", SOUND + END),
    "text that is not UTF-8": (KIND, part("prompt", b"snow \xff\xfe") + SOUND + END),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_that_are_not_whole_are_refused(watch: Watch, name: str) -> None:
    """Also by the pages, which read forms of fields alone."""
    kind, data = FORMS[name]
    with watch.nothing_happens() as note:
        for front in IN_FORMS:
            answer = watch.site.client.post(front.path, content=data, headers={"Content-Type": kind})
            note(answer)
            said = check_shape(front, answer, 400)
            assert said.startswith("The form cannot be read."), said
        for path in ("/", "/theme", "/api/v1/batches"):
            answer = watch.site.client.post(path, content=data, headers={"Content-Type": kind, "Accept": "text/html"})
            note(answer)
            assert answer.status_code == 400, answer.text
            assert path.startswith("/api") or answer.headers["content-type"].startswith("text/html")
