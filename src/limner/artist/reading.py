"""Reading a prompt: words to a scene."""

from dataclasses import dataclass, field, replace

from limner.artist.noise import chance
from limner.artist.scene import Scene, Thing
from limner.artist.vocabulary import Meaning, tokens, vocabulary

_POSITIONS = {"left": 0.24, "right": 0.76, "middle": 0.5}
# What a colour word before one of these colours, instead of the whole picture.
_COLOURABLE = ("thing", "plant", "sky", "place")
_ARTICLES = ("a", "an", "the", "one", "this", "that", "my")
# One word for one and for many.
_HERDS = ("fish", "sheep")
# A sunflower field is not one sunflower.
_SOWN, _PLOTS = ("sunflower", "tulip", "rose", "pumpkin", "mushroom", "cactus"), ("meadow", "garden")
_NIGHT_SKY = {"moon", "crescent", "stars", "milky", "aurora", "comet", "fireworks"}


@dataclass(slots=True)
class _Reader:
    """What has been gathered while going through the words."""

    things: list[Thing] = field(default_factory=list)
    plants: list[Thing] = field(default_factory=list)
    named: dict[str, list[str]] = field(default_factory=dict)
    tints: list[str] = field(default_factory=list)
    coloured: dict[str, str] = field(default_factory=dict)
    understood: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    count: int | None = None
    scale: float = 1.0
    colour: str | None = None
    x: float | None = None
    far: bool = False
    last: list[Thing] | None = None
    refusing: int = 0
    article: bool = False


def read(prompt: str, negative: str = "", style: str | None = None) -> Scene:
    """The scene of a prompt; elements named in `negative` are left out, `style` adds to the styles."""
    reader = _Reader()
    denied = {meaning.name for _, meaning, _ in _phrases(tokens(negative)) if meaning is not None}
    for phrase, meaning, plural in _phrases(tokens(prompt)):
        _take(reader, phrase, meaning, plural)
    if reader.colour:
        reader.tints.append(reader.colour)
    extra = [meaning for _, meaning, _ in _phrases(tokens(style or "")) if meaning is not None]
    for meaning in extra:
        if meaning.kind in ("style", "mood", "hour", "weather", "season"):
            reader.named.setdefault(meaning.kind, []).insert(0, meaning.name)
    reader.denied |= denied
    return _scene(reader, prompt)


def _phrases(words: list[str]) -> list[tuple[str, Meaning | None, bool]]:
    """The words gathered to the longest phrases known; None for words without a meaning."""
    known, at = vocabulary(), 0
    out: list[tuple[str, Meaning | None, bool]] = []
    while at < len(words):
        for size in range(min(known.longest, len(words) - at), 0, -1):
            phrase = " ".join(words[at : at + size])
            found = known.find(phrase)
            if found and not (size == 1 and phrase in known.filler):
                out.append((phrase, found[0], found[1]))
                break
        else:
            size = 1
            out.append((words[at], None, False))
        at += size
    return out


def _take(reader: _Reader, phrase: str, meaning: Meaning | None, plural: bool) -> None:
    known = vocabulary()
    article, reader.article = reader.article, phrase in _ARTICLES
    if phrase in known.negation:
        reader.refusing = 3
        return
    if meaning is None:
        reader.refusing = max(0, reader.refusing - 1)
        if phrase not in known.filler and not phrase.isdigit() and len(phrase) > 1:
            reader.unknown.append(phrase)
        return
    if reader.refusing and meaning.kind not in ("count", "size", "colour"):
        reader.denied.add(meaning.name)
        reader.refusing = 0
        return
    reader.understood.append(phrase)
    _note(reader, meaning, plural or (meaning.name in _HERDS and not article))
    if meaning.name in _PLOTS and reader.last and reader.last[-1].name in _SOWN and reader.last[-1].count == 1:
        reader.last[-1] = replace(reader.last[-1], count=7)


def _note(reader: _Reader, meaning: Meaning, plural: bool) -> None:
    match meaning.kind:
        case "count":
            reader.count = int(meaning.name)
        case "size":
            reader.scale = float(meaning.name)
        case "colour":
            reader.colour = meaning.name
        case "position":
            _position(reader, meaning.name)
        case "thing" | "plant":
            _thing(reader, meaning, plural)
        case _:
            if reader.colour and meaning.kind in _COLOURABLE:
                reader.coloured[meaning.name] = reader.colour
                reader.colour = None
            reader.named.setdefault(meaning.kind, []).append(meaning.name)


def _position(reader: _Reader, name: str) -> None:
    """A position speaks of the thing named before it, else of the next one."""
    target = reader.last[-1] if reader.last else None
    x = _POSITIONS.get(name)
    far, scale = name == "far", {"far": 0.6, "near": 1.35}.get(name, 1.0)
    if target is None or reader.last is None:
        reader.x, reader.far, reader.scale = x, far, reader.scale * scale
        return
    reader.last[-1] = replace(
        target, x=x if x is not None else target.x, far=far or target.far, scale=target.scale * scale
    )


def _thing(reader: _Reader, meaning: Meaning, plural: bool) -> None:
    count = reader.count or (3 if plural else 1)
    thing = Thing(
        name=meaning.name, count=min(9, count), x=reader.x, scale=reader.scale, far=reader.far, colour=reader.colour
    )
    goal = reader.things if meaning.kind == "thing" else reader.plants
    if not any(other.name == thing.name for other in goal):
        goal.append(thing)
    reader.last = goal
    reader.count, reader.scale, reader.colour, reader.x, reader.far = None, 1.0, None, None, False


def _scene(reader: _Reader, prompt: str) -> Scene:
    def kept(kind: str) -> list[str]:
        return [name for name in dict.fromkeys(reader.named.get(kind, ())) if name not in reader.denied]

    sky, weather, hours = set(kept("sky")), set(kept("weather")), kept("hour")
    moods = kept("mood")
    hour = _hour(hours, sky, (weather, moods), prompt)
    if (
        hour == "night"
        and not {"moon", "crescent", "aurora", "milky"} & sky
        and not weather & {"storm", "rain", "fog", "cloudy"}
    ):
        sky |= {"stars", "moon"} - reader.denied
    season = kept("season")
    return Scene(
        places=tuple(kept("place")),
        things=tuple(t for t in reader.things if t.name not in reader.denied),
        plants=tuple(t for t in reader.plants if t.name not in reader.denied),
        sky=frozenset(sky),
        hour=hour,
        hour_named=bool(hours),
        weather=frozenset(weather),
        season=season[0] if season else None,
        moods=tuple(moods),
        styles=tuple(kept("style")),
        tints=tuple(reader.tints),
        coloured=reader.coloured,
        denied=frozenset(reader.denied),
        understood=tuple(reader.understood),
        unknown=tuple(reader.unknown),
    )


def _hour(hours: list[str], sky: set[str], air: tuple[set[str], list[str]], prompt: str) -> str:
    """The hour named, or the one that the sky, the weather and the words suggest."""
    weather, moods = air
    if "night" in hours:
        return "night"
    if hours:
        return hours[0]
    if sky & _NIGHT_SKY or set(moods) & {"spooky", "neon"}:
        return "night"
    if weather & {"storm", "rain", "fog", "snowfall", "cloudy"}:
        return "morning"
    if "dark" in moods:
        return "twilight"
    choices = (
        ("golden", "dusk") if set(moods) & {"warm", "romantic", "dramatic"} else ("noon", "morning", "golden", "dawn")
    )
    return choices[int(chance("hour", prompt.lower()).integers(len(choices)))]
