"""Price lists that leave a call without a price, or with two, are refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.catalog.samples import Data, catalog, complaints, file, model

TOKENS = {"meter": "output_image_token", "usd_per_million": "30"}
TEXT = {"meter": "input_text_token", "usd_per_million": "5"}
ALL = {"meter": "output_image_token", "likely": 10, "ceiling": 20}
QUALITY = {"quality": {"choices": ["low", "high"]}}


def priced(*rates: Data, expectations: tuple[Data, ...] = (), **changes: Any) -> Data:
    """A model with these prices."""
    return model(prices={"rates": list(rates), "expectations": list(expectations)}, **changes)


@pytest.mark.parametrize(
    "table, sentence",
    [
        (
            priced(TOKENS),
            "output_image_token has a rate but no expectation for every call; add one without quality",
        ),
        (
            priced(TOKENS, expectations=(ALL | {"quality": "low"},), parameters=QUALITY),
            "output_image_token has a rate but no expectation for every call; add one without quality",
        ),
        (
            priced({"meter": "megapixel", "usd": "1"}, sizes={"aspects": ["1:1"]}),
            "megapixel has a rate but no expectation for every call; add one without quality",
        ),
        (
            priced({"meter": "step", "usd": "1"}, parameters={"steps": {"kind": "integer"}}),
            "step has a rate but no expectation for every call; add one without quality",
        ),
        (
            priced(TEXT, {"meter": "image", "quality": "low", "usd": "1"}, parameters=QUALITY),
            "image has rates for some qualities or sizes only; add one without quality and size.",
        ),
        (priced(TEXT, expectations=(ALL,)), "output_image_token has an expectation but no rate."),
        (
            priced(TEXT, expectations=({"meter": "input_text_token", "likely": 1, "ceiling": 2},)),
            "input_text_token is counted before the call and takes no expectation.",
        ),
        (
            priced(TOKENS, expectations=(ALL | {"floor": 11},)),
            "floor, likely and ceiling must rise (got 11, 10, 20).",
        ),
        (priced(TOKENS, TOKENS, expectations=(ALL,)), "output_image_token has two entries for every call; keep one."),
        (
            priced(
                {"meter": "image", "usd": "1"},
                {"meter": "image", "usd": "2", "quality": "high"},
                {"meter": "image", "usd": "3", "size": "512x512"},
                parameters=QUALITY,
            ),
            "for quality high and for size 512x512 apply equally; add one for quality high, size 512x512.",
        ),
        (
            priced(
                {"meter": "image", "usd": "1"},
                {"meter": "image", "usd": "2", "quality": "high"},
                {"meter": "image", "usd": "3", "up_to": "512x512"},
                parameters=QUALITY,
            ),
            "and for size up to 262144 pixels apply equally; add one for quality high, size up to 262144 pixels.",
        ),
        (
            priced(
                {"meter": "image", "usd": "1"},
                {"meter": "image", "usd": "2", "quality": "high", "size": "512x512"},
                {"meter": "image", "usd": "3", "up_to": "600x600", "operation": "generate"},
                parameters=QUALITY,
            ),
            "apply equally; add one for quality high, size 512x512, operation generate.",
        ),
        (
            priced(
                {"meter": "image", "usd": "1", "up_to": "512x512"}, {"meter": "image", "usd": "2", "up_to": "512x512"}
            ),
            "image has two entries for size up to 262144 pixels; keep one.",
        ),
        (
            priced(TEXT, {"meter": "image", "up_to": "512x512", "usd": "1"}),
            "image has rates for some qualities or sizes only; add one without quality and size.",
        ),
        (
            priced(TOKENS, expectations=(ALL | {"up_to": "512x512"},)),
            "output_image_token has a rate but no expectation for every call; add one without quality",
        ),
        (
            priced({"meter": "image", "usd": "1"}, {"meter": "image", "usd": "2", "up_to": "511x512"}),
            "the model makes no size of so few pixels as 511x512.",
        ),
        (
            priced({"meter": "image", "usd": "1"}, {"meter": "image", "usd": "2", "up_to": "1x600000"}),
            'up_to must be a size like 1024x1024 (got "1x600000").',
        ),
        (
            priced(
                {"meter": "image", "usd": "1"}, {"meter": "image", "usd": "2", "up_to": "1024x1024", "size": "512x512"}
            ),
            "size and up_to do not go together; give one.",
        ),
    ],
)
def test_prices_that_leave_a_call_without_a_price_or_with_two(table: Data, sentence: str) -> None:
    [found] = complaints(file(table))
    assert sentence in found


@pytest.mark.parametrize(
    "table",
    [
        priced({"meter": "megapixel", "usd": "1"}),
        priced({"meter": "step", "usd": "1"}, parameters={"steps": {"kind": "integer", "default": 4}}),
        priced(
            {"meter": "image", "usd": "1", "operation": "generate"},
            {"meter": "megapixel", "usd": "1", "operation": "upscale"},
            operations=["generate", "upscale"],
            max_inputs=1,
        ),
        priced(
            {"meter": "image", "usd": "2", "quality": "high"},
            {"meter": "image", "usd": "3", "size": "512x512"},
            {"meter": "image", "usd": "4", "size": "512x512", "quality": "high"},
            parameters=QUALITY,
        ),
        priced(
            {"meter": "image", "usd": "1"},
            {"meter": "image", "usd": "2", "up_to": "512x512"},
            {"meter": "image", "usd": "3", "up_to": "1024x1024"},
            {"meter": "image", "usd": "4", "size": "512x512"},
        ),
        priced(
            {"meter": "image", "usd": "1"},
            {"meter": "image", "usd": "2", "size": "1024x1024", "quality": "high"},
            {"meter": "image", "usd": "3", "up_to": "512x512", "operation": "generate"},
            parameters=QUALITY,
        ),
    ],
)
def test_prices_that_are_complete(table: Data) -> None:
    assert len(catalog(file(table)).models) == 1
