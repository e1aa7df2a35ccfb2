"""Editing: a given picture changed as a prompt says."""

from dataclasses import replace

import numpy as np

from limner.artist import abstract, elsewhere, sky, weather
from limner.artist.colour import grade, luminance, match, mix, rgb
from limner.artist.figures import figures
from limner.artist.inpainting import things_within
from limner.artist.light import Light, light_for
from limner.artist.likeness import horizon_of, light_of, sky_of
from limner.artist.noise import Field, blur, smoothstep, wave
from limner.artist.painting import paint_scene
from limner.artist.progress import Progress
from limner.artist.scene import Scene, Thing
from limner.artist.sheet import Sheet
from limner.artist.stage import Stage
from limner.artist.treatments import chosen, treat


def edit(planes: Field, scene: Scene, strength: float, seed: object, progress: Progress) -> Field:
    """The picture changed as the prompt says: its hour, weather and tones, its sky, its ground, what stands in it."""
    progress.at(0.08, "looking at the source")
    out, above = planes.copy(), sky_of(planes)
    if scene.abstract and not (scene.moods or scene.tints or scene.styles):
        return _abstractly(out, scene, strength, seed)
    if scene.places:
        out = _other_ground(out, above, scene, strength, (seed, progress))
    elif scene.hour_named or scene.sky or scene.leanings or scene.tints:
        progress.at(0.25, "light")
        out = _relit(out, above, scene, strength, seed)
    progress.at(0.5, "figures")
    horizon = horizon_of(above)
    if not scene.places:
        _added(out, scene, horizon, seed)
    style = chosen(scene.styles)
    if style:
        progress.at(0.7, f"in {style}")
        out = mix(out, treat(out, style, seed), min(1.0, 0.25 + strength))
    return np.clip(out, 0, 1)


def _abstractly(planes: Field, scene: Scene, strength: float, seed: object) -> Field:
    """Words without a known meaning: the source in a palette of those words, crossed by their shapes."""
    sheet = Sheet(planes.shape[2], planes.shape[1], seed)
    abstract.composition(sheet, scene.unknown or ("quiet",), scene.tints, light_of(planes))
    toned = match(planes, sheet.planes, 0.8)
    tone = luminance(sheet.planes)
    crossed = toned * (np.float32(0.7) + tone * np.float32(0.55))
    return np.clip(mix(planes, crossed, strength), 0, 1)


def _other_ground(planes: Field, above: Field, scene: Scene, strength: float, way: tuple[object, Progress]) -> Field:
    """The place of the prompt in the tones of the source, keeping its large forms as far as asked."""
    height, width = planes.shape[1:]
    unit = (height * width) ** 0.5 / 1000
    own = scene if scene.hour_named or scene.sky else replace(scene, sky=frozenset())
    painted = paint_scene(replace(own, styles=()), (width, height), way[0], way[1]).planes
    if not scene.hour_named:
        painted = match(painted, planes, 0.75 * (1 - 0.6 * strength))
    forms, other = blur(luminance(planes), 30 * unit), blur(luminance(painted), 30 * unit)
    kept = (1 - strength) * 0.4
    painted = painted * (1 + ((forms + np.float32(0.12)) / (other + np.float32(0.12)) - 1) * np.float32(kept))
    share = min(1.0, strength * 1.7)
    if not (scene.hour_named or scene.sky or strength > 0.85):
        return np.asarray(planes + (painted - planes) * (1 - above) * np.float32(share), np.float32)
    return np.clip(mix(planes, painted, share), 0, 1)


def _relit(planes: Field, above: Field, scene: Scene, strength: float, seed: object) -> Field:
    """The source at another hour or in other weather: ground tinted, sky painted anew."""
    light = light_for(scene.hour, scene.leanings, scene.tints)
    share = min(1.0, 0.3 + strength)
    own = light_of(planes)
    ground = planes
    if scene.hour_named or scene.sky or scene.weather:
        ratio = np.clip((light.ambient + np.float32(0.03)) / (own.ambient + np.float32(0.03)), 0.22, 2.6)
        bright = float(light.ambient.mean() / max(0.05, float(own.ambient.mean())))
        ground = np.clip(planes * ratio[:, None, None], 0, 1)
        ground = mix(
            ground,
            np.clip(ground * np.float32(1.0) + light.haze[:, None, None] * np.float32(0.08), 0, 1),
            0.6 if bright < 1 else 0.2,
        )
    else:
        for name in scene.leanings:
            ground = match(ground, grade(ground, 1.0, 1.0, light_for("noon", (name,)).ambient), 1.0)
        ground = _toned(ground, scene, light)
    out = mix(planes, ground, share)
    sheet = Sheet(planes.shape[2], planes.shape[1], seed)
    sheet.planes = out.copy()
    if scene.hour_named or scene.sky or scene.weather:
        _new_sky(sheet, scene, light, horizon_of(above))
        out = out + (sheet.planes - out) * above * np.float32(share)
        sheet.planes = out
    stage = Stage(sheet=sheet, scene=scene, light=light)
    _falling(stage)
    if scene.snowy:
        _snowed(sheet, above, share)
    return np.clip(sheet.planes, 0, 1)


