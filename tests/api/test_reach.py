"""By whom the server may be reached: nobody else without sign-in, and with it never without protection."""

from pathlib import Path

import pytest

from limner.domain.errors import NotConfigured
from limner.domain.money import Money
from limner.server import check_reach
from limner.settings import read_settings

SHARED = {"LIMNER_AUTH": "accounts"}


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"LIMNER_HOST": "0.0.0.0"}, "host_refused"),
        ({"LIMNER_HOST": "0.0.0.0", "LIMNER_PUBLIC_URL": "https://limner.example.com"}, "host_refused"),
        ({**SHARED, "LIMNER_HOST": "0.0.0.0"}, "public_url_missing"),
        ({**SHARED, "LIMNER_HOST": "192.168.1.5"}, "public_url_missing"),
        ({**SHARED, "LIMNER_HOST": "0.0.0.0", "LIMNER_PUBLIC_URL": "http://limner.example.com"}, "public_url_insecure"),
        ({**SHARED, "LIMNER_PUBLIC_URL": "http://limner.example.com"}, "public_url_insecure"),
    ],
)
def test_a_reach_that_does_harm_is_refused(tmp_path: Path, variables: dict[str, str], code: str) -> None:
    with pytest.raises(NotConfigured) as refused:
        check_reach(read_settings(variables, tmp_path))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"LIMNER_HOST": "::1", "LIMNER_PUBLIC_URL": "http://limner.example.com"},
        SHARED,
        {**SHARED, "LIMNER_PUBLIC_URL": "http://127.0.0.1:8003"},
        {**SHARED, "LIMNER_HOST": "0.0.0.0", "LIMNER_PUBLIC_URL": "https://limner.example.com"},
    ],
)
def test_a_reach_that_does_none_is_not(tmp_path: Path, variables: dict[str, str]) -> None:
    check_reach(read_settings(variables, tmp_path))


@pytest.mark.req("S3-082", "S3-083", "S3-088")
@pytest.mark.parametrize(
    ("variables", "hour", "day"),
    [
        ({}, None, None),
        (SHARED, 10, 50),
        ({**SHARED, "LIMNER_IMAGES_PER_HOUR": "0", "LIMNER_IMAGES_PER_DAY": "7"}, None, 7),
        ({"LIMNER_IMAGES_PER_HOUR": "3"}, 3, None),
    ],
)
def test_people_with_accounts_have_limits_unless_others_are_set(
    tmp_path: Path, variables: dict[str, str], hour: int | None, day: int | None
) -> None:
    found = read_settings(variables, tmp_path)
    assert (found.images_per_hour, found.images_per_day) == (hour, day)
    assert found.daily_cost_limit_usd == Money.usd(10)
