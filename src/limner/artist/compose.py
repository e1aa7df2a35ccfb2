"""Composing: a scene painted layer by layer, back to front."""

from collections.abc import Callable, Iterator

import numpy as np

from limner.artist import abstract, city, depths, elsewhere, freshwater, inland, sky, waterside, weather, wilds
from limner.artist.colour import rgb
from limner.artist.light import Light, light_for, toned
from limner.artist.noise import chance, root
from limner.artist.scene import Scene
from limner.artist.sheet import Sheet
from limner.artist.stage import Stage, cast, put

Step = tuple[str, Callable[[], None]]

# Which place is the ground when several are named; the others stand behind it.
_ORDER = {
    "underwater": "underwater",
    "space": "space",
    "moonscape": "moonscape",
    "arctic": "arctic",
    "room": "room",
    "beach": "beach",
    "harbour": "harbour",
    "sea": "sea",
    "coast": "sea",
    "island": "sea",
    "waterfall": "waterfall",
    "canyon": "canyon",
    "desert": "desert",
    "lake": "lake",
    "jungle": "jungle",
    "forest": "forest",
    "river": "river",
    "city": "city",
    "garden": "meadow",
    "meadow": "meadow",
    "village": "meadow",
    "hills": "hills",
    "mountains": "mountains",
    "valley": "mountains",
    "volcano": "lake",
    "road": "meadow",
    "sky_only": "sky",
}
_GROUNDS: dict[str, Callable[[Stage], None]] = {
    "underwater": depths.underwater,
    "space": elsewhere.space,
    "moonscape": elsewhere.moonscape,
    "arctic": elsewhere.arctic,
    "room": elsewhere.room,
    "beach": waterside.beach,
    "harbour": freshwater.harbour,
    "sea": waterside.sea,
    "waterfall": freshwater.waterfall,
    "canyon": wilds.canyon,
    "desert": wilds.desert,
    "lake": freshwater.lake,
    "jungle": wilds.forest,
    "forest": wilds.forest,
    "river": freshwater.river,
    "city": inland.town,
    "meadow": inland.meadow,
    "hills": inland.hills,
    "mountains": inland.mountains,
    "sky": elsewhere.open_sky,
}
# Where things belong when the prompt names no place.
_HOMES = (
    ("sea", ("lighthouse", "sailboat", "ship", "tallship", "whale", "dolphin", "shark")),
    ("lake", ("rowboat", "swan", "duck", "torii", "pagoda", "lily", "fisherman", "flamingo", "willow")),
    ("river", ("bridge",)),
    ("underwater", ("fish", "jellyfish", "octopus")),
    ("beach", ("crab", "palm", "turtle")),
    ("arctic", ("penguin", "igloo")),
    ("desert", ("camel", "pyramid", "cactus")),
    ("space", ("rocket", "ufo", "globe")),
    ("moonscape", ("astronaut",)),
    ("room", ("apple", "orange", "pear", "cup", "vase", "bottle", "candle", "book", "clock", "guitar", "chair")),
    ("city", ("eiffel",)),
    ("sky", ("airplane", "eagle", "heart", "star")),
    (
        "meadow",
        (
            "windmill",
            "barn",
            "sheep",
            "cow",
            "horse",
            "pig",
            "goat",
            "chicken",
            "elephant",
            "giraffe",
            "lion",
            "butterfly",
            "bee",
            "kite",
            "fence",
            "house",
            "church",
            "tulip",
            "sunflower",
            "rose",
        ),
    ),
    ("forest", ("bear", "mushroom", "squirrel", "monkey", "pine", "bamboo", "birch")),
    ("mountains", ("cabin", "tent", "campfire", "walker", "dragon", "goat")),
    ("meadow", ("flowers", "poppy", "lavender", "wheat", "grass", "blossom", "oak")),
)
_BARE_SKY = ("space", "moonscape", "underwater", "room")


def ground_for(scene: Scene) -> str:
    """The ground a scene stands on."""
    for place, ground in _ORDER.items():
        if place in scene.places:
            return ground
    if any(phrase.startswith("golden gate") for phrase in scene.understood):
        return "sea"
    named = [thing.name for thing in (*scene.things, *scene.plants)]
    for ground, names in _HOMES:
        if any(name in names for name in named):
            return ground
    if scene.snowy and not named:
        return "mountains"
    if not named and scene.sky & {"clouds", "rainbow", "comet", "planet", "eclipse", "milky"}:
        return "hills"
    return "lake" if not named and scene.sky else "hills" if named else "mountains"