def _toned(planes: Field, scene: Scene, light: Light) -> Field:
    """Moods and colours over the whole picture."""
    small = np.repeat(np.repeat(light.sky.T[:, :, None], 4, 1), 4, 2)
    return match(
        planes,
        mix(small, np.broadcast_to(light.ambient[:, None, None], small.shape), 0.4),
        0.5 if scene.tints or scene.moods else 0.25,
    )


def _new_sky(sheet: Sheet, scene: Scene, light: Light, horizon: float) -> None:
    sky.gradient(sheet, light.sky, horizon + 0.05)
    dark = light.dark > 0.7
    if dark or scene.sky & {"stars", "milky", "aurora"}:
        sky.stars(sheet, horizon + 0.1, 1.0, "milky" in scene.sky)
    if "aurora" in scene.sky:
        sky.aurora(sheet, horizon + 0.05)
    at = (0.7, min(light.disc_y, horizon * 0.8))
    if scene.sky & {"moon", "crescent"}:
        sky.moon(sheet, at, 0.05, light, "crescent" in scene.sky)
    elif not dark and not scene.weather & {"rain", "storm", "fog", "cloudy"}:
        sky.disc(sheet, at, 0.05, (light.disc, light.gleam), 0.5)
    _sky_guests(Stage(sheet=sheet, scene=scene, light=light), horizon)


def _sky_guests(stage: Stage, horizon: float) -> None:
    """What else the new sky holds."""
    sheet, scene, light = stage.sheet, stage.scene, stage.light
    if "planet" in scene.sky:
        elsewhere.planet(stage, (0.3, 0.24), 0.09, True)
    if "rainbow" in scene.sky:
        sky.rainbow(sheet, horizon + 0.1)
    if "clouds" in scene.sky or scene.weather & {"rain", "storm", "cloudy", "snowfall"}:
        sky.clouds(sheet, light, 1.0, horizon + 0.08)
    if "lightning" in scene.weather:
        weather.lightning(stage, horizon)


def _falling(stage: Stage) -> None:
    falling = stage.scene.weather
    if "fog" in falling:
        weather.fog(stage)
    if falling & {"rain", "storm"}:
        weather.rain(stage, "storm" in falling)
    if "snowfall" in falling or stage.scene.season == "winter":
        weather.snowfall(stage)


def _snowed(sheet: Sheet, above: Field, share: float) -> None:
    """Snow lying on the lighter parts of the ground."""
    tone = luminance(sheet.planes)
    lying = smoothstep(0.28, 0.62, tone) * (1 - above) * np.float32(0.75 * share)
    rows = slice(0, sheet.height)
    sheet.lay(rows, lying, rgb("eef3f7"))


def _added(planes: Field, scene: Scene, horizon: float, seed: object) -> None:
    """Figures named in an edit, where they belong: on the ground, or in the sky."""
    height, width = planes.shape[1:]
    light = light_of(planes)
    groups: dict[bool, list[Thing]] = {}
    for thing in scene.things:
        if thing.name in figures():
            groups.setdefault(figures()[thing.name].stands == "air", []).append(thing)
    for aloft, things in groups.items():
        middle = (
            things[0].x
            if things[0].x is not None
            else 0.32 + 0.36 * float(wave(np.array([len(things[0].name) * 0.13], np.float32))[0] > 0)
        )
        half = 0.2 if sum(thing.count for thing in things) == 1 else 0.36
        middle = min(max(middle, half), 1 - half)
        band = (0.08, horizon * 0.75) if aloft else (0.0, horizon + (1 - horizon) * 0.62)
        box = (int((middle - half) * width), int(band[0] * height), int((middle + half) * width), int(band[1] * height))
        things_within(planes, box, replace(scene, things=tuple(things)), light, seed, 1.4)
