"""Signed webhooks: what is genuine is believed, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.wire.webhooks import objection, signature

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SENT = int(NOW.timestamp())
SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes of key").decode()
OTHER = "whsec_" + base64.b64encode(b"another key of some bytes").decode()
BODY = b'{"id":"gm3qorzdhgbfurvjtvhg6dckhu","status":"succeeded"}'


def headers(*signatures: str, id: str = "msg_1", sent: object = SENT) -> dict[str, str]:
    return {"webhook-id": id, "webhook-timestamp": str(sent), "webhook-signature": " ".join(signatures)}


def genuine(body: bytes = BODY, *, secret: str = SECRET) -> dict[str, str]:
    return headers(signature("msg_1", SENT, body, secret))


def test_the_signature_is_that_of_the_published_recipe() -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, b"msg_1." + str(SENT).encode() + b"." + BODY, hashlib.sha256).digest()
    assert signature("msg_1", SENT, BODY, SECRET) == f"v1,{base64.b64encode(digest).decode()}"


@pytest.mark.req("S1-080")
def test_a_genuine_message_is_believed() -> None:
    assert objection(genuine(), BODY, secret=SECRET, now=NOW) is None


def test_one_fitting_signature_among_several_is_enough() -> None:
    several = headers(
        "v2,abc",
        "nonsense",
        signature("msg_1", SENT, BODY, OTHER),
        "v1,!!!",
        signature("msg_1", SENT, BODY, SECRET),
    )
    assert objection(several, BODY, secret=SECRET, now=NOW) is None
    assert objection(several, BODY, secret=OTHER, now=NOW) is None


@pytest.mark.parametrize("seconds, refused", [(299, False), (301, True), (-299, False), (-301, True)])
def test_old_messages_and_those_from_the_future_are_refused(seconds: int, refused: bool) -> None:
    found = objection(genuine(), BODY, secret=SECRET, now=NOW + timedelta(seconds=seconds))
    assert (found is not None) is refused
    assert objection(genuine(), BODY, secret=SECRET, now=NOW + timedelta(seconds=seconds), tolerance=400) is None


@pytest.mark.parametrize(
    "found",
    [
        {},
        headers(),
        headers(""),
        headers("v1,"),
        headers(signature("msg_1", SENT, BODY, SECRET), id=""),
        headers(signature("msg_1", SENT, BODY, SECRET), id="msg_2"),
        headers(signature("msg_1", SENT, BODY, SECRET), sent=SENT + 1),
        headers(signature("msg_1", SENT, BODY, SECRET), sent=""),
        headers(signature("msg_1", SENT, BODY, SECRET), sent="soon"),
        headers(signature("msg_1", SENT, BODY, SECRET), sent=f"-{SENT}"),
        headers(signature("msg_1", SENT, BODY, SECRET), sent="9" * 9000),
        headers(signature("msg_1", SENT, BODY, SECRET), sent="\u0661" * 10),
        headers(signature("msg_1", SENT, BODY, SECRET).replace("v1,", "v2,")),
        headers(signature("msg_1", SENT, BODY, SECRET)[:-4]),
        genuine(secret=OTHER),
        genuine(BODY + b" "),
    ],
)
def test_everything_else_is_refused(found: dict[str, str]) -> None:
    assert objection(found, BODY, secret=SECRET, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64", "whsec_\u00e9"])
def test_a_secret_that_is_none_believes_nobody(secret: str) -> None:
    assert objection(genuine(), BODY, secret=secret, now=NOW)
    with pytest.raises(ValueError, match="secret"):
        signature("msg_1", SENT, BODY, secret)


@given(body=st.binary(max_size=200), place=st.integers(0, 199), bit=st.integers(0, 7))
def test_one_changed_bit_is_noticed(body: bytes, place: int, bit: int) -> None:
    signed = genuine(body)
    assert objection(signed, body, secret=SECRET, now=NOW) is None
    if body:
        changed = bytearray(body)
        changed[place % len(body)] ^= 1 << bit
        assert objection(signed, bytes(changed), secret=SECRET, now=NOW)
