"""Work on pixels: masks, canvases, copies, thumbnails."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms

from limner.domain.call import Landed
from limner.domain.errors import BadPicture, InvalidRequest
from limner.domain.model_card import MaskKind
from limner.domain.ports import Imaging
from limner.domain.request import Box, Margins, Size
from limner.storage.imaging import PillowImaging
from limner.storage.masks import MARKED, NOTICEABLE, rectangle
from limner.storage.probe import Limits
from tests.storage.samples import FORMATS, animation, opened, painting, sample, saved, turned

edges = st.integers(1, 40)
greys = st.binary(min_size=24, max_size=24)


@pytest.fixture
def imaging() -> Iterator[PillowImaging]:
    working = PillowImaging()
    yield working
    working.close()


@pytest.fixture(scope="module")
def steady() -> Iterator[PillowImaging]:
    """One for all examples of a property."""
    working = PillowImaging()
    yield working
    working.close()


def grey(levels: bytes, width: int = 6, height: int = 4) -> Image.Image:
    return Image.frombytes("L", (width, height), levels)


def a_mask(size: tuple[int, int] = (48, 32), box: tuple[int, int, int, int] = (8, 8, 20, 20)) -> Image.Image:
    mask = Image.new("L", size, 0)
    mask.paste(255, box)
    return mask


def test_it_is_the_port(imaging: PillowImaging) -> None:
    port: Imaging = imaging
    assert port is imaging


@pytest.mark.parametrize("format", FORMATS)
async def test_probe_and_examine_say_the_same_of_a_good_file(imaging: PillowImaging, format: str) -> None:
    data = sample(format)
    file = await imaging.probe(data)
    assert (file.media_type, file.width, file.height, file.size) == (f"image/{format}", 48, 32, len(data))
    assert file.digest == hashlib.sha256(data).hexdigest()
    examined, tone = await imaging.examine(data)
    assert examined == file
    assert len(bytes.fromhex(tone.removeprefix("#"))) == 3


async def test_a_file_that_has_landed_is_not_hashed_again(imaging: PillowImaging) -> None:
    data = sample("png")
    assert (await imaging.probe(data, landed=Landed(digest="known", size=len(data)))).digest == "known"


async def test_limits_hold_for_every_method(imaging: PillowImaging) -> None:
    strict = PillowImaging(limits=Limits(max_pixels=100))
    data, mask = sample("png"), saved(a_mask(), "png")
    size = Size(48, 32)
    for work in (
        strict.probe(data),
        strict.examine(data),
        strict.tone(data),
        strict.to_mask(mask, size),
        strict.mask_for(mask, MaskKind.BLACK),
        strict.extend(data, Margins(left=1), None),
        strict.protect(data, data, mask),
        strict.changed_outside(data, data, mask),
        strict.convert(data, "webp"),
        strict.resample(data, size),
        strict.thumbnail(data, 16),
    ):
        with pytest.raises(BadPicture, match="at most"):
            await work
    strict.close()


@pytest.mark.parametrize("colour", ["#c03020", "#102030", "#ffffff"])
async def test_the_tone_is_the_colour_that_covers_most(imaging: PillowImaging, colour: str) -> None:
    picture = Image.new("RGB", (200, 120), colour)
    picture.paste("#20f040", (0, 0, 80, 60))
    assert (await imaging.examine(saved(picture, "png")))[1] == colour
    assert await imaging.tone(saved(picture, "webp", lossless=True)) == colour


async def test_printers_colours_are_read_too(imaging: PillowImaging) -> None:
    data = saved(Image.new("CMYK", (400, 300), (0, 255, 255, 0)), "jpeg")
    assert (await imaging.examine(data))[1] == await imaging.tone(data)
    small, tone = await imaging.thumbnail(data, 128)
    assert opened(small).size == (128, 96)
    assert tone in ("#ff0000", "#fe0000")


async def test_what_is_transparent_has_no_tone(imaging: PillowImaging) -> None:
    nothing = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    assert await imaging.tone(saved(nothing, "png")) == "#808080"
    nothing.paste((10, 20, 200, 255), (0, 0, 20, 20))
    assert await imaging.tone(saved(nothing, "png")) == "#0a14c8"


# --- masks ------------------------------------------------------------------------------


@given(levels=greys)
@settings(max_examples=40, deadline=None)
async def test_a_mask_without_transparency_changes_where_it_is_white(steady: PillowImaging, levels: bytes) -> None:
    if max(levels) < MARKED:
        with pytest.raises(BadPicture, match="marks nothing"):
            await steady.to_mask(saved(grey(levels), "png"), Size(6, 4))
        return
    mask = opened(await steady.to_mask(saved(grey(levels), "png"), Size(6, 4)))
    assert mask.convert("L").tobytes() == levels


@given(levels=greys.filter(lambda levels: min(levels) < 128))
@settings(max_examples=40, deadline=None)
async def test_a_mask_with_transparency_changes_where_it_is_transparent(steady: PillowImaging, levels: bytes) -> None:
    given_mask = Image.new("RGBA", (6, 4), "white")
    given_mask.putalpha(grey(levels))
    mask = opened(await steady.to_mask(saved(given_mask, "png"), Size(6, 4)))
    assert mask.mode == "L"
    assert mask.tobytes() == bytes(255 - level for level in levels)


async def test_a_transparency_that_hides_nothing_says_nothing(imaging: PillowImaging) -> None:
    drawn = a_mask().convert("RGBA")
    assert opened(await imaging.to_mask(saved(drawn, "png"), Size(48, 32))).tobytes() == a_mask().tobytes()


@given(levels=greys.filter(lambda levels: max(levels) >= MARKED))
@settings(max_examples=40, deadline=None)
async def test_conventions_mark_the_same_pixels(steady: PillowImaging, levels: bytes) -> None:
    canonical = await steady.to_mask(saved(grey(levels), "png"), Size(6, 4))
    white, black, alpha = [
        opened(await steady.mask_for(canonical, kind)) for kind in (MaskKind.WHITE, MaskKind.BLACK, MaskKind.ALPHA)
    ]
    stark = opened(await steady.mask_for(canonical, MaskKind.STARK))
    assert stark.tobytes() == bytes(255 if level >= MARKED else 0 for level in levels)
    assert white.tobytes() == levels
    assert black.tobytes() == bytes(255 - level for level in levels)
    assert alpha.mode == "RGBA"
    assert alpha.getchannel("A").tobytes() == bytes(0 if level >= MARKED else 255 for level in levels)
    back = opened(await steady.to_mask(saved(alpha, "png"), Size(6, 4)))
    assert back.tobytes() == bytes(255 if level >= MARKED else 0 for level in levels)


async def test_a_model_without_masks_gets_none(imaging: PillowImaging) -> None:
    with pytest.raises(InvalidRequest, match="takes no mask"):
        await imaging.mask_for(saved(a_mask(), "png"), MaskKind.NONE)


async def test_a_mask_of_another_size_is_refused_with_both_sizes(imaging: PillowImaging) -> None:
    with pytest.raises(BadPicture, match="48x32 pixels and the picture 64x32"):
        await imaging.to_mask(saved(a_mask(), "png"), Size(64, 32))


async def test_the_edges_of_a_mask_fade_over_as_many_pixels_as_the_feather_says(imaging: PillowImaging) -> None:
    hard = rectangle(Box(left=20, top=0, width=60, height=40), Size(80, 40))
    soft = opened(await imaging.to_mask(hard, Size(80, 40), 8)).convert("L")
    row = [soft.getpixel((x, 20)) for x in range(80)]
    assert row == sorted(row)  # type: ignore[type-var]  # a pixel of a grey picture is a number
    assert (row[0], row[40]) == (0, 255)
    assert 0 < int(str(row[19])) < 128 <= int(str(row[20])) < 255
    with pytest.raises(BadPicture, match="too little for a feather of 64 pixels"):
        await imaging.to_mask(rectangle(Box(left=0, top=0, width=2, height=2), Size(80, 40)), Size(80, 40), 64)


async def test_a_rectangle_is_marked_as_far_as_it_lies_on_the_picture(imaging: PillowImaging) -> None:
    mask = opened(rectangle(Box(left=70, top=30, width=60, height=40), Size(80, 40))).convert("L")
    assert mask.getbbox() == (70, 30, 80, 40)
    for outside in (Box(left=80, top=0, width=9, height=9), Box(left=0, top=0, width=0, height=9)):
        with pytest.raises(BadPicture, match="lies on the picture of 80x40"):
            rectangle(outside, Size(80, 40))


async def test_a_mask_that_is_no_picture_is_called_a_mask(imaging: PillowImaging) -> None:
    with pytest.raises(BadPicture, match=r"^The mask is not a picture but a text file"):
        await imaging.to_mask(b"not a mask", Size(1, 1))


# --- protecting -------------------------------------------------------------------------


@given(
    source=st.binary(min_size=72, max_size=72),
    painted=st.binary(min_size=72, max_size=72),
    levels=greys.filter(lambda levels: max(levels) >= MARKED),
)
@settings(max_examples=60, deadline=None)
async def test_protected_pixels_are_the_very_same(
    steady: PillowImaging, source: bytes, painted: bytes, levels: bytes
) -> None:
    before, after = (saved(Image.frombytes("RGB", (6, 4), pixels), "png") for pixels in (source, painted))
    result, share = await steady.protect(before, after, saved(grey(levels), "png"))
    pixels = opened(result).convert("RGB").tobytes()
    outside = [number for number, level in enumerate(levels) if level == 0]
    differing = 0
    for number, level in enumerate(levels):
        span = slice(3 * number, 3 * number + 3)
        if level == 0:
            assert pixels[span] == source[span]
            differing += source[span] != painted[span]
        elif level == 255:
            assert pixels[span] == painted[span]
    assert share == pytest.approx(differing / len(outside) if outside else 0)


async def test_the_share_that_changed_outside_does_not_count_what_compression_does(imaging: PillowImaging) -> None:
    source = painting()
    mask = saved(a_mask(), "png")
    slightly = source.point(lambda value: min(255, value + NOTICEABLE))
    plainly = source.copy()
    plainly.paste("red", (0, 0, 48, 4))
    plainly.paste("red", (8, 8, 20, 20))
    before = saved(source, "png")
    assert await imaging.changed_outside(before, before, mask) == 0
    assert await imaging.changed_outside(before, saved(slightly, "png"), mask) == 0
    assert await imaging.changed_outside(before, saved(plainly, "png"), mask) == pytest.approx(
        48 * 4 / (48 * 32 - 12 * 12), rel=0.05
    )
    inverted = saved(ImageChops.invert(Image.new("RGB", (48, 32), "black")), "png")
    assert await imaging.changed_outside(saved(Image.new("RGB", (48, 32)), "png"), inverted, mask) == 1


async def test_a_mask_that_covers_everything_leaves_nothing_outside(imaging: PillowImaging) -> None:
    everything = saved(Image.new("L", (48, 32), 255), "png")
    assert await imaging.changed_outside(sample("png"), sample("jpeg"), everything) == 0


async def test_a_painted_picture_of_another_size_is_brought_to_that_of_the_source(imaging: PillowImaging) -> None:
    source = painting(48, 32, "RGBA")
    result, _ = await imaging.protect(saved(source, "png"), sample("webp", 96, 64), saved(a_mask(), "png"))
    image = opened(result)
    assert (image.size, image.mode) == ((48, 32), "RGBA")
    assert image.crop((20, 20, 48, 32)).tobytes() == source.crop((20, 20, 48, 32)).tobytes()


# --- canvases ---------------------------------------------------------------------------


@given(left=edges, top=edges, right=edges, bottom=edges)
@settings(max_examples=30, deadline=None)
async def test_a_grown_canvas_keeps_the_source_and_marks_the_rest(
    steady: PillowImaging, left: int, top: int, right: int, bottom: int
) -> None:
    source = painting(20, 10)
    margins = Margins(left=left, top=top, right=right, bottom=bottom)
    prepared = await steady.extend(saved(source, "png"), margins, None)
    assert prepared.size == Size(20 + left + right, 10 + top + bottom)
    sheet, mask = opened(prepared.canvas), opened(prepared.mask)
    place = (left, top, left + 20, top + 10)
    assert sheet.size == mask.size == (prepared.size.width, prepared.size.height)
    assert sheet.crop(place).convert("RGB").tobytes() == source.tobytes()
    assert mask.crop(place).getextrema() == (0, 0)
    assert mask.histogram()[255] == prepared.size.pixels - 200
    assert sheet.getchannel("A").histogram()[0] == prepared.size.pixels - 200


async def test_a_canvas_fits_into_its_limit_in_its_own_proportions(imaging: PillowImaging) -> None:
    prepared = await imaging.extend(sample("png", 100, 100), Margins(left=300), Size(200, 200))
    assert prepared.size == Size(200, 50)
    mask = opened(prepared.mask)
    assert mask.crop((150, 0, 200, 50)).getextrema() == (0, 0)
    assert mask.crop((0, 0, 150, 50)).getextrema() == (255, 255)
    assert opened(prepared.canvas).getchannel("A").crop((150, 0, 200, 50)).getextrema() == (255, 255)


@pytest.mark.parametrize(
    "margins", [Margins(), Margins(left=-5, right=10), Margins(right=40_000), Margins(top=9000, left=9000)], ids=str
)
async def test_margins_that_cannot_be_are_refused(imaging: PillowImaging, margins: Margins) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await imaging.extend(sample("png"), margins, None)
    assert caught.value.field == "margins"


# --- copies -----------------------------------------------------------------------------


@given(source=st.sampled_from([*FORMATS, "gif"]), format=st.sampled_from(FORMATS), width=st.integers(1, 200))
@settings(max_examples=50, deadline=None)
async def test_a_copy_has_the_format_and_exactly_the_width(
    steady: PillowImaging, source: str, format: str, width: int
) -> None:
    copy = opened(await steady.convert(sample(source, 60, 45), format, width))
    assert copy.format is not None
    assert copy.format.lower() == format
    assert copy.size == (width, max(1, round(45 * width / 60)))


@pytest.mark.parametrize("format", FORMATS)
async def test_a_copy_without_a_width_has_that_of_the_picture(imaging: PillowImaging, format: str) -> None:
    assert opened(await imaging.convert(sample("png"), format)).size == (48, 32)


async def test_a_lossless_copy_has_the_same_pixels(imaging: PillowImaging) -> None:
    copy = opened(await imaging.convert(saved(painting(mode="RGBA"), "webp", lossless=True, exact=True), "png"))
    assert copy.tobytes() == painting(mode="RGBA").tobytes()


async def test_what_is_transparent_becomes_white_in_a_jpeg(imaging: PillowImaging) -> None:
    copy = opened(await imaging.convert(saved(Image.new("RGBA", (32, 32), (200, 0, 0, 0)), "png"), "jpeg"))
    assert (copy.mode, copy.getpixel((5, 5))) == ("RGB", (255, 255, 255))


@pytest.mark.parametrize("format", FORMATS)
async def test_copies_keep_the_colour_profile_and_no_other_metadata(imaging: PillowImaging, format: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x010E] = "taken at 51.5 N"
    data = saved(painting(), "jpeg", icc_profile=profile, exif=exif.tobytes(), comment=b"secret")
    copy = await imaging.convert(data, format, 24)
    assert opened(copy).info["icc_profile"] == profile
    assert not opened(copy).getexif()
    assert b"51.5" not in copy
    assert b"secret" not in copy


async def test_a_profile_for_other_colours_is_left_out(imaging: PillowImaging) -> None:
    grey_profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    grey_profile = grey_profile[:16] + b"GRAY" + grey_profile[20:]
    data = saved(painting(mode="L"), "png", icc_profile=grey_profile)
    assert "icc_profile" not in opened(await imaging.convert(data, "webp")).info


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_copies_and_thumbnails_stand_upright(imaging: PillowImaging, orientation: int) -> None:
    data = turned("png", orientation)
    for copy in (await imaging.convert(data, "png"), (await imaging.thumbnail(data, 256))[0]):
        image = opened(copy)
        assert image.size == ((32, 48) if orientation >= 5 else (48, 32))
        assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
async def test_only_what_is_shown_turned_is_turned(imaging: PillowImaging, format: str) -> None:
    straight = sample(format)
    assert await imaging.upright(straight) is straight
    image = opened(await imaging.upright(turned(format, 6)))
    assert (image.format, image.size) == (format.upper(), (32, 48))
    assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("format", ["gif", "tiff", "svg", "", "../png"])
async def test_other_formats_are_refused(imaging: PillowImaging, format: str) -> None:
    with pytest.raises(InvalidRequest, match="png, jpeg, webp or avif") as caught:
        await imaging.convert(sample("png"), format)
    assert caught.value.field == "format"


@pytest.mark.parametrize("width, format", [(0, "png"), (-3, "png"), (40_000, "png"), (20_000, "webp")])
async def test_widths_that_cannot_be_are_refused(imaging: PillowImaging, width: int, format: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await imaging.convert(sample("png", 48, 2), format, width)
    assert caught.value.field == "width"


async def test_jpg_is_another_word_for_jpeg(imaging: PillowImaging) -> None:
    assert (await imaging.convert(sample("png"), "JPG")).startswith(b"\xff\xd8\xff")


async def test_an_animation_gives_its_first_frame(imaging: PillowImaging) -> None:
    copy = opened(await imaging.convert(animation(5), "png"))
    assert copy.convert("RGB").getpixel((3, 3)) == (0, 0, 0)


@given(width=edges, height=edges)
@settings(max_examples=20, deadline=None)
async def test_resampling_gives_exactly_the_size(steady: PillowImaging, width: int, height: int) -> None:
    assert opened(await steady.resample(sample("jpeg"), Size(width, height))).size == (width, height)


@given(width=st.integers(1, 700), height=st.integers(1, 700), edge=st.sampled_from([64, 256]))
@settings(max_examples=30, deadline=None)
async def test_a_thumbnail_fits_and_is_never_larger_than_the_picture(
    steady: PillowImaging, width: int, height: int, edge: int
) -> None:
    data, _ = await steady.thumbnail(saved(Image.new("RGB", (width, height), "teal"), "png"), edge)
    small = opened(data)
    assert small.format == "WEBP"
    assert max(small.size) == min(edge, max(width, height))
    assert small.width <= width
    assert small.height <= height


async def test_a_busy_picture_is_packed_harder_than_a_calm_one(imaging: PillowImaging) -> None:
    busy, calm = Image.effect_noise((256, 192), 60).convert("RGB"), Image.linear_gradient("L").convert("RGB")
    fine = {id(picture): saved(picture, "webp", quality=70, method=2) for picture in (busy, calm)}
    assert len((await imaging.thumbnail(saved(busy, "png"), 256))[0]) < 0.8 * len(fine[id(busy)])
    assert (await imaging.thumbnail(saved(calm, "png"), 256))[0] == fine[id(calm)]


async def test_no_more_than_a_few_are_worked_on_at_once() -> None:
    before = set(threading.enumerate())
    working = PillowImaging(at_once=2)
    await asyncio.gather(*(working.examine(sample("png", 100 + number)) for number in range(12)))
    assert len(set(threading.enumerate()) - before) == 2
    working.close()
