"""Each operation does what it promises to the source."""

import numpy as np
import pytest

from limner.artist import OPERATIONS, Artwork, paint
from tests.artist.pictures import commission, disc, mask, opened, painted, pixels, png

SIZE = 192


@pytest.fixture(scope="module")
def source() -> Artwork:
    return painted("a red barn with a horse in a meadow at noon")


@pytest.mark.parametrize("prompt", ["a sailboat", "mountains by a lake", "", "jabberwocky", "a cat, watercolour"])
def test_inpainting_changes_the_masked_part_alone(source: Artwork, prompt: str) -> None:
    work = painted(prompt, "inpaint", source=source.data, mask=mask(SIZE, (40, 50, 150, 160)))
    before, after = (np.asarray(opened(data).convert("RGB")) for data in (source.data, work.data))
    outside = np.ones((SIZE, SIZE), bool)
    outside[50:161, 40:151] = False
    assert (before[outside] == after[outside]).all()
    assert np.abs(before.astype(int) - after)[~outside].mean() > 2


def test_a_grey_mask_changes_less(source: Artwork) -> None:
    white = opened(mask(SIZE, (40, 50, 150, 160)))
    grey = png(white.point(lambda level: level // 4))
    before = pixels(source.data)
    much, little = (pixels(painted("a cat", "inpaint", source=source.data, mask=m).data) for m in (png(white), grey))
    assert np.abs(little - before).mean() < 0.5 * np.abs(much - before).mean()


def test_a_mask_of_another_size_is_refused(source: Artwork) -> None:
    with pytest.raises(ValueError, match="of that size"):
        painted("a cat", "inpaint", source=source.data, mask=mask(64, (1, 1, 9, 9)))


@pytest.mark.parametrize("margins", [(64, 32, 48, 16), (0, 0, 120, 0), (0, 90, 0, 0), (0, 0, 0, 70)])
def test_outpainting_keeps_the_source_in_its_place(source: Artwork, margins: tuple[int, int, int, int]) -> None:
    work = painted("a sailboat", "outpaint", source=source.data, margins=margins)
    left, top, right, bottom = margins
    assert (work.width, work.height) == (SIZE + left + right, SIZE + top + bottom)
    before, after = np.asarray(opened(source.data).convert("RGB")), np.asarray(opened(work.data).convert("RGB"))
    assert (after[top : top + SIZE, left : left + SIZE] == before).all()
    seam = pixels(work.data)
    if right:
        assert np.abs(seam[:, left + SIZE] - seam[:, left + SIZE - 1]).mean() < 0.08


@pytest.mark.req("S4-076")
@pytest.mark.parametrize("scale", [2, 4])
def test_upscaling_is_exact_in_size_and_true_to_the_source(source: Artwork, scale: int) -> None:
    work = painted("", "upscale", source=source.data, scale=scale)
    assert (work.width, work.height) == (SIZE * scale, SIZE * scale)
    again = np.asarray(opened(work.data).convert("RGB").reduce(scale), np.float64) / 255
    assert np.abs(again - pixels(source.data)).mean() < 0.02


def test_upscaling_keeps_transparency() -> None:
    clear = opened(painted("a castle on a hill", transparent=True).data)
    large = opened(painted("", "upscale", source=png(clear), scale=2).data)
    assert large.mode == "RGBA"
    assert int(np.asarray(large.getchannel("A")).min()) < 30


@pytest.mark.req("S4-076")
@pytest.mark.parametrize("ground", ["#7fb0d8", "#f4f4f4", "#203020"])
def test_removing_the_background_of_a_disc(ground: str) -> None:
    work = painted("", "remove_background", source=disc(200, ground))
    alpha = np.asarray(opened(work.data).getchannel("A"), np.float64) / 255
    y, x = np.mgrid[0:200, 0:200]
    reach = np.hypot(x - 100, y - 100)
    assert alpha[reach < 44].mean() > 0.97
    assert alpha[reach > 58].mean() < 0.03
    assert alpha.mean() == pytest.approx(np.pi * 50**2 / 200**2, abs=0.03)


def test_jpeg_cannot_hold_a_removed_background() -> None:
    with pytest.raises(ValueError, match="JPEG keeps no transparency"):
        painted("", "remove_background", source=disc(), format="jpeg")


@pytest.mark.parametrize("prompt", ["", "a red barn with a horse in a meadow at noon"])
def test_variations_differ_from_the_source_yet_resemble_its_palette(source: Artwork, prompt: str) -> None:
    work = pixels(painted(prompt, "variations", source=source.data).data)
    before = pixels(source.data)
    assert np.abs(work - before).mean() > 0.02
    assert np.abs(work.mean((0, 1)) - before.mean((0, 1))).max() < 0.12
    other = pixels(painted(prompt, "variations", source=source.data, seed=99).data)
    assert np.abs(other - work).mean() > 0.01


@pytest.mark.req("S4-076")
@pytest.mark.parametrize("style", ["watercolour", "ink", "oil", "pixel", "line art", "neon poster", "photo"])
def test_style_transfer_works_on_the_source(source: Artwork, style: str) -> None:
    before = pixels(source.data)
    work = pixels(painted(style, "style_transfer", source=source.data).data)
    assert np.abs(work - before).mean() > 0.01
    tones = [np.kron(picture.mean(2)[::16, ::16], np.ones((1, 1))).ravel() for picture in (before, work)]
    assert np.corrcoef(tones)[0, 1] > 0.4


def test_strength_zero_keeps_the_source(source: Artwork) -> None:
    work = painted("oil", "style_transfer", source=source.data, strength=0.0)
    assert np.abs(pixels(work.data) - pixels(source.data)).max() <= 1 / 255


def test_style_transfer_takes_the_palette_of_a_reference(source: Artwork) -> None:
    reference = painted("a desert at sunset").data
    goal, before = pixels(reference).mean((0, 1)), pixels(source.data).mean((0, 1))
    work = pixels(painted("", "style_transfer", source=source.data, reference=reference).data).mean((0, 1))
    assert np.abs(work - goal).sum() < 0.6 * np.abs(before - goal).sum()


def test_edits_follow_the_prompt(source: Artwork) -> None:
    before = pixels(source.data)
    night = pixels(painted("make it night", "edit", source=source.data).data)
    assert night.mean() < 0.65 * before.mean()
    balloon = pixels(painted("add a hot air balloon", "edit", source=source.data).data)
    changed = np.abs(balloon - before).max(2) > 0.1
    assert 0.005 < changed.mean() < 0.25
    assert changed[: SIZE // 2].sum() > changed[SIZE // 2 :].sum()
    assert not np.array_equal(pixels(painted("jabberwocky", "edit", source=source.data).data), before)


def test_an_edit_within_a_mask_stays_within_it(source: Artwork) -> None:
    work = pixels(painted("night", "edit", source=source.data, mask=mask(SIZE, (0, 0, 95, 191))).data)
    before = pixels(source.data)
    assert (work[:, 96:] == before[:, 96:]).all()
    assert np.abs(work[:, :96] - before[:, :96]).mean() > 0.1


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "generate"])
def test_every_operation_reports_and_shows_its_way(source: Artwork, operation: str) -> None:
    seen: list[float] = []
    previews: list[bytes] = []

    def report(share: float, stage: str) -> bool:
        assert stage
        seen.append(share)
        return True

    options = {"source": source.data, "mask": mask(SIZE, (9, 9, 99, 99)), "margins": (30, 0, 0, 0)}
    wanted = commission("a desert at night with a camel", operation, **options)
    work = paint(wanted, report, on_preview=previews.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert 2 <= len(previews) <= 3
    assert opened(work.data).size == (work.width, work.height)


@pytest.mark.parametrize("operation", ["edit", "variations", "style_transfer", "outpaint"])
def test_operations_are_deterministic(source: Artwork, operation: str) -> None:
    options: dict[str, object] = {"margins": (20, 0, 20, 0)} if operation == "outpaint" else {}
    first, second = (painted("oil, winter", operation, source=source.data, **options) for _ in range(2))
    assert first == second
