"""The light of a scene: hour, weather and mood turned into colours."""

from dataclasses import dataclass, replace

import numpy as np

from limner.artist.colour import WHITE, Colour, grade, mix, rgb
from limner.artist.noise import Field


@dataclass(frozen=True, kw_only=True, slots=True)
class Light:
    """All colours a scene is painted in. `sky` runs from the top to the horizon."""

    sky: Field
    disc: Colour
    gleam: Colour
    far: Colour
    near: Colour
    water: Colour
    fore: Colour
    haze: Colour
    ambient: Colour
    dark: float
    disc_y: float

    def tone(self, material: Colour, depth: float) -> Colour:
        """A material under this light, `depth` from 0 (here) to 1 (the horizon)."""
        lit = material * self.ambient
        return mix(lit, mix(self.far, self.haze, 0.35), depth * 0.9)

    def shadow(self, material: Colour, depth: float = 0.0) -> Colour:
        """The dark side of a material."""
        return self.tone(mix(material, self.fore, 0.55) * np.float32(0.8), depth)


@dataclass(frozen=True, slots=True)
class _Hour:
    sky: str
    disc: str
    gleam: str
    far: str
    near: str
    water: str
    fore: str
    haze: str
    ambient: str
    dark: float
    disc_y: float


_HOURS = {
    "dawn": _Hour(
        "7395b5 a9bfc8 e6d3c4 f8c8a4 fde6c2",
        "fff6df",
        "fbd3b0",
        "a7a8b8",
        "4d5a6b",
        "8aa0ac",
        "26333f",
        "fbe0c8",
        "d6bcb4",
        0.15,
        0.40,
    ),
    "morning": _Hour(
        "5f9cc6 8fbfd6 c2dcdf f0ead2 fdf0d2",
        "fffbea",
        "ffeecb",
        "9fb4c4",
        "3d6272",
        "5c93a6",
        "17323a",
        "f0ecdc",
        "f2e8da",
        0.0,
        0.26,
    ),
    "noon": _Hour(
        "3a82b8 64a6cc 9bcbdd cfe6e6 e4efe4",
        "fffdf0",
        "fff4d4",
        "8fb0c6",
        "33586a",
        "2f7896",
        "14303a",
        "dfeceb",
        "fbf8f0",
        0.0,
        0.16,
    ),
    "golden": _Hour(
        "7d92a8 c3ab94 eebb79 f9cf87 fee9b4",
        "fff8dc",
        "ffd68a",
        "c29a86",
        "5b4636",
        "a0805c",
        "2a1e18",
        "fbd79a",
        "f0c088",
        0.05,
        0.38,
    ),
    "dusk": _Hour(
        "2b2a4c 6a4468 c8685a f2a65e fbd58e",
        "fff0c2",
        "ffb878",
        "8d5a70",
        "2d2438",
        "4a3448",
        "17121f",
        "f7b27a",
        "a07078",
        0.55,
        0.44,
    ),
    "twilight": _Hour(
        "1a2346 37406f 6d6090 c08a98 f0b8a0",
        "fdf3d8",
        "f2c0a8",
        "5d5a80",
        "1d2340",
        "2f3a60",
        "0e1226",
        "c894a0",
        "64648c",
        0.75,
        0.26,
    ),
    "night": _Hour(
        "070b1a 0d1730 182a48 2a4666 46688a",
        "f7efd6",
        "a9c0d8",
        "2c4560",
        "0d1726",
        "14253a",
        "050a12",
        "426282",
        "38506e",
        1.0,
        0.19,
    ),
}
# Weather and moods: saturation, contrast, tint of the whole light.
_LEANINGS = {
    "calm": (0.92, 0.94, "fbfdff"),
    "gloomy": (0.45, 0.85, "b4bac2"),
    "cheerful": (1.25, 1.05, "fffcf2"),
    "mysterious": (0.75, 0.92, "b0c4cc"),
    "dreamy": (0.85, 0.82, "fff0fa"),
    "dramatic": (1.15, 1.28, "f0e4e0"),
    "romantic": (1.1, 0.98, "ffe0e4"),
    "warm": (1.12, 1.02, "ffe9cc"),
    "cold": (0.85, 1.0, "d4e8ff"),
    "pastel": (0.8, 0.9, "fffafc"),
    "vibrant": (1.5, 1.1, "ffffff"),
    "muted": (0.5, 0.88, "f6f2ec"),
    "dark": (0.9, 1.1, "8a8ea0"),
    "bright": (1.12, 0.95, "ffffff"),
    "vintage": (0.42, 0.88, "f6e2c0"),
    "monochrome": (0.0, 1.12, "ffffff"),
    "spooky": (0.6, 1.1, "a8b8a4"),
    "cloudy": (0.55, 0.9, "dce2e6"),
    "rain": (0.5, 0.88, "b8c6d0"),
    "storm": (0.45, 1.05, "8e989e"),
    "fog": (0.62, 0.84, "f0f3f3"),
    "snowfall": (0.6, 0.86, "e8f0f8"),
    "haze": (0.85, 0.85, "fdf4e6"),
}
_WEATHERS = ("rain", "storm", "cloudy", "snowfall", "fog")
_NEON = _Hour(
    "120a2e 2d1152 6a1b7a d43a8c ff8a5c",
    "ffd36e",
    "ff5fb0",
    "5a2a8a",
    "1a0f3c",
    "2a1460",
    "0c0620",
    "e0409a",
    "9c84d2",
    0.9,
    0.46,
)
_SEASONS = {
    "autumn": (1.08, 1.0, "fff0dc"),
    "winter": (0.8, 0.98, "eaf2fc"),
    "spring": (1.06, 0.98, "fcfff6"),
    "summer": (1.12, 1.04, "fffdf4"),
}


