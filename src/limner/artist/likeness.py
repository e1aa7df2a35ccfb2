"""What a given picture tells: its light, its sky, its surroundings."""

import numpy as np
from PIL import Image

from limner.artist.colour import luminance, mix, to_opponent
from limner.artist.light import Light
from limner.artist.noise import Field, blur, resize, smoothstep

_GRID = 160


def light_of(planes: Field) -> Light:
    """The light a picture was painted in, so that new things match it."""
    small = np.stack([resize(plane, 48, 48) for plane in planes])
    tone = luminance(small).reshape(-1)
    order = np.argsort(tone, kind="stable")
    points = small.reshape(3, -1).T[order]
    count = len(points)

    def mean(low: float, high: float) -> Field:
        return np.asarray(points[int(low * count) : max(int(low * count) + 1, int(high * count))].mean(0), np.float32)

    rows = small.mean(2).T
    stops = np.stack([rows[i] for i in (1, 8, 16, 23, 28)])
    bright = float(tone.mean())
    everything = mean(0, 1)
    return Light(
        sky=np.asarray(stops, np.float32),
        disc=mean(0.97, 1),
        gleam=mean(0.85, 1),
        far=mix(everything, rows[26], 0.5),
        near=mean(0.1, 0.3),
        water=mix(np.asarray(rows[38], np.float32), mean(0.2, 0.5), 0.5),
        fore=mean(0, 0.06),
        haze=np.asarray(rows[28], np.float32),
        ambient=np.clip(
            everything / np.float32(max(0.3, bright)) * np.float32(0.25 + 0.85 * min(1.0, bright * 1.5)), 0.12, 1
        ),
        dark=min(1.0, max(0.0, (0.42 - bright) * 3.2)),
        disc_y=0.3,
    )


def spread_within(allowed: Field, seeds: Field) -> Field:
    """All allowed cells connected to the seeds: both are fields of 0 and 1."""
    ok = allowed > 0.5
    reached = (seeds > 0.5) & ok
    for _ in range(sum(allowed.shape)):
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown &= ok
        if bool((grown == reached).all()):
            break
        reached = grown
    return reached.astype(np.float32)


def sky_of(planes: Field) -> Field:
    """Which part of the picture is sky, 0 to 1: what lies above the line where it changes sharply and for good."""
    height, width = planes.shape[1:]
    small = np.clip(np.stack([resize(plane, _GRID, _GRID, Image.Resampling.BOX) for plane in planes]), 0, 1)
    lab = to_opponent(small)
    border = _best_line(_change(lab))
    above = (np.arange(_GRID)[:, None] < border[None]).astype(np.float32)
    mask = smoothstep(0.25, 0.75, blur(above * (1 - _rising(lab, above)), 0.6))
    return np.clip(resize(mask, width, height, Image.Resampling.BILINEAR), 0, 1)


def _rising(lab: Field, above: Field) -> Field:
    """What stands up from the ground into the sky: unlike the sky of its row, and joined to the ground."""
    unlike = np.zeros_like(above)
    for row in np.flatnonzero(above.sum(1) > _GRID * 0.2):
        own = lab[:, row][:, above[row] > 0.5]
        unlike[row] = np.abs(lab[:, row] - np.median(own, axis=1)[:, None]).sum(0) > 0.14
    below = 1 - above
    return spread_within(np.maximum(unlike, below), below)


def _change(lab: Field) -> Field:
    """How sharply and how lastingly the picture changes at each row, downwards."""
    sharp = np.abs(np.diff(lab, axis=1, prepend=lab[:, :1])).sum(0)
    sums = np.cumsum(np.pad(lab, ((0, 0), (1, 0), (0, 0))), axis=1)
    reach = 14
    at = np.arange(_GRID)
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach, _GRID)
    above = (sums[:, at] - sums[:, low]) / np.maximum(at - low, 1)[None, :, None]
    below = (sums[:, high] - sums[:, at]) / np.maximum(high - at, 1)[None, :, None]
    lasting = np.abs(above - below).sum(0)
    likely = 1 - np.abs(np.linspace(-0.55, 0.45, _GRID, dtype=np.float32))[:, None] * np.float32(1.1)
    return np.asarray(np.minimum(sharp * 3, lasting) * likely, np.float32)


def _best_line(score: Field) -> Field:
    """The line from left to right that gathers most change while jumping little."""
    rows = np.arange(_GRID, dtype=np.float32)
    jump = np.minimum(np.abs(rows[:, None] - rows[None]) * np.float32(0.012), np.float32(0.3))
    total, came = score[:, 0], []
    for column in range(1, _GRID):
        options = total[None] - jump
        came.append(options.argmax(1))
        total = options.max(1) + score[:, column]
    at = int(total.argmax())
    line = [at]
    for back in reversed(came):
        at = int(back[at])
        line.append(at)
    return np.array(line[::-1], np.float32)


def horizon_of(sky: Field) -> float:
    """The middle height at which the sky ends, as a share."""
    return float(min(0.8, max(0.3, np.median((sky > 0.5).sum(0)) / sky.shape[0])))
