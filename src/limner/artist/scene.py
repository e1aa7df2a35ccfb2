"""What a prompt asks to be painted."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """A figure or plant of the prompt: how many, where, how large, in which colour."""

    name: str
    count: int = 1
    x: float | None = None
    scale: float = 1.0
    far: bool = False
    colour: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A prompt understood: everything the painter needs to know."""

    places: tuple[str, ...] = ()
    things: tuple[Thing, ...] = ()
    plants: tuple[Thing, ...] = ()
    sky: frozenset[str] = frozenset()
    hour: str = "noon"
    hour_named: bool = False
    weather: frozenset[str] = frozenset()
    season: str | None = None
    moods: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    tints: tuple[str, ...] = ()
    coloured: dict[str, str] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    understood: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def leanings(self) -> tuple[str, ...]:
        """Weather, season and moods, as the light wants them."""
        weather = tuple(sorted(self.weather))
        return (*weather, *((self.season,) if self.season else ()), *self.moods)

    @property
    def snowy(self) -> bool:
        """Whether the ground is white."""
        return self.season == "winter" or "snowfall" in self.weather or "arctic" in self.places

    @property
    def abstract(self) -> bool:
        """Whether nothing of the prompt can be shown as a thing or place."""
        return not (
            self.places or self.things or self.plants or self.sky or self.hour_named or self.weather or self.season
        )

    def wants(self, *names: str) -> bool:
        """Whether any of these places, things, plants or sky elements are asked for."""
        named = {thing.name for thing in (*self.things, *self.plants)}
        return any(name in self.places or name in named or name in self.sky for name in names)

    def plant(self, name: str) -> Thing | None:
        """The plant of that name, if asked for."""
        return next((plant for plant in self.plants if plant.name == name), None)
