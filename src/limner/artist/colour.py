"""Colours as three numbers of 0 to 1, and the sums done with them."""

import numpy as np

from limner.artist.noise import Field, root

Colour = Field
WHITE = np.ones(3, np.float32)


def rgb(code: str) -> Colour:
    """The colour of a code such as `#f4a261`."""
    digits = code.removeprefix("#")
    return np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / np.float32(255)


def mix(first: Field, second: Field, share: float) -> Field:
    """`share` 0 gives the first, 1 the second."""
    return np.asarray(first + (second - first) * np.float32(share), np.float32)


def ramp(first: Colour, second: Colour, share: Field) -> Field:
    """A plane of colours running from the first to the second by a field of shares."""
    difference = second - first
    return np.stack([first[i] + difference[i] * share for i in range(3)])


def luminance(planes: Field) -> Field:
    """How light each pixel is, 0 to 1; planes are red, green, blue."""
    return np.asarray(
        planes[0] * np.float32(0.299) + planes[1] * np.float32(0.587) + planes[2] * np.float32(0.114), np.float32
    )


def grade(planes: Field, saturation: float, contrast: float, tint: Colour) -> Field:
    """Colours with more or less saturation and contrast, leaning to a tint (white leans nowhere)."""
    grey = luminance(planes)
    shape = (3,) + (1,) * (planes.ndim - 1)
    out = grey + (planes - grey) * np.float32(saturation)
    out = (out - np.float32(0.5)) * np.float32(contrast) + np.float32(0.5)
    return np.asarray(np.clip(out * tint.reshape(shape), 0, 1), np.float32)


_TO_LMS = ((0.3811, 0.5783, 0.0402), (0.1967, 0.7244, 0.0782), (0.0241, 0.1288, 0.8444))


def to_opponent(planes: Field) -> Field:
    """Lightness, red-green and yellow-blue planes: close to Lab, made of products and roots only."""
    r, g, b = planes
    lms = [
        root(np.maximum(r * r * np.float32(a) + g * g * np.float32(c) + b * b * np.float32(d), 0))
        for a, c, d in _TO_LMS
    ]
    long, medium, short = lms
    return np.stack(
        [(long + medium) * np.float32(0.5), (long - medium) * 4, ((long + medium) * np.float32(0.5) - short)]
    )


def closest_palette(planes: Field, count: int) -> Field:
    """The main colours of a picture, lightest last: an array of `count` colours."""
    h, w = planes.shape[1:]
    step_y, step_x = max(1, h // 48), max(1, w // 48)
    points = planes[:, ::step_y, ::step_x].reshape(3, -1).T
    order = np.argsort(luminance(points.T), kind="stable")
    centres = points[order][np.linspace(0, len(points) - 1, count).astype(int)].copy()
    for _ in range(6):
        distance = ((points[:, None, :] - centres[None]) ** 2).sum(2)
        owner = distance.argmin(1)
        for k in range(count):
            own = points[owner == k]
            if len(own):
                centres[k] = own.mean(0)
    return np.asarray(centres[np.argsort(luminance(centres.T), kind="stable")], np.float32)


def match(planes: Field, model: Field, share: float) -> Field:
    """The first picture in the tones of the second: mean and spread of each plane, moved by `share`."""
    out = np.empty_like(planes)
    for i in range(3):
        mean, spread = float(planes[i].mean()), float(planes[i].std()) + 1e-4
        goal, room = float(model[i].mean()), float(model[i].std()) + 1e-4
        gain = min(max(room / spread, 0.35), 1.8)
        moved = (planes[i] - np.float32(mean)) * np.float32(gain) + np.float32(goal)
        out[i] = planes[i] + (moved - planes[i]) * np.float32(share)
    return np.clip(out, 0, 1)
