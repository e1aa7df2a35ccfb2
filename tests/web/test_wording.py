"""Amounts and times in the words of the pages."""

from datetime import datetime
from decimal import Decimal

import pytest

from limner.domain.money import Money
from limner.domain.plan import Treatment
from limner.domain.request import Operation
from limner.web.languages import KNOWN, speaking
from limner.web.wording import (
    duration,
    field,
    moment,
    operation,
    pictures,
    price,
    price_line,
    receipt_summary,
    size,
)


@pytest.mark.parametrize(
    "dollars,said",
    [
        ("0", "free"),
        ("0.0000004", "under $0.001"),
        ("0.0009", "under $0.001"),
        ("0.011", "$0.011"),
        ("0.04", "$0.04"),
        ("0.0534", "$0.053"),
        ("0.16", "$0.16"),
        ("0.5", "$0.50"),
        ("1", "$1.00"),
        ("38.176", "$38.18"),
    ],
)
def test_money_is_never_nothing_when_it_was_something(dollars: str, said: str) -> None:
    assert price(Money.usd(Decimal(dollars))) == said


def test_an_unknown_price_is_unknown() -> None:
    assert price(None) == "price unknown"


@pytest.mark.parametrize(
    "seconds,said",
    [(0.01, "0.1 s"), (0.4, "0.4 s"), (1.5, "2 s"), (12, "12 s"), (60, "1 min"), (80, "1 min 20 s"), (59.7, "1 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_the_price_line() -> None:
    assert price_line(4, Money.usd("0.16"), 12) == "4 images · $0.16 · about 12 s"
    assert price_line(1, Money(), 2) == "1 image · free · about 2 s"
    assert price_line(4, None, 12) == "4 images · price unknown · about 12 s"


@pytest.mark.parametrize(
    "code,money,counted,took,at,summary",
    [
        ("en", "$0.16", "1,284 pictures", "1 min 20 s", "20 Nov 2026, 17:42", "2 kept, 1 dropped"),
        ("de", "0,16\u00a0$", "1.284 Bilder", "1 min 20 s", "20. Nov. 2026, 17:42", "2 übernommen, 1 weggelassen"),
        ("ar", "\u2066$0.16\u2069", "1,284 صورة", "1 د 20 ث", "20 نوفمبر 2026، 17:42", "أُبقي: 2، أُسقط: 1"),
    ],
)
def test_amounts_times_and_dates_are_said_as_each_language_says_them(
    code: str, money: str, counted: str, took: str, at: str, summary: str
) -> None:
    with speaking(KNOWN[code]):
        assert price(Money.usd("0.16")) == money
        assert pictures(1284) == counted
        assert duration(80) == took
        assert moment(datetime(2026, 11, 20, 17, 42).astimezone()) == at
        assert receipt_summary((Treatment.USED, Treatment.USED, Treatment.IGNORED)) == summary


def test_what_runs_from_left_to_right_stays_so_on_pages_that_do_not() -> None:
    assert size(1024, 768) == "1024 \u00d7 768"
    with speaking(KNOWN["ar"]):
        assert size(1024, 768) == "\u20661024 \u00d7 768\u2069"


def test_whatever_a_receipt_names_has_a_name() -> None:
    assert (field("negative_prompt"), field("cfg_rescale")) == ("Negative prompt", "Cfg rescale")
    with speaking(KNOWN["de"]):
        assert (field("steps"), operation(Operation.UPSCALE)) == ("Schritte", "Hochskalieren")