def light_for(hour: str, leanings: tuple[str, ...] = (), tints: tuple[str, ...] = ()) -> Light:
    """The light of an hour, leaning to some moods, weathers and seasons, and to colours the prompt names."""
    light = _from_hour(_NEON if "neon" in leanings else _HOURS[hour])
    for name in leanings:
        leaning = _LEANINGS.get(name) or _SEASONS.get(name)
        if leaning:
            # At night the sky is dark already: weather greys it without darkening it as much again.
            tint = mix(rgb(leaning[2]), WHITE, 0.65 * light.dark if name in _WEATHERS else 0.0)
            light = lean(light, leaning[0], leaning[1], tint)
    if "pastel" in leanings:
        light = toned(light, rgb("fbeef2"), 0.45)
    for code in tints[:2]:
        light = toned(light, rgb(code), 0.5)
    return light


def _from_hour(hour: _Hour) -> Light:
    return Light(
        sky=np.stack([rgb(code) for code in hour.sky.split()]),
        disc=rgb(hour.disc),
        gleam=rgb(hour.gleam),
        far=rgb(hour.far),
        near=rgb(hour.near),
        water=rgb(hour.water),
        fore=rgb(hour.fore),
        haze=rgb(hour.haze),
        ambient=rgb(hour.ambient),
        dark=hour.dark,
        disc_y=hour.disc_y,
    )


def lean(light: Light, saturation: float, contrast: float, tint: Colour) -> Light:
    """The same light, greyer or stronger, darker or lighter."""

    def change(colour: Colour) -> Colour:
        return grade(colour, saturation, contrast, tint)

    return replace(
        light,
        sky=grade(light.sky.T, saturation, contrast, tint).T,
        disc=mix(light.disc, change(light.disc), 0.4),
        gleam=change(light.gleam),
        far=change(light.far),
        near=change(light.near),
        water=change(light.water),
        fore=grade(light.fore, saturation, 1.0, tint),
        haze=change(light.haze),
        ambient=grade(light.ambient, saturation, 1.0, mix(WHITE, tint, 0.8)),
    )


def toned(light: Light, colour: Colour, share: float) -> Light:
    """The same light with a colour running through it; light and dark stay where they are."""

    def change(own: Colour) -> Colour:
        bright = float(own[0]) * 0.3 + float(own[1]) * 0.59 + float(own[2]) * 0.11
        below, above = colour * np.float32(min(1.0, bright * 2)), mix(colour, WHITE, max(0.0, bright * 2 - 1))
        return mix(own, above if bright > 0.5 else below, share)

    return replace(
        light,
        sky=np.stack([change(row) for row in light.sky]),
        gleam=change(light.gleam),
        far=change(light.far),
        near=change(light.near),
        water=change(light.water),
        fore=change(light.fore),
        haze=change(light.haze),
        ambient=mix(light.ambient, light.ambient * mix(colour, WHITE, 0.4), share),
    )
