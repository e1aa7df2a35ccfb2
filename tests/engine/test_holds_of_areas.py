"""What is held for a call that is paid by the area of its picture."""

from __future__ import annotations

import pytest

from limner.domain.model_card import StandIn
from limner.domain.money import Money
from limner.domain.request import ImageRequest, InputImage, Margins, Operation, Role, Size
from limner.engine.pricing import usual_price
from limner.engine.translation import translate
from tests.shipped import shipped

FILL = shipped().find("fal/fal-ai/flux-pro/v1/fill")


def pictures(size: Size, *roles: Role) -> tuple[InputImage, ...]:
    return tuple(
        InputImage(role=role, digest="a" * 64, media_type="image/png", width=size.width, height=size.height)
        for role in roles
    )


def inpaint(size: Size, count: int = 1) -> ImageRequest:
    return ImageRequest(
        prompt="a boat", operation=Operation.INPAINT, inputs=pictures(size, Role.SOURCE, Role.MASK), count=count
    )


@pytest.mark.parametrize(
    ("size", "likely", "most"),
    [
        (Size(64, 64), "0.05", "0.05"),
        (Size(1000, 1000), "0.05", "0.05"),
        (Size(1024, 1024), "0.05", "0.10"),  # one megapixel of 2^20 pixels, two begun ones of 10^6: nobody says which
        (Size(1400, 1400), "0.10", "0.10"),
        (Size(4000, 3000), "0.60", "0.60"),
    ],
)
def test_a_fill_is_held_for_by_the_megapixels_of_its_source(size: Size, likely: str, most: str) -> None:
    (estimate,) = translate(inpaint(size), FILL).estimates
    assert estimate is not None
    assert (estimate.likely, estimate.ceiling) == (Money.usd(likely), Money.usd(most))


def test_each_picture_of_a_call_is_paid() -> None:
    (estimate,) = translate(inpaint(Size(900, 900), count=3), FILL).estimates
    assert estimate is not None
    assert estimate.ceiling == Money.usd("0.15")


def test_a_larger_canvas_is_held_for_by_its_own_size() -> None:
    request = ImageRequest(
        operation=Operation.OUTPAINT, inputs=pictures(Size(900, 900), Role.SOURCE), margins=Margins(right=1100)
    )
    done = translate(request, FILL)
    assert done.stand_in is StandIn.CANVAS
    (estimate,) = done.estimates
    assert estimate is not None
    assert estimate.ceiling == Money.usd("0.10")


def test_a_list_says_the_price_of_a_picture_of_about_a_megapixel() -> None:
    assert usual_price(FILL) == Money.usd("0.05")