def steps(sheet: Sheet, scene: Scene, light: Light | None = None) -> Iterator[Step]:
    """The layers of a picture in order, each a name and the work of painting it."""
    stage = _stage(sheet, scene, light)
    if scene.abstract:
        yield (
            "shapes",
            lambda: abstract.composition(
                sheet, scene.unknown or scene.understood or ("quiet",), scene.tints, stage.light
            ),
        )
        return
    cast(stage)
    yield "sky", lambda: _sky(stage)
    if stage.ground not in _BARE_SKY:
        yield "light in the sky", lambda: _lights(stage)
    yield "land", lambda: _ground(stage)
    yield "air", lambda: _air(stage)
    yield "weather", lambda: _weather(stage)


def _stage(sheet: Sheet, scene: Scene, light: Light | None) -> Stage:
    ground = ground_for(scene)
    hour = scene.hour if ground not in ("space", "moonscape", "underwater") else "morning"
    light = light or light_for(hour, scene.leanings, scene.tints if ground != "space" else ())
    for name in ("sky_only", "clouds"):
        if name in scene.coloured:
            light = toned(light, rgb(scene.coloured[name]), 0.68)
    rng = chance(sheet.seed, "sun")
    side = 0.22 + 0.2 * float(rng.random())
    x = side if rng.random() < 0.5 else 1 - side
    y = light.disc_y * (0.85 + 0.3 * float(rng.random()))
    stage = Stage(sheet=sheet, scene=scene, light=light, sun=(x, min(0.47, y)), ground=ground)
    dull = bool(scene.weather & {"storm", "rain", "cloudy", "fog", "snowfall", "lightning"}) and not scene.sky & {
        "sun",
        "moon",
    }
    moonless = scene.hour == "night" and not scene.sky & {"moon", "crescent", "eclipse"}
    stage.shining = not dull and not moonless and "sun" not in scene.denied
    if stage.alone and stage.ground == "hills":
        stage.sun = (0.5, 0.36)
    return stage


def _sky(stage: Stage) -> None:
    bottom = {"hills": 0.8, "forest": 0.75, "sky": 0.85}.get(stage.ground, 0.66)
    sky.gradient(stage.sheet, stage.light.sky, bottom)


def _lights(stage: Stage) -> None:
    """Stars, moon or sun, aurora, clouds: what the sky holds."""
    sheet, scene, light = stage.sheet, stage.scene, stage.light
    bottom = 0.62
    if (
        "milky" in scene.sky
        or "stars" in scene.sky
        or "aurora" in scene.sky
        or (scene.hour in ("night", "twilight") and not scene.weather)
    ):
        sky.stars(sheet, bottom, 1.0 if light.dark > 0.9 else 0.4, "milky" in scene.sky)
    if "aurora" in scene.sky:
        sky.aurora(sheet, bottom)
    _disc(stage)
    _extras(stage)
    _clouds(stage)
    if scene.unknown and not scene.things and "photo" not in scene.styles:
        abstract.motif(sheet, scene.unknown, light, 0.55)


def _disc(stage: Stage) -> None:
    scene, light, sheet = stage.scene, stage.light, stage.sheet
    if not stage.shining:
        return
    size = 2.1 if stage.alone and stage.ground == "hills" else 1.0
    if scene.sky & {"moon", "crescent"} or (scene.hour == "night" and "sun" not in scene.sky):
        sky.moon(sheet, stage.sun, 0.052 * size, light, "crescent" in scene.sky)
    elif "eclipse" in scene.sky:
        sky.disc(sheet, stage.sun, 0.07, (rgb("0a0a12"), rgb("ffe0b0")), 0.9)
    else:
        low = light.disc_y > 0.3
        glow = 0.55 if low else 0.42
        sky.disc(sheet, stage.sun, (0.056 if low else 0.04) * size, (light.disc, light.gleam), glow)


