"""Filling gaps in a picture from what surrounds them."""

import numpy as np

from limner.artist.noise import Field, blur, resize


def fill(planes: Field, known: Field) -> Field:
    """Unknown places filled from what surrounds them: averaged down, then carried back up."""
    height, width = known.shape
    if float(known.min()) > 0.999 or min(height, width) <= 2:
        return _settled(planes, known)
    w, h = (width + 1) // 2, (height + 1) // 2
    weight = resize(known, w, h)
    weight = np.clip(weight, 0, 1)
    below = np.stack([resize(plane * known, w, h) for plane in planes]) / np.maximum(weight, np.float32(1e-3))
    share = np.clip(weight * 4, 0, 1)
    coarse = fill(np.clip(below, 0, 1), share)
    up = np.stack([resize(plane, width, height) for plane in coarse])
    return np.asarray(up + (planes - up) * known, np.float32)


def carried_across(planes: Field, known: Field) -> Field:
    """Unknown places filled row by row from the left and the right, with the grain of the picture beside them."""
    height, width = known.shape
    columns = np.broadcast_to(np.arange(width), (height, width))
    there = known > 0.5
    left = np.maximum.accumulate(np.where(there, columns, -1), axis=1)
    right = np.minimum.accumulate(np.where(there, columns, width)[:, ::-1], axis=1)[:, ::-1]
    missing_left, missing_right = left < 0, right >= width
    span = np.maximum(right - left, 1).astype(np.float32)
    t = np.where(missing_left, 1, np.where(missing_right, 0, (columns - left) / span)).astype(np.float32)
    rows = np.arange(height)[:, None]
    first, last = np.clip(left - 1, 0, width - 1), np.clip(right + 1, 0, width - 1)
    t = t * t * (3 - 2 * t)
    smooth = fill(planes, known)
    both = (missing_left & missing_right).astype(np.float32)
    out = np.empty_like(planes)
    for i, plane in enumerate(planes):
        soft = _beside(plane, known)
        out[i] = soft[rows, first] * (1 - t) + soft[rows, last] * t
        out[i] += (smooth[i] - out[i]) * np.maximum(both, np.float32(0.3))
    return np.asarray(np.where(there, planes, _grained(out, planes, known)), np.float32)


def _beside(plane: Field, known: Field) -> Field:
    """Each pixel averaged with the known ones at its sides."""
    total, weight = np.zeros_like(plane), np.zeros_like(plane)
    for shift in range(-6, 7):
        total += np.roll(plane * known, shift, axis=1)
        weight += np.roll(known, shift, axis=1)
    return np.asarray(np.where(weight > 0, total / np.maximum(weight, 1), plane), np.float32)


def _grained(out: Field, planes: Field, known: Field) -> Field:
    """The fine grain of what lies beside a gap, carried into it."""
    columns = np.flatnonzero((known < 0.5).any(0))
    if not len(columns):
        return out
    wide = int(columns[-1] - columns[0]) + 4
    result = out.copy()
    for i, plane in enumerate(planes):
        fine = (plane - blur(plane, 4.0)) * known
        beside = np.roll(fine, wide, axis=1) * np.roll(known, wide, axis=1)
        other = np.roll(fine, -wide, axis=1) * np.roll(known, -wide, axis=1)
        carried = np.where(np.abs(beside) > np.abs(other), beside, other)
        result[i] += np.where(np.abs(carried) < 0.035, carried, 0)
    return result


def _settled(planes: Field, known: Field) -> Field:
    total = float(known.sum())
    out = planes.copy()
    for i, plane in enumerate(planes):
        mean = float((plane * known).sum() / total) if total > 1e-3 else 0.5
        out[i] += (np.float32(mean) - plane) * (1 - known)
    return out
