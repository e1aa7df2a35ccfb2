"""Google accounts that sign in, against a stand-in for the place where Google says whose a token is."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from limner.testing.google_stand_in import GoogleStandIn, account
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread

CLIENT = "limner.apps.googleusercontent.com"


@pytest.fixture
def google() -> Iterator[GoogleStandIn]:
    with in_a_thread(GoogleStandIn()) as stand_in:
        yield stand_in


def sign_in(site: Site, token: str) -> httpx2.Response:
    return httpx2.post(f"{site.url}/api/auth/google", json={"access_token": token}, timeout=30)


def test_a_google_account_signs_in_over_http(tmp_path: Path, google: GoogleStandIn) -> None:
    later = time.time() + 3600
    google.tokens["good"] = account("ann@gmail.com", CLIENT, expires=later)
    google.tokens["expired"] = account("ann@gmail.com", CLIENT, expires=later - 7200)
    google.tokens["of another program"] = account("ann@gmail.com", "another", expires=later)
    google.tokens["not verified"] = account("ben@gmail.com", CLIENT, expires=later, verified=False)
    variables = {"GOOGLE_TOKENINFO_URL": google.base_url, "GOOGLE_CLIENT_ID": CLIENT}
    with serving(tmp_path, auth="accounts", variables=variables) as site:
        entered = sign_in(site, "good")
        assert entered.status_code == 200, entered.text
        assert entered.json()["user"]["email"] == "ann@gmail.com"
        cookie = entered.headers["set-cookie"].partition(";")[0]
        whoami = httpx2.get(f"{site.url}/api/auth/session", headers={"Cookie": cookie})
        assert whoami.json() == entered.json()
        assert sign_in(site, "good").json() == entered.json()
        for token in ("expired", "of another program", "not verified", "invented"):
            refused = sign_in(site, token)
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused"), token
            assert "set-cookie" not in refused.headers
        google.broken = True
        away = sign_in(site, "good")
        assert (away.status_code, away.json()["code"], away.json()["retryable"]) == (503, "issuer_unavailable", True)
        assert "good" not in away.text


def test_without_an_id_at_google_nobody_signs_in_there(tmp_path: Path, google: GoogleStandIn) -> None:
    google.tokens["good"] = account("ann@gmail.com", "", expires=time.time() + 3600)
    with serving(tmp_path, auth="accounts", variables={"GOOGLE_TOKENINFO_URL": google.base_url}) as site:
        refused = sign_in(site, "good")
        assert (refused.status_code, refused.json()["code"]) == (503, "not_configured")
        body = {"prompt": "a lake", "accessToken": "good"}
        painted = httpx2.post(f"{site.url}/generate-image", json=body, timeout=30)
        assert (painted.status_code, set(painted.json())) == (401, {"success", "error"})
        assert "GOOGLE_CLIENT_ID" in painted.json()["error"]


def test_where_google_is_not_there_it_is_said(tmp_path: Path) -> None:
    variables = {"GOOGLE_TOKENINFO_URL": "http://127.0.0.1:9/tokeninfo", "GOOGLE_CLIENT_ID": CLIENT}
    with serving(tmp_path, auth="accounts", variables=variables) as site:
        assert sign_in(site, "good").json()["code"] == "issuer_unavailable"


@pytest.mark.req("S3-079")
def test_document_3s_access_token_says_whose_the_picture_is(tmp_path: Path, google: GoogleStandIn) -> None:
    google.tokens["good"] = account("ann@gmail.com", CLIENT, expires=time.time() + 3600)
    variables = {"GOOGLE_TOKENINFO_URL": google.base_url, "GOOGLE_CLIENT_ID": CLIENT}
    wish = {"prompt": "a lake at dawn", "provider": "sketch", "size": "64x64"}
    with serving(tmp_path, auth="accounts", variables=variables) as site:
        here = f"{site.url}/generate-image"
        painted = httpx2.post(here, json={**wish, "accessToken": "good"}, timeout=30)
        assert painted.status_code == 200, painted.text
        for refused in (httpx2.post(here, json=wish), httpx2.post(here, json={**wish, "accessToken": "invented"})):
            assert refused.status_code == 401
            assert set(refused.json()) == {"success", "error"}
        cookie = sign_in(site, "good").headers["set-cookie"].partition(";")[0]
        items = httpx2.get(f"{site.url}/api/v1/images", headers={"Cookie": cookie}).json()["items"]
        assert [each["prompt"] for each in items] == [wish["prompt"]]