def _extras(stage: Stage) -> None:
    scene, light, sheet = stage.scene, stage.light, stage.sheet
    if "planet" in scene.sky:
        elsewhere.planet(stage, (1 - stage.sun[0], 0.22), 0.09, True)
    if "comet" in scene.sky:
        sky.comet(sheet, (1 - stage.sun[0] * 0.8, 0.24))
    if "rainbow" in scene.sky:
        sky.rainbow(sheet, 0.7)
    if "rays" in scene.sky or (stage.ground == "forest" and light.dark < 0.4 and stage.shining):
        sky.rays(sheet, stage.sun, light, 0.3 if "rays" in scene.sky else 0.14)
    if "fireworks" in scene.sky:
        city.fireworks(stage, 0.7)
    if "lightning" in scene.weather:
        weather.lightning(stage, 0.62)


def _clouds(stage: Stage) -> None:
    scene, light, sheet = stage.scene, stage.light, stage.sheet
    if "clouds" in scene.denied or "clear" in scene.weather:
        return
    heavy = bool(scene.weather & {"storm", "rain", "cloudy", "lightning", "snowfall"})
    if heavy:
        sky.clouds(sheet, light, 1.25, 0.66)
    elif "clouds" in scene.sky or "photo" in scene.styles or "oil" in scene.styles or stage.ground == "sky":
        sky.clouds(sheet, light, 0.75, 0.6)
    elif light.dark < 0.9:
        kind = sheet.chance("cloud kind").random()
        if kind < 0.5:
            sky.banks(sheet, light, 6, (0.1, 0.46))
        else:
            sky.clouds(sheet, light, 0.34 + 0.3 * float(kind), 0.58)


def _ground(stage: Stage) -> None:
    stage.sheet.cover[:] = 0
    _GROUNDS[stage.ground](stage)


def _air(stage: Stage) -> None:
    """What flies."""
    sheet = stage.sheet
    group = stage.cast.pop("air", [])
    rng = sheet.chance("air")
    if any(thing.name == "flock" for thing in stage.scene.things):
        count = next(thing.count for thing in stage.scene.things if thing.name == "flock")
        weather.flock(stage, 4 + 3 * count, (1 - stage.sun[0], 0.26), 0.02)
    elif (
        stage.ground in ("sea", "lake", "beach", "mountains", "harbour")
        and stage.light.dark < 0.9
        and "flock" not in stage.scene.denied
        and not group
    ):
        weather.flock(stage, 5, (1 - stage.sun[0] * 0.9, 0.24))
    for k, standing in enumerate(group):
        alone = len(group) == 1
        y = (
            (0.52 if stage.ground in ("space", "sky") else 0.36)
            if alone
            else 0.2 + 0.34 * ((k * 0.618 + float(rng.random()) * 0.2) % 1)
        )
        height = standing.size * sheet.span * (1.15 if alone else 0.62 + 0.5 * float(rng.random()))
        put(stage, standing, standing.x, y * sheet.height + height * 0.5, (height, 0.12 if alone else 0.3))


def _weather(stage: Stage) -> None:
    falling = stage.scene.weather
    if stage.ground in ("underwater", "space", "moonscape", "room"):
        return
    if "fog" in falling:
        weather.fog(stage)
    if falling & {"rain", "storm"}:
        weather.rain(stage, "storm" in falling)
    if "snowfall" in falling:
        weather.snowfall(stage)
    if "wind" in falling:
        weather.gusts(stage)
    if (stage.scene.season == "autumn" or stage.scene.wants("blossom")) and "photo" not in stage.scene.styles:
        weather.leaves(stage)


def finish(sheet: Sheet, vignette: float = 0.12, grain: float = 0.014) -> None:
    """Darker corners and the tooth of the paper."""
    dx = (sheet.x / sheet.width - np.float32(0.5)) ** 2
    dy = (sheet.y / sheet.height - np.float32(0.5)) ** 2
    reach = np.clip((root(dx + dy) - np.float32(0.38)) / np.float32(0.4), 0, 1)
    shade = 1 - np.float32(vignette) * reach * reach * (3 - 2 * reach)
    rng = sheet.chance("grain")
    noise = (
        rng.random((sheet.height, sheet.width), dtype=np.float32)
        + rng.random((sheet.height, sheet.width), dtype=np.float32)
        - 1
    )
    noise *= np.float32(grain * 1.2)
    sheet.planes *= shade
    sheet.planes += noise
    np.clip(sheet.planes, 0, 1, out=sheet.planes)
