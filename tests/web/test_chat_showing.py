"""What the chat's pages say of times and amounts."""

from datetime import UTC, datetime, timedelta

import pytest

from limner.domain.chats import Chat, ChatMode
from limner.domain.money import Money
from limner.web.chat_blocks import four
from limner.web.chat_showing import grouped
from limner.web.languages import KNOWN, speaking

NOW = datetime(2026, 11, 28, 14, 30, tzinfo=UTC).astimezone().replace(hour=14)


def chat(ago: timedelta) -> Chat:
    at = NOW - ago
    return Chat(
        id=f"{ago}",
        owner="ann",
        title="" if ago else "Harbours",
        mode=ChatMode.CONFIRM,
        profile=None,
        text_model=None,
        ceiling=None,
        head=None,
        created=at,
        updated=at,
    )


def test_conversations_stand_by_day() -> None:
    ages = [
        timedelta(),
        timedelta(hours=3),
        timedelta(days=1),
        timedelta(days=3),
        timedelta(days=5),
        timedelta(days=40),
    ]
    groups = grouped([chat(ago) for ago in ages], NOW, current=f"{ages[1]}")
    assert [(group.title, len(group.rows)) for group in groups] == [
        ("Today", 2),
        ("Yesterday", 1),
        ("This week", 2),
        ("October 2026", 1),
    ]
    rows = [row for group in groups for row in group.rows]
    assert [row.when for row in rows] == ["now", "11:30", "14:30", "Wed", "Mon", "19 Oct"]
    assert [row.title for row in rows[:2]] == ["Harbours", "Untitled"]
    assert [row.current for row in rows[:2]] == [False, True]


def test_days_and_amounts_are_said_in_the_language_of_the_page() -> None:
    ages = [timedelta(), timedelta(days=3), timedelta(days=40)]
    with speaking(KNOWN["de"]):
        groups = grouped([chat(ago) for ago in ages], NOW, current="")
        assert four(Money(40_000)) == "0,0400\u00a0$"
    assert [group.title for group in groups] == ["Heute", "Diese Woche", "Oktober 2026"]
    assert [group.rows[0].when for group in groups] == ["jetzt", "Mi", "19. Okt."]
    assert groups[1].rows[0].title == "Ohne Titel"


@pytest.mark.req("S3-053")
@pytest.mark.parametrize(
    ("micro", "shown"),
    [
        (40_000, "$0.0400"),
        (6_585, "$0.0066"),
        (1, "$0.0001"),
        (49, "$0.0001"),
        (0, "$0.0000"),
        (12_345_678, "$12.3457"),
    ],
)
def test_prices_of_a_block_have_four_decimals_and_are_never_nothing(micro: int, shown: str) -> None:
    assert four(Money(micro)) == shown


def test_a_price_that_nobody_knows_is_not_made_up() -> None:
    assert four(None) == "price unknown"
