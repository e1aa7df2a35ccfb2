"""What the artist makes of prompts."""

import numpy as np
import pytest

from limner.artist import FORMATS, Stopped, paint
from limner.artist.vocabulary import vocabulary
from tests.artist.pictures import commission, opened, painted, pixels

SIZES = [(64, 64), (300, 100), (100, 300), (768, 256), (256, 768), (2048, 1024)]


def brightness(prompt: str) -> float:
    return float(pixels(painted(prompt).data).mean())


def test_the_same_commission_gives_the_same_bytes() -> None:
    first, second = painted("a lighthouse at dusk over a calm sea"), painted("a lighthouse at dusk over a calm sea")
    assert first == second


@pytest.mark.parametrize("style", ["watercolour", "ink", "poster", "oil", "pixel", "line art", "photo"])
def test_every_style_is_deterministic_and_unlike_the_plain_picture(style: str) -> None:
    first = painted("a castle on a hill", style=style)
    assert first.data == painted("a castle on a hill", style=style).data
    plain = pixels(painted("a castle on a hill").data)
    assert np.abs(pixels(first.data) - plain).mean() > 0.02


def test_another_seed_gives_another_picture() -> None:
    first, second = pixels(painted("mountains").data), pixels(painted("mountains", seed=8).data)
    assert np.abs(first - second).mean() > 0.01


@pytest.mark.parametrize("place", sorted({m.name for m in vocabulary().meanings.values() if m.kind == "place"}))
def test_every_place_is_a_picture_of_its_own(place: str) -> None:
    word = next(word for word, meaning in vocabulary().meanings.items() if meaning.name == place)
    work = painted(f"a {word} with a cat, a boat and a balloon", width=128, height=128)
    assert word in work.understood
    assert pixels(work.data).std() > 0.04
    assert np.abs(pixels(work.data) - pixels(painted("xyzzy", width=128, height=128).data)).mean() > 0.05


@pytest.mark.parametrize("words", ["rain", "storm", "lightning", "fog", "blizzard", "windy", "rainbow", "comet"])
def test_weather_and_signs_in_the_sky_show(words: str) -> None:
    plain, changed = (pixels(painted(f"hills in the morning {extra}").data) for extra in ("", words))
    assert np.abs(plain - changed).mean() > 0.004


@pytest.mark.parametrize("size", SIZES)
def test_sizes_and_ratios(size: tuple[int, int]) -> None:
    work = painted("a sailboat and a village below mountains at sunset", width=size[0], height=size[1])
    assert (work.width, work.height) == size == opened(work.data).size


@pytest.mark.parametrize(("form", "media_type"), FORMATS.items())
def test_formats(form: str, media_type: str) -> None:
    work = painted("a red barn", format=form)
    assert work.media_type == media_type
    assert opened(work.data).format == form.upper()


def test_night_is_darker_than_noon() -> None:
    assert brightness("mountains at night") < 0.6 * brightness("mountains at noon")


def test_an_aurora_is_green_in_the_upper_half() -> None:
    with_it, without = (pixels(painted(f"mountains at night{words}").data)[:96] for words in (", aurora", ""))
    assert (with_it[..., 1] - with_it[..., 0]).mean() > (without[..., 1] - without[..., 0]).mean() + 0.03


def test_snow_brightens_the_foreground() -> None:
    snowy, green = (pixels(painted(f"a meadow at noon{words}").data)[130:] for words in (" in snow", " in summer"))
    assert snowy.mean() > green.mean() + 0.15


def test_a_lighthouse_stands_above_the_horizon_in_red_and_white() -> None:
    work = pixels(painted("a lighthouse at dusk over a calm sea", width=384, height=384).data)
    bare = pixels(
        painted("a lighthouse at dusk over a calm sea", width=384, height=384, negative_prompt="lighthouse").data
    )
    changed = np.abs(work - bare).max(2) > 0.12
    rows = np.flatnonzero(changed.any(1))
    assert rows[0] < 0.5 * 384
    assert changed[int(0.3 * 384) : int(0.7 * 384)].any(1).mean() > 0.8


def test_the_negative_prompt_leaves_elements_out() -> None:
    assert (
        painted("two cows and a barn in a meadow").data
        != painted("two cows and a barn in a meadow", negative_prompt="cows").data
    )
    assert painted("a lake without mountains").understood == ("lake",)


def test_unknown_words_shape_different_abstract_pictures() -> None:
    works = {words: painted(words) for words in ("jabberwocky", "zeitgeist flummox", "qwertz")}
    assert all(work.understood == () for work in works.values())
    assert works["zeitgeist flummox"].unknown == ("zeitgeist", "flummox")
    pictures = [pixels(work.data) for work in works.values()]
    for i, first in enumerate(pictures):
        for second in pictures[i + 1 :]:
            assert np.abs(first - second).mean() > 0.05


def test_understood_words_come_in_order() -> None:
    work = painted("Two wolves below the Northern Lights, frobnicating, in watercolor")
    assert work.understood == ("two", "wolves", "northern lights", "watercolour")
    assert work.unknown == ("frobnicating",)


def test_an_empty_prompt_still_gives_a_picture() -> None:
    assert pixels(painted("").data).std() > 0.02


def test_a_reference_lends_its_palette() -> None:
    red = painted("crimson sunset desert, warm").data
    plain, lent = pixels(painted("a lake at noon").data), pixels(painted("a lake at noon", reference=red).data)
    goal = pixels(red).mean((0, 1))
    assert np.abs(lent.mean((0, 1)) - goal).sum() < 0.6 * np.abs(plain.mean((0, 1)) - goal).sum()


def test_transparent_leaves_the_sky_away() -> None:
    alpha = np.asarray(opened(painted("a castle on a hill", transparent=True).data).getchannel("A"), np.float64) / 255
    assert alpha[:10].mean() < 0.1
    assert alpha[-20:].mean() > 0.95


def test_the_caller_can_stop_it() -> None:
    seen: list[float] = []

    def report(share: float, stage: str) -> bool:
        assert stage
        seen.append(share)
        return share < 0.3

    with pytest.raises(Stopped):
        paint(commission("a forest"), report)
    assert 0.3 <= seen[-1] < 0.6


def test_reports_rise_to_one_and_previews_are_small() -> None:
    seen: list[float] = []
    previews: list[bytes] = []

    def report(share: float, _: str) -> bool:
        seen.append(share)
        return True

    paint(commission("a harbour in the morning", width=512, height=320), report, on_preview=previews.append)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert 2 <= len(previews) <= 3
    assert all(opened(data).format == "WEBP" and max(opened(data).size) <= 256 for data in previews)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"operation": "dance"}, "does not know the operation"),
        ({"width": 32}, "Each side must be 64 to 4096"),
        ({"format": "gif"}, "does not write"),
        ({"strength": 2.0}, "from 0 .keep. to 1"),
        ({"operation": "edit"}, "needs a source picture"),
        ({"operation": "upscale", "source": b"x", "scale": 3}, "Give 2 or 4"),
        ({"operation": "upscale", "source": b"no picture"}, "can be read"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        painted("x", **({"operation": "generate"} | options))  # type: ignore[arg-type]  # options vary by case
