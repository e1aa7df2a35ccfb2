"""Settings: the environment wins over limner.toml, and what is wrong is named."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from limner.domain.errors import NotConfigured
from limner.domain.health import BreakerRules
from limner.domain.money import Money
from limner.settings import Settings, read_settings, read_variables, variable_of
from tests.shipped import shipped
from tools.requirements import read_requirements


def test_the_environment_wins_over_the_file_and_both_over_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "limner.toml").write_text('port = 9000\ndaily_cost_limit_usd = "2.50"\nlog_level = "debug"\n')
    found = read_settings({"LIMNER_PORT": "9100"}, tmp_path, data_dir=tmp_path)
    assert (found.port, found.daily_cost_limit_usd, found.log_level) == (9100, Money.usd("2.50"), "debug")
    assert found.host == "127.0.0.1"
    assert read_settings({"LIMNER_PORT": "9100"}, tmp_path, port=9200).port == 9200


@pytest.mark.req("S4-030", "S4-031", "S3-088")
def test_the_defaults(tmp_path: Path) -> None:
    found = read_settings({}, tmp_path)
    assert (found.port, found.host, found.auth) == (8003, "127.0.0.1", "local")
    assert found.daily_cost_limit_usd == Money.usd(10)
    assert (found.daily_budget_usd, found.images_per_hour, found.images_per_day) == (None, None, None)
    assert (found.requests_per_minute, found.global_requests_per_minute) == (None, None)
    assert (found.requests_per_minute_per_address, found.trusted_proxies) == (None, ())
    assert found.loopback_only


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, "http://127.0.0.1:8003"),
        ({"LIMNER_HOST": "::1", "LIMNER_PORT": "9100"}, "http://[::1]:9100"),
        ({"LIMNER_PUBLIC_URL": "https://limner.example.com/"}, "https://limner.example.com"),
    ],
)
def test_the_address_that_is_told_to_others(tmp_path: Path, variables: dict[str, str], address: str) -> None:
    assert read_settings(variables, tmp_path).address == address


@pytest.mark.req("S3-019", "S3-020", "S3-021", "S3-022", "S3-074", "S3-075", "S3-076", "S3-077")
def test_circuit_breakers_have_document_3s_numbers_and_names(tmp_path: Path) -> None:
    assert read_settings({}, tmp_path).breaker_rules == BreakerRules(
        failures=5, window=timedelta(minutes=10), timeout=timedelta(minutes=10), successes=1
    )
    given = {
        "CIRCUIT_BREAKER_FAILURE_THRESHOLD": "3",
        "CIRCUIT_BREAKER_FAILURE_WINDOW_MS": "60000",
        "CIRCUIT_BREAKER_TIMEOUT_MS": "1500",
        "CIRCUIT_BREAKER_SUCCESS_THRESHOLD": "2",
    }
    assert read_settings(given, tmp_path).breaker_rules == BreakerRules(
        failures=3, window=timedelta(minutes=1), timeout=timedelta(seconds=1.5), successes=2
    )
    with pytest.raises(NotConfigured, match="CIRCUIT_BREAKER_TIMEOUT_MS is wrong"):
        read_settings({"CIRCUIT_BREAKER_TIMEOUT_MS": "0"}, tmp_path)


def test_weights_are_read_from_text_and_from_a_table(tmp_path: Path) -> None:
    wanted = {"together": 3.0, "openai/gpt-image-2": 0.5}
    text = {"LIMNER_ROUTING_WEIGHTS": "together=3, openai/gpt-image-2 = 0.5"}
    assert read_settings(text, tmp_path).routing_weights == wanted
    assert read_settings({}, tmp_path, routing_weights=wanted).routing_weights == wanted
    for wrong in ("together", "together=0", "together=much"):
        with pytest.raises(NotConfigured, match="LIMNER_ROUTING_WEIGHTS"):
            read_settings({"LIMNER_ROUTING_WEIGHTS": wrong}, tmp_path)


def test_zero_is_no_limit(tmp_path: Path) -> None:
    assert read_settings({"LIMNER_DAILY_COST_LIMIT_USD": "0"}, tmp_path).daily_cost_limit_usd is None
    assert read_settings({"LIMNER_IMAGES_PER_HOUR": "0"}, tmp_path).images_per_hour is None
    assert read_settings({"LIMNER_IMAGES_PER_HOUR": "4"}, tmp_path).images_per_hour == 4
    assert read_settings({}, tmp_path, images_per_day=0).images_per_day is None


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"LIMNER_PORT": "many"}, "LIMNER_PORT"),
        ({"LIMNER_PORT": "70000"}, "LIMNER_PORT"),
        ({"LIMNER_LOG_LEVEL": "loud"}, "LIMNER_LOG_LEVEL"),
        ({"LIMNER_SECRET_KEY": "short"}, "LIMNER_SECRET_KEY"),
        ({"LIMNER_DAILY_COST_LIMIT_USD": "-1"}, "LIMNER_DAILY_COST_LIMIT_USD"),
        ({"LIMNER_IMAGES_PER_DAY": "-1"}, "LIMNER_IMAGES_PER_DAY"),
        ({"LIMNER_REQUESTS_PER_MINUTE": "1.5"}, "LIMNER_REQUESTS_PER_MINUTE"),
        ({"LIMNER_DAILY_COST_LIMIT_USD": "ten"}, "LIMNER_DAILY_COST_LIMIT_USD"),
    ],
)
def test_a_wrong_value_is_named_and_never_repeated_if_it_is_a_secret(
    tmp_path: Path, variables: dict[str, str], named: str
) -> None:
    with pytest.raises(NotConfigured) as refusal:
        read_settings(variables, tmp_path)
    assert named in refusal.value.message
    assert "short" not in refusal.value.message.replace("too_short", "")


@pytest.mark.parametrize("text", ["port = ", "prot = 9000", "port = 9000\nport = 9001", "\xff"])
def test_a_wrong_file_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "limner.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(NotConfigured, match=r"limner\.toml"):
        read_settings({}, tmp_path)


@pytest.mark.req("S0-058")
def test_a_dotenv_file_fills_what_the_environment_leaves_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=from-file\nLIMNER_PORT=9001\nOPENAI_ORG_ID=org\n")
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    monkeypatch.delenv("OPENAI_ORG_ID", raising=False)
    variables = read_variables(tmp_path)
    assert (variables["OPENAI_API_KEY"], variables["OPENAI_ORG_ID"]) == ("from-environment", "org")
    assert read_settings(variables, tmp_path).port == 9001


def test_secrets_do_not_show(tmp_path: Path) -> None:
    found = read_settings({"LIMNER_SECRET_KEY": "k" * 40, "OPENAI_API_KEY": "sk-secret"}, tmp_path)
    assert "kkkk" not in repr(found)
    assert "sk-secret" not in repr(found)


@pytest.mark.req("S1-116", "S1-117", "S3-096", "S3-098", "S3-099")
def test_alarms_have_the_documents_numbers() -> None:
    rules = Settings().alert_rules
    assert (rules.error_percent, rules.burst_percent) == (5, 50)
    assert (rules.slow_seconds, rules.p95_seconds) == (60, 30)
    assert rules.cost_per_hour == Money.usd(100)


@pytest.mark.req("S4-061")
def test_the_template_and_the_page_have_every_variable_of_the_documents() -> None:
    wanted = {
        name
        for one in read_requirements().values()
        if one.tag == "ENV"
        for name in re.findall(r"`([A-Z][A-Z_]+)`", one.text)
    }
    assert len(wanted) >= 22
    root = Path(__file__).parents[2]
    template = (root / ".env.example").read_text()
    pages = "".join(page.read_text() for page in (root / "docs").glob("*.md"))
    assert not [name for name in wanted if f"{name}=" not in template]
    assert not [name for name in wanted if name not in pages]


@pytest.mark.req("S4-061")
def test_every_setting_is_on_its_page() -> None:
    root = Path(__file__).parents[2]
    page, template = (root / "docs" / "settings.md").read_text(), (root / ".env.example").read_text()
    for name in set(Settings.model_fields) - {"variables"}:
        assert f"`{variable_of(name)}`" in page, name
    named = {line.lstrip("# ").partition("=")[0] for line in template.splitlines() if "=" in line}
    assert {"OPENAI_API_KEY", "OPENAI_ORG_ID", "LIMNER_DATA_DIR"} <= named
    for card in shipped().services:
        assert {*card.key_variables, *filter(None, [card.base_url_variable, card.organization_variable])} <= named


def test_proxies_are_addresses_and_networks(tmp_path: Path) -> None:
    found = read_settings({"LIMNER_TRUSTED_PROXIES": " 10.0.0.0/8,2001:db8::7 ,"}, tmp_path)
    assert found.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("2001:db8::7/128"))
    for wrong in ("everybody", "10.0.0.1/8", "10.0.0.0/33"):
        with pytest.raises(NotConfigured, match="LIMNER_TRUSTED_PROXIES"):
            read_settings({"LIMNER_TRUSTED_PROXIES": wrong}, tmp_path)


@pytest.mark.req("S4-032")
def test_origins_of_other_pages_are_whole(tmp_path: Path) -> None:
    found = read_settings({"LIMNER_CORS_ORIGINS": " https://App.test/, http://localhost:3000 "}, tmp_path)
    assert found.origins == {"https://app.test", "http://localhost:3000"}
    assert read_settings({}, tmp_path).origins == frozenset()
    for wrong in ("app.test", "*", "https://"):
        with pytest.raises(NotConfigured, match="LIMNER_CORS_ORIGINS"):
            _ = read_settings({"LIMNER_CORS_ORIGINS": wrong}, tmp_path).origins
