"""Trees and flowers: each kind a small function that draws one plant, and groves that repeat it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import ImageDraw

from limner.artist.colour import Colour
from limner.artist.noise import Field, line
from limner.artist.sheet import Sheet


@dataclass(slots=True)
class Plant:
    """One plant being drawn: where it stands, how tall it is, and the two stencils it is cut from."""

    body: ImageDraw.ImageDraw
    lit: ImageDraw.ImageDraw
    rng: np.random.Generator
    x: float
    base: float
    tall: float
    wood: ImageDraw.ImageDraw | None = field(default=None)

    def between(self, low: float, high: float) -> float:
        """A number by chance."""
        return low + (high - low) * float(self.rng.random())

    def bole(self) -> ImageDraw.ImageDraw:
        """The stencil wood is cut from."""
        return self.wood or self.body


def pine(p: Plant) -> None:
    """A conifer in tiers."""
    half = p.tall * p.between(0.16, 0.23)
    tiers = max(5, min(16, int(p.tall / 15)))
    left, right = [], []
    for k in range(tiers):
        f = (k + 1) / tiers
        y, w = p.base - p.tall + p.tall * 0.95 * f, half * f**0.85
        jl, jr = p.between(0.75, 1.2), p.between(0.75, 1.2)
        left += [(p.x - w * jl, y), (p.x - w * 0.42, y - p.tall * 0.014)]
        right += [(p.x + w * jr, y), (p.x + w * 0.42, y - p.tall * 0.014)]
    tip = (p.x + p.between(-0.1, 0.1) * half, p.base - p.tall)
    p.body.polygon([tip, *right, (p.x, p.base), *left[::-1]], fill=255)
    p.lit.polygon([tip, *right[: tiers * 2 - 2], (p.x + half * 0.16, p.base - p.tall * 0.16)], fill=190)
    p.bole().rectangle(
        (p.x - p.tall * 0.018, p.base - p.tall * 0.1, p.x + p.tall * 0.018, p.base + p.tall * 0.03), fill=255
    )


def oak(p: Plant) -> None:
    """A broad-leaved tree: trunk and boughs under a crown of leaf masses."""
    r, trunk = p.tall * 0.32, p.tall * 0.032
    cy = p.base - p.tall * 0.64
    foot, fork = p.base + 2, p.base - p.tall * 0.36
    p.bole().polygon(
        [(p.x - trunk * 1.7, foot), (p.x - trunk * 0.8, fork), (p.x + trunk * 0.8, fork), (p.x + trunk * 1.7, foot)],
        fill=255,
    )
    for lean in (-0.7, 0.1, 0.75):
        p.bole().line((p.x, fork + trunk, p.x + lean * r * 0.8, cy), fill=255, width=max(1, int(trunk * 1.1)))
    p.body.ellipse((p.x - r * 0.86, cy - r * 0.72, p.x + r * 0.86, cy + r * 0.62), fill=255)
    masses = 17
    for k in range(masses):
        turn, out = k * 2.4, r * (0.3 + 0.62 * math.sqrt((k + 0.5) / masses))
        x, y = p.x + out * math.cos(turn) * 1.14, cy + out * math.sin(turn) * 0.86
        q = r * p.between(0.26, 0.4)
        p.body.ellipse((x - q, y - q * 0.9, x + q, y + q * 0.9), fill=255)
        if y < cy + r * 0.3:
            s = q * p.between(0.5, 0.75)
            p.lit.ellipse(
                (x + q * 0.2 - s, y - q * 0.35 - s * 0.8, x + q * 0.2 + s, y - q * 0.35 + s * 0.6),
                fill=int(p.between(50, 120)),
            )
    _leaf_dabs(p, (p.x, cy), r)


def _leaf_dabs(p: Plant, middle: tuple[float, float], r: float) -> None:
    """Small leaves at the rim of a crown and flecks of light on it; more on larger trees."""
    count = 26 if p.tall < 160 else 150
    for k in range(count):
        turn = k * 2.39996
        out = r * p.between(0.95, 1.2)
        x, y, q = (
            middle[0] + out * math.cos(turn) * 1.12,
            middle[1] + out * math.sin(turn) * 0.88,
            r * p.between(0.025, 0.07),
        )
        p.body.ellipse((x - q, y - q * 0.8, x + q, y + q * 0.8), fill=255)
    for _ in range(0 if p.tall < 160 else 260):
        turn, out = p.between(0, math.tau), r * math.sqrt(p.between(0, 1)) * 1.05
        x, y, q = (
            middle[0] + out * math.cos(turn) * 1.1,
            middle[1] + out * math.sin(turn) * 0.86,
            r * p.between(0.02, 0.05),
        )
        shine = 120 + 90 * (x - middle[0]) / r - 90 * (y - middle[1]) / r
        p.lit.ellipse((x - q, y - q * 0.7, x + q, y + q * 0.7), fill=int(min(255, max(0, shine))))


def birch(p: Plant) -> None:
    """A slender tree with a light crown."""
    w = p.tall * 0.014
    lean = p.between(-0.04, 0.04) * p.tall
    p.bole().polygon(
        [
            (p.x - w * 1.4, p.base + 2),
            (p.x + lean - w * 0.5, p.base - p.tall * 0.95),
            (p.x + lean + w * 0.5, p.base - p.tall * 0.95),
            (p.x + w * 1.4, p.base + 2),
        ],
        fill=255,
    )
    # Taller trees are seen closer: more and smaller leaves.
    count, leaf = (26, 1.0) if p.tall < 240 else (190, 0.4)
    for k in range(count):
        f = 0.38 + 0.6 * k / (count - 1)
        wide = p.tall * 0.15 * math.sin(math.pi * min(1.0, (f - 0.3) / 0.75)) + p.tall * 0.02
        x, y, q = p.x + lean * f + p.between(-wide, wide), p.base - p.tall * f, leaf * p.tall * p.between(0.022, 0.055)
        p.body.ellipse((x - q, y - q * 0.8, x + q, y + q * 0.8), fill=255)
        p.lit.ellipse((x - q * 0.3, y - q * 0.8, x + q * 0.8, y), fill=int(p.between(60, 190)))


def cypress(p: Plant) -> None:
    """A tall narrow evergreen."""
    half = p.tall * 0.1
    right = [
        (p.x + half * math.sin(math.pi * f**0.8) ** 0.7 * p.between(0.9, 1.1), p.base - p.tall * f)
        for f in (i / 14 for i in range(1, 14))
    ]
    left = [
        (p.x - half * math.sin(math.pi * f**0.8) ** 0.7 * p.between(0.9, 1.1), p.base - p.tall * f)
        for f in (1 - i / 14 for i in range(1, 14))
    ]
    p.body.polygon([(p.x, p.base), *right, (p.x, p.base - p.tall), *left], fill=255)
    p.lit.polygon([(p.x + half * 0.25, p.base - p.tall * 0.1), *right, (p.x, p.base - p.tall)], fill=150)


def palm(p: Plant) -> None:
    """A palm with a bent trunk and feathered leaves."""
    lean = p.between(-0.26, 0.26) * p.tall
    w = p.tall * 0.02
    spine = [(p.x + lean * f * f, p.base - p.tall * 0.8 * f) for f in (i / 12 for i in range(13))]
    sides = [(x - w * (1.4 - 0.8 * i / 12), y) for i, (x, y) in enumerate(spine)] + [
        (x + w * (1.4 - 0.8 * i / 12), y) for i, (x, y) in enumerate(spine)
    ][::-1]
    p.bole().polygon(sides, fill=255)
    hx, hy = spine[-1]
    for k in range(11):
        angle = -2.9 + 5.8 * (k + p.between(-0.3, 0.3)) / 10 - math.pi / 2
        _frond(p, (hx, hy), angle, p.tall * p.between(0.36, 0.48))
    for k in (-1, 0, 1):
        p.bole().ellipse((hx + k * w * 1.5 - w, hy - w * 0.2, hx + k * w * 1.5 + w, hy + w * 1.8), fill=255)


def _frond(p: Plant, start: tuple[float, float], angle: float, long: float) -> None:
    upper, lower = [], []
    for i in range(13):
        f = i / 12
        x = start[0] + math.cos(angle) * long * f
        y = start[1] + math.sin(angle) * long * f * (1 - 0.25 * f) + long * 0.62 * f * f
        wide = long * 0.085 * math.sin(math.pi * (0.1 + 0.9 * f)) * (1.0 if i % 2 else 0.42)
        upper.append((x, y - wide * 0.4))
        lower.append((x, y + wide * 1.7))
    p.body.polygon(upper + lower[::-1], fill=255)
    p.lit.line(upper, fill=170, width=max(1, int(long * 0.02)))


def bare(p: Plant) -> None:
    """A leafless tree, branch from branch."""
    stack = [(p.x, p.base, -math.pi / 2 + p.between(-0.06, 0.06), p.tall * 0.3, p.tall * 0.034, 0)]
    while stack:
        x, y, angle, long, wide, level = stack.pop()
        ex, ey = x + math.cos(angle) * long, y + math.sin(angle) * long
        p.bole().line((x, y, ex, ey), fill=255, width=max(1, round(wide)))
        if level >= 7 or long < 3:
            continue
        turns = (p.between(-0.62, -0.2), p.between(0.2, 0.62))
        bend = angle - 0.04 * math.cos(angle)
        stack += [(ex, ey, bend + turn, long * p.between(0.66, 0.86), wide * 0.66, level + 1) for turn in turns]


def willow(p: Plant) -> None:
    """A weeping willow: a dome of hanging strands."""
    w = p.tall * 0.035
    p.bole().polygon(
        [
            (p.x - w * 1.6, p.base + 2),
            (p.x - w * 0.8, p.base - p.tall * 0.6),
            (p.x + w * 0.8, p.base - p.tall * 0.6),
            (p.x + w * 1.6, p.base + 2),
        ],
        fill=255,
    )
    for k in range(64):
        f = p.between(-1, 1)
        x = p.x + f * p.tall * 0.42
        top = p.base - p.tall * (0.62 + 0.36 * math.sqrt(max(0.0, 1 - f * f)))
        low = p.base - p.tall * p.between(0.08, 0.4)
        bend = f * p.tall * 0.06
        draw = p.lit if k % 4 == 0 else p.body
        draw.line(
            [(p.x + f * p.tall * 0.2, top), (x, top + p.tall * 0.16), (x + bend, low)],
            fill=255 if k % 4 else 190,
            width=max(1, int(p.tall * 0.022)),
            joint="curve",
        )
    p.body.ellipse((p.x - p.tall * 0.34, p.base - p.tall, p.x + p.tall * 0.34, p.base - p.tall * 0.58), fill=255)


def bamboo(p: Plant) -> None:
    """One stem of bamboo with its leaves."""
    w, lean = max(1.0, p.tall * 0.009), p.between(-0.05, 0.05) * p.tall
    joints = 11
    for k in range(joints):
        f, g = k / joints, (k + 0.94) / joints
        a, b = (p.x + lean * f * f, p.base - p.tall * f), (p.x + lean * g * g, p.base - p.tall * g)
        p.body.polygon([(a[0] - w, a[1]), (b[0] - w, b[1]), (b[0] + w, b[1]), (a[0] + w, a[1])], fill=255)
        p.lit.polygon([(a[0] + w * 0.1, a[1]), (b[0] + w * 0.1, b[1]), (b[0] + w, b[1]), (a[0] + w, a[1])], fill=200)
        if k < 4:
            continue
        for _ in range(3):
            side, long = (1 if p.rng.random() < 0.5 else -1), p.tall * p.between(0.05, 0.09)
            p.body.polygon(
                [
                    b,
                    (b[0] + side * long * 0.5, b[1] + long * 0.05),
                    (b[0] + side * long, b[1] + long * 0.5),
                    (b[0] + side * long * 0.35, b[1] + long * 0.3),
                ],
                fill=255,
            )


def bush(p: Plant) -> None:
    """A low round of leaves."""
    for k in range(9):
        x, q = p.x + p.between(-0.7, 0.7) * p.tall, p.tall * p.between(0.25, 0.5)
        y = p.base - q * 0.5
        p.body.ellipse((x - q, y - q * 0.8, x + q, y + q), fill=255)
        p.lit.ellipse((x - q * 0.2, y - q * 0.7, x + q * 0.7, y), fill=100 + k * 8)


def blade(p: Plant) -> None:
    """A tuft of grass."""
    for _ in range(5):
        lean, x = p.between(-0.5, 0.5) * p.tall, p.x + p.between(-0.3, 0.3) * p.tall
        w, tall = p.tall * 0.05, p.tall * p.between(0.5, 1.1)
        p.body.polygon(
            [
                (x - w, p.base + 2),
                (x + lean * 0.4 - w * 0.5, p.base - tall * 0.6),
                (x + lean, p.base - tall),
                (x + lean * 0.4 + w * 0.5, p.base - tall * 0.6),
                (x + w, p.base + 2),
            ],
            fill=255,
        )


def reed(p: Plant) -> None:
    """A bulrush."""
    lean = p.between(-0.12, 0.12) * p.tall
    p.body.line((p.x, p.base, p.x + lean, p.base - p.tall), fill=255, width=max(1, int(p.tall * 0.012)))
    x, y = p.x + lean * 0.9, p.base - p.tall * 0.88
    p.body.rounded_rectangle(
        (x - p.tall * 0.018, y - p.tall * 0.08, x + p.tall * 0.018, y + p.tall * 0.08), radius=p.tall * 0.018, fill=255
    )
    p.body.line(
        [(p.x, p.base), (p.x - lean * 2 - p.tall * 0.08, p.base - p.tall * 0.62)],
        fill=255,
        width=max(1, int(p.tall * 0.014)),
    )


KINDS: dict[str, Callable[[Plant], None]] = {
    "pine": pine,
    "oak": oak,
    "birch": birch,
    "cypress": cypress,
    "palm": palm,
    "bare": bare,
    "willow": willow,
    "bamboo": bamboo,
    "bush": bush,
    "blade": blade,
    "reed": reed,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Grove:
    """A row of plants of one kind on a skyline; `size` and `spread` are shares of the sheet's span."""

    name: str
    kind: str
    count: int
    size: float
    colour: Colour
    lit: Colour
    wood: Colour | None = None
    spread: float = 0.0
    reach: tuple[float, float] = (-0.02, 1.02)
    gap: float = 0.0
    at: tuple[float, ...] = ()
    shine: float = 0.6


