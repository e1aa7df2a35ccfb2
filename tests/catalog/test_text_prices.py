"""What text models cost, where an installation says it itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner.catalog.texts import load_texts
from limner.domain.errors import NotConfigured
from limner.domain.text_models import TextPrice

LUNA = "openai/gpt-6-luna"


def test_a_price_of_ones_own_is_taken_and_told_apart() -> None:
    found = load_texts(prices=f"{LUNA}=0.25/2, compatible/maker/model:7b=0/1.5, anthropic/claude-haiku-4-5=9/9")
    assert (found.find(LUNA).price, found.find(LUNA).own_price) == (TextPrice(input=250_000, output=2_000_000), True)
    assert found.find(LUNA).context == load_texts().find(LUNA).context
    assert found.find("compatible/maker/model:7b").price == TextPrice(input=0, output=1_500_000)
    assert found.find("anthropic/claude-haiku-4-5").price == TextPrice(input=9_000_000, output=9_000_000)
    assert not found.find("anthropic/claude-sonnet-5-5").own_price
    assert not load_texts(prices=" , ").find(LUNA).own_price


def test_the_setting_wins_over_a_file_and_a_file_is_ones_own_too(tmp_path: Path) -> None:
    folder = tmp_path / "catalog.d" / "texts"
    folder.mkdir(parents=True)
    table = '[[model]]\nservice = "openai"\nname = "gpt-6-luna"\ninput_usd = "1"\noutput_usd = "1"\n'
    (folder / "mine.toml").write_text(table)
    assert load_texts(tmp_path).find(LUNA).price == TextPrice(input=1_000_000, output=1_000_000)
    assert load_texts(tmp_path).find(LUNA).own_price
    assert load_texts(tmp_path, f"{LUNA}=2/3").find(LUNA).price == TextPrice(input=2_000_000, output=3_000_000)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("gpt-6-luna=1/2", "is no price"),
        (f"{LUNA}=1", "is no price"),
        (f"{LUNA}=-1/2", "is no price"),
        (f"{LUNA}=1e9/2", "is no price"),
        (f"{LUNA}", "is no price"),
        ("nobody/model=1/2", "There is no service nobody with text models"),
    ],
)
def test_what_is_no_price_is_refused_at_the_start(said: str, why: str) -> None:
    with pytest.raises(NotConfigured, match="LIMNER_TEXT_PRICES is wrong") as refused:
        load_texts(prices=said)
    assert why in refused.value.message
