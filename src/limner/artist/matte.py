"""Removing the background: a colour model of the borders, a flood from them, a soft edge."""

import numpy as np
from PIL import Image

from limner.artist.colour import closest_palette, luminance, to_opponent
from limner.artist.filling import fill
from limner.artist.likeness import spread_within
from limner.artist.noise import Field, blur, resize, root, smoothstep

_WORK = 288


def alpha_of(planes: Field) -> Field:
    """How much of each pixel belongs to the main subject, 0 to 1."""
    height, width = planes.shape[1:]
    shrink = min(1.0, _WORK / max(height, width))
    w, h = max(8, round(width * shrink)), max(8, round(height * shrink))
    small = np.clip(np.stack([resize(plane, w, h, Image.Resampling.BOX) for plane in planes]), 0, 1)
    distance = _from_border(small)
    background = _flood(distance, small)
    subject = _main(1 - _widened(background, small), distance)
    return _soft(subject, planes)


def _from_border(small: Field) -> Field:
    """How unlike the border's colours each pixel is."""
    lab = to_opponent(small)
    h, w = lab.shape[1:]
    ring = max(2, min(h, w) // 24)
    border = np.concatenate(
        [
            lab[:, :ring].reshape(3, -1),
            lab[:, -ring:].reshape(3, -1),
            lab[:, :, :ring].reshape(3, -1),
            lab[:, :, -ring:].reshape(3, -1),
        ],
        axis=1,
    )
    model = closest_palette(border[:, None, :], 7)
    nearest = np.full((h, w), np.float32(9))
    for centre in model:
        nearest = np.minimum(nearest, ((lab - centre[:, None, None]) ** 2).sum(0))
    return np.asarray(root(nearest), np.float32)


def _threshold(values: Field) -> float:
    """The value that best parts two groups (Otsu)."""
    counts, borders = np.histogram(values, 64)
    middles = (borders[1:] + borders[:-1]) / 2
    total, best, found = counts.sum(), -1.0, float(middles[0])
    below = np.cumsum(counts)
    sums = np.cumsum(counts * middles)
    for i in range(63):
        low, high = float(below[i]), float(total - below[i])
        if low == 0 or high == 0:
            continue
        gap = float(sums[i]) / low - (float(sums[-1]) - float(sums[i])) / high
        score = low * high * gap * gap
        if score > best:
            best, found = score, float(borders[i + 1])
    return found


def _flood(distance: Field, small: Field) -> Field:
    """Background: like the border, and joined to it without crossing a strong edge."""
    limit = min(max(_threshold(distance) * 0.8, 0.05), 0.32)
    tone = luminance(small)
    step = np.abs(np.diff(tone, axis=0, prepend=tone[:1])) + np.abs(np.diff(tone, axis=1, prepend=tone[:, :1]))
    calm = blur(step, 1.0) < 0.012
    like = (((distance < limit) & (step < 0.22)) | (calm & (distance < limit * 3.2))).astype(np.float32)
    edge = np.zeros_like(distance)
    edge[0], edge[-1], edge[:, 0], edge[:, -1] = 1, 1, 1, 1
    flooded = spread_within(like, edge)
    return (blur(flooded, 1.0) > 0.5).astype(np.float32)


def _widened(background: Field, small: Field) -> Field:
    """The background carried up to the subject's edge: pixels in between go to whichever side they resemble."""
    near = blur(background, 2.5)
    between = (near > 0.08) & (background < 0.5)
    behind = fill(small, background)
    before = fill(small, (near < 0.08).astype(np.float32))
    to_behind = ((small - behind) ** 2).sum(0)
    to_before = ((small - before) ** 2).sum(0)
    return np.where(between, (to_behind < to_before).astype(np.float32), background)


def _main(mask: Field, distance: Field) -> Field:
    """The weightiest parts of a mask, large, central and unlike the border, without holes or crumbs."""
    h, w = mask.shape
    x, y = np.linspace(-1, 1, w, dtype=np.float32)[None], np.linspace(-1, 1, h, dtype=np.float32)[:, None]
    worth = distance * np.clip(np.float32(1.15) - root(x * x + y * y) * np.float32(0.75), np.float32(0.1), 1)
    rest, kept, first = mask.copy(), np.zeros_like(mask), 0.0
    for _ in range(6):
        if not rest.any():
            break
        seed = np.zeros_like(mask)
        weight = blur(rest * worth, 6.0) * rest
        seed.reshape(-1)[int(weight.argmax())] = 1
        part = spread_within(rest, seed)
        size = float((part * worth).sum())
        first = max(first, size)
        if size >= 0.3 * first:
            kept = np.maximum(kept, part)
        rest = rest * (1 - part)
    outside = np.zeros_like(mask)
    outside[0], outside[-1], outside[:, 0], outside[:, -1] = 1, 1, 1, 1
    reach = spread_within(1 - kept, outside)
    holes = (1 - kept) * (1 - reach)
    small_holes = holes if float(holes.sum()) < 0.04 * float(kept.sum()) else np.zeros_like(holes)
    return np.clip(kept + small_holes, 0, 1)


def _soft(subject: Field, planes: Field) -> Field:
    """The mask at full size, its edge drawn to the edges of the picture."""
    height, width = planes.shape[1:]
    rough = np.clip(resize(subject, width, height, Image.Resampling.BILINEAR), 0, 1)
    radius = max(1.0, max(height, width) / 260)
    guide = luminance(planes)
    mean, average = blur(guide, radius), blur(rough, radius)
    spread = np.maximum(blur(guide * guide, radius) - mean * mean, 0)
    slope = (blur(guide * rough, radius) - mean * average) / (spread + np.float32(4e-4))
    fitted = blur(slope, radius) * guide + blur(average - slope * mean, radius)
    core = smoothstep(0.86, 0.99, blur(rough, radius * 1.5))
    far = 1 - smoothstep(0.01, 0.12, blur(rough, radius * 1.5))
    alpha = smoothstep(0.12, 0.88, np.clip(fitted, 0, 1))
    return np.clip(np.maximum(alpha, core) * (1 - far), 0, 1)