def grove(sheet: Sheet, top: Field, spec: Grove) -> None:
    """Plant a grove on a skyline given in pixels."""
    rng = sheet.chance(spec.name, spec.kind)
    plan = _places(sheet, spec, rng)
    if not plan:
        return
    bases = [float(top[min(max(int(x), 0), sheet.width - 1)]) + drop + 2 for x, drop, _ in plan]
    rows = sheet.rows(
        min(b - t[2] * 1.12 for b, t in zip(bases, plan, strict=True)) - 4,
        max(bases) + spec.size * sheet.span * 0.1 + 4,
    )
    if rows.stop <= rows.start:
        return
    (body, draw), (shine, lit), (bark, wood) = sheet.stencil(rows), sheet.stencil(rows), sheet.stencil(rows)
    for base, (x, _, tall) in zip(bases, plan, strict=True):
        KINDS[spec.kind](
            Plant(draw, lit, rng, x * 2, (base - rows.start) * 2, tall * 2, wood if spec.wood is not None else None)
        )
    if spec.wood is not None:
        sheet.lay(rows, sheet.mask(bark), spec.wood)
    mask = sheet.mask(body)
    sheet.lay(rows, mask, spec.colour)
    sheet.lay(rows, sheet.mask(shine) * mask * np.float32(spec.shine), spec.lit)


def _places(sheet: Sheet, spec: Grove, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Where plants stand: x, how far below the skyline, how tall, in pixels; far ones first."""
    dense = line(400, sheet.chance(spec.name, "dense"), 7 * max(1.0, sheet.aspect), 3)
    count = spec.count if spec.at else max(1, round(spec.count * min(3.0, max(0.45, sheet.aspect**0.8))))
    found = []
    for k in range(count):
        x = (
            spec.at[k % len(spec.at)]
            if spec.at
            else spec.reach[0] + (spec.reach[1] - spec.reach[0]) * float(rng.random())
        )
        drop, tall = float(rng.random()), 0.55 + 0.6 * float(rng.random())
        if spec.gap and dense[int(min(max(x, 0), 0.999) * 400)] < spec.gap - 0.6:
            continue
        found.append(
            (x * sheet.width, drop * spec.spread * sheet.span, spec.size * sheet.span * (tall if not spec.at else 1.0))
        )
    return sorted(found, key=lambda place: place[1])
