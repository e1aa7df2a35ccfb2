"""Metrics in Prometheus's text format."""

import re
from pathlib import Path
from typing import Any

import pytest

from limner.domain.people import Role
from limner.testing.faults import Fault
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import serving

PAID = {"prompt": "a lake", "model": "openai/gpt-image-1-mini", "size": "1024x1024", "quality": "low"}
SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([^"]*)"\})? (\S+)')


def read(text: str) -> dict[tuple[str, str], float]:
    """Values by name and label; fails for a line that is no sample, and for one whose family is not described."""
    described = set(re.findall(r"^# TYPE ([a-z_]+) (?:counter|gauge|summary)$", text, re.MULTILINE))
    assert described == set(re.findall(r"^# HELP ([a-z_]+) \S", text, re.MULTILINE))
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        assert re.sub("_(sum|count)$", "", sample[1]) in described
        found[sample[1], sample[3] or ""] = float(sample[4])
    assert text.endswith("\n")
    return found


@pytest.mark.req("S3-095", "S1-110")
def test_calls_are_counted_by_provider(tmp_path: Path) -> None:
    with serving(tmp_path, variables={"CIRCUIT_BREAKER_FAILURE_THRESHOLD": "1"}) as site:
        empty = read(site.client.get("/metrics").text)
        assert empty["limner_generations_last_hour", ""] == 0
        assert not any(name == "limner_requests_total" for name, _ in empty)
        site.paint(count=3)
        bought: Any = site.client.post("/api/v1/jobs", json=PAID, headers={"Prefer": "wait=30"}).json()
        site.stand_in.faults.add(Fault(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}}))
        site.client.post("/api/v1/jobs", json=PAID, headers={"Prefer": "wait=30"})
        answer = site.client.get("/metrics")
        found = read(answer.text)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert found["limner_requests_total", "openai"] == 2
    assert found["limner_successes_total", "openai"] == 1
    assert found["limner_failures_total", "openai"] == 1
    assert found["limner_fallbacks_total", "openai"] == 0
    assert found["limner_success_rate", "openai"] == 0.5
    assert found["limner_cost_dollars_total", "openai"] == bought["cost"]["micro_usd"] / 1_000_000 > 0
    assert found["limner_duration_milliseconds_count", "openai"] == 2
    assert found["limner_duration_milliseconds_sum", "openai"] >= 0
    assert found["limner_breaker_state", "openai"] == 2
    assert found["limner_requests_total", "sketch"] == found["limner_successes_total", "sketch"] >= 1
    assert found["limner_pictures_last_hour", ""] == 4
    ended = found["limner_requests_total", "openai"] + found["limner_requests_total", "sketch"]
    assert found["limner_generations_last_hour", ""] == ended >= 3
    assert "sk-test-key" not in answer.text


def test_metrics_are_for_administrators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)
    add_user(tmp_path, "ann@x.example")
    add_user(tmp_path, "ada@x.example", Role.OWNER)
    with accounts_site(tmp_path) as site:
        assert site.client.get("/metrics").status_code == 401
        with client_of(site, "ann@x.example") as hers:
            assert hers.get("/metrics").status_code == 403
        with client_of(site, "ada@x.example") as all_:
            assert "limner_build_info" in all_.get("/metrics").text
            for scopes, status in ((["read", "generate"], 403), (["read", "manage"], 200)):
                token = all_.post("/api/v1/tokens", json={"name": "scraper", "scopes": scopes}).json()["token"]
                answer = site.client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
                assert answer.status_code == status, scopes
