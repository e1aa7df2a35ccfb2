"""From whom a request counts: the other end of the line, and through known proxies whoever is behind them."""

from pathlib import Path

import pytest

from limner.api.callers import caller_of
from limner.settings import read_settings
from tests.api.served import Site, serving

SMALL = {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64"}
HERE = "127.0.0.1"


def seen(peer: str | None, *forwarded: str, proxies: str = "") -> str | None:
    trusted = read_settings({"LIMNER_TRUSTED_PROXIES": proxies}, Path("nowhere")).trusted_proxies
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return caller_of({"client": None if peer is None else (peer, 5000), "headers": headers}, trusted)


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "counted"),
    [
        ("198.51.100.7", [], "", "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.9"], "", "198.51.100.7"),  # written by whoever asks
        ("198.51.100.7", ["203.0.113.9"], "10.0.0.0/8", "198.51.100.7"),
        ("10.1.2.3", ["203.0.113.9"], "10.0.0.0/8", "203.0.113.9"),
        ("10.1.2.3", ["1.1.1.1, 203.0.113.9"], "10.0.0.0/8", "203.0.113.9"),  # the first one is forged
        ("10.1.2.3", ["1.1.1.1", "203.0.113.9"], "10.0.0.0/8", "203.0.113.9"),
        ("10.1.2.3", ["203.0.113.9, 10.9.9.9"], "10.0.0.0/8", "203.0.113.9"),
        ("10.1.2.3", ["10.8.8.8, 10.9.9.9"], "10.0.0.0/8", "10.8.8.8"),
        ("10.1.2.3", ["203.0.113.9:40000"], "10.0.0.0/8", "203.0.113.9"),
        ("10.1.2.3", ["203.0.113.9, unknown"], "10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.3", [""], "10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.3", [], "10.0.0.0/8", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", [], "", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", [], "", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", [], "", "198.51.100.7"),
        ("::ffff:10.1.2.3", ["[2001:db8::1]:443"], "10.0.0.0/8", "2001:db8::/64"),
        ("2001:db8::7", ["203.0.113.9"], "2001:db8::7", "203.0.113.9"),
        ("2001:db8::8", ["203.0.113.9"], "2001:db8::7", "2001:db8::/64"),
        (None, ["203.0.113.9"], "0.0.0.0/0", None),
        ("", ["203.0.113.9"], "0.0.0.0/0", None),
    ],
)
def test_which_address_counts(peer: str | None, forwarded: list[str], proxies: str, counted: str | None) -> None:
    assert seen(peer, *forwarded, proxies=proxies) == counted


def asked(site: Site, forwarded: str | None = None, path: str = "/api/v1/jobs") -> int:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return site.client.post(path, json=SMALL, headers=headers).status_code


@pytest.mark.req("S0-075")
def test_requests_of_an_address_are_limited_on_every_surface_and_over_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path, requests_per_minute_per_address=2) as site:
        assert [asked(site), asked(site, "203.0.113.9")] == [202, 202]
        refused = site.client.post("/api/v1/jobs", json=SMALL, headers={"X-Forwarded-For": "203.0.113.10"})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert refused.json()["detail"] == "Too many requests: this address may make 2 a minute. Wait a little."
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        form = {"prompt": "a harbour", "model": "sketch", "count": "1", "shape": "1:1"}
        assert "this address may make 2 a minute" in site.client.post("/", data=form).text
        assert site.client.post("/api/v1/quotes", json=SMALL).status_code == 200
    with serving(tmp_path, requests_per_minute_per_address=2) as site:
        assert asked(site) == 429


def test_behind_a_known_proxy_each_address_has_its_own_count(tmp_path: Path) -> None:
    with serving(tmp_path, requests_per_minute_per_address=1, trusted_proxies=HERE) as site:
        assert [asked(site, "203.0.113.9"), asked(site, "203.0.113.10"), asked(site, "2001:db8::1")] == [202] * 3
        assert [asked(site, "1.1.1.1, 203.0.113.9"), asked(site, "2001:db8::2")] == [429, 429]
        assert [asked(site), asked(site)] == [202, 429]


def test_requests_for_a_service_are_limited_for_all_together(tmp_path: Path) -> None:
    paid = {"prompt": "a harbour", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
    with serving(tmp_path, requests_per_minute_per_service=1) as site:
        wait = {"Prefer": "wait=30"}
        assert site.client.post("/api/v1/jobs", json=paid, headers=wait).status_code == 201
        refused = site.client.post("/api/v1/jobs", json=paid)
        assert refused.status_code == 429
        assert refused.json()["detail"].startswith("Too many requests: openai may be asked 1 times a minute.")
        again = site.client.post("/api/v1/jobs", json={**paid, "reuse": True}, headers=wait)
        assert (again.status_code, again.json()["images"] != []) == (201, True)  # asks no service
        assert [asked(site), asked(site)] == [202, 429]
        assert site.stand_in.purchases == 1
