"""Sizes: whatever is wanted, what is sent is something the model makes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.domain.model_card import SizeGrid, SizeRule
from limner.domain.request import Aspect, Size
from limner.engine.sizes import allowed, nearest, nearest_aspect, on_grid, sized

GPT_IMAGE_2 = SizeGrid(multiple=16, min_edge=16, max_edge=3840, min_pixels=655_360, max_pixels=8_294_400, max_ratio=3.0)
SQUARES = SizeRule(fixed=(Size(1024, 1024), Size(1536, 1024), Size(1024, 1536)))
edges = st.integers(1, 16_384)


@given(width=edges, height=edges)
def test_the_nearest_size_on_a_grid_is_always_on_the_grid(width: int, height: int) -> None:
    found = nearest(SizeRule(grid=GPT_IMAGE_2), Size(width, height))
    assert found is not None
    assert on_grid(GPT_IMAGE_2, found)


@given(width=edges, height=edges)
def test_a_size_that_is_allowed_stays_as_it_is(width: int, height: int) -> None:
    rule = SizeRule(fixed=SQUARES.fixed, grid=GPT_IMAGE_2)
    found = nearest(rule, Size(width, height))
    assert found is not None
    assert nearest(rule, found) == found
    assert allowed(rule, found)


@given(
    multiple=st.sampled_from([1, 2, 8, 16, 32, 64]),
    least=st.integers(64, 512),
    width=edges,
    height=edges,
)
def test_every_wide_grid_has_a_nearest_size(multiple: int, least: int, width: int, height: int) -> None:
    grid = SizeGrid(
        multiple=multiple,
        min_edge=least,
        max_edge=4096,
        min_pixels=least * least,
        max_pixels=4096 * 4096,
        max_ratio=4.0,
    )
    found = nearest(SizeRule(grid=grid), Size(width, height))
    assert found is not None
    assert on_grid(grid, found)


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (Size(1792, 1024), Size(1536, 1024)),
        (Size(1024, 1792), Size(1024, 1536)),
        (Size(512, 512), Size(1024, 1024)),
        (Size(900, 600), Size(1536, 1024)),
    ],
)
def test_shape_counts_before_area(wanted: Size, sent: Size) -> None:
    assert nearest(SQUARES, wanted) == sent


def test_a_model_without_sizes_has_no_nearest_one() -> None:
    assert nearest(SizeRule(), Size(10, 10)) is None


def test_shapes_are_compared_by_ratio_not_by_difference() -> None:
    shapes = (Aspect(1, 1), Aspect(16, 9), Aspect(9, 16))
    assert nearest_aspect(shapes, 2.0) == Aspect(16, 9)
    assert nearest_aspect(shapes, 0.5) == Aspect(9, 16)


def test_a_shape_becomes_a_size_of_about_that_area() -> None:
    size = sized(Aspect(16, 9), 1024 * 1024)
    assert abs(size.pixels / (1024 * 1024) - 1) < 0.01
    assert abs(size.ratio - 16 / 9) < 0.01
