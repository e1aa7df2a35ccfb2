"""Every error of the client is understood, and what is unclear after a purchase stays unclear."""

import aiohttp
import pytest

from limner.domain.errors import FailureCode, Spent
from limner.wire.failures import KINDS, TROUBLE, Kind, Sending, kind_of, refusal_for
from limner.wire.split import BadAnswer


def tree(root: type[BaseException]) -> list[type[BaseException]]:
    return [root, *(leaf for child in root.__subclasses__() for leaf in tree(child))]


CLIENT_ERRORS = sorted(
    {error for error in tree(aiohttp.ClientError) if error.__module__.startswith("aiohttp")}, key=str
)


@pytest.mark.req("S0-046")
@pytest.mark.parametrize("error", CLIENT_ERRORS, ids=lambda error: error.__name__)
def test_every_class_of_the_client_has_a_meaning_of_its_own(error: type[BaseException]) -> None:
    named = next(ancestor for ancestor in error.__mro__ if ancestor in KINDS)
    assert issubclass(error, TROUBLE)
    assert named is not aiohttp.ClientError or error is aiohttp.ClientError


@pytest.mark.parametrize(
    "name, kind",
    [
        ("ClientConnectorDNSError", Kind.NO_LINE),
        ("ClientConnectorCertificateError", Kind.NO_LINE),
        ("ClientConnectorSSLError", Kind.NO_LINE),
        ("ClientProxyConnectionError", Kind.NO_LINE),
        ("ConnectionTimeoutError", Kind.NO_LINE),
        ("ServerFingerprintMismatch", Kind.NO_LINE),
        ("InvalidUrlClientError", Kind.NO_ADDRESS),
        ("NonHttpUrlClientError", Kind.NO_ADDRESS),
        ("ServerDisconnectedError", Kind.DROPPED),
        ("ClientConnectionResetError", Kind.DROPPED),
        ("ClientOSError", Kind.DROPPED),
        ("ClientPayloadError", Kind.DROPPED),
        ("UploadAbortedError", Kind.DROPPED),
        ("SocketTimeoutError", Kind.TOO_LATE),
        ("ServerTimeoutError", Kind.TOO_LATE),
        ("ContentTypeError", Kind.GARBLED),
        ("TooManyRedirects", Kind.GARBLED),
    ],
)
def test_where_on_the_way_it_fails(name: str, kind: Kind) -> None:
    error = getattr(aiohttp, name)
    assert kind_of(error.__new__(error)) is kind


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), BrokenPipeError(), TimeoutError(), OSError("no"), aiohttp.ClientPayloadError()]
)
def test_before_anything_was_sent_nothing_was_spent(error: Exception) -> None:
    refusal = refusal_for(error, Sending(), purchase=True)
    assert (refusal.code, refusal.retryable, refusal.spent) == (FailureCode.UNREACHABLE, True, Spent.NO)


@pytest.mark.parametrize(
    "error, code",
    [
        (ConnectionResetError(), FailureCode.LINE_DROPPED),
        (aiohttp.ServerDisconnectedError(), FailureCode.LINE_DROPPED),
        (aiohttp.ClientPayloadError(), FailureCode.LINE_DROPPED),
        (TimeoutError(), FailureCode.TIMED_OUT),
        (aiohttp.SocketTimeoutError(), FailureCode.TIMED_OUT),
        (BadAnswer("x"), FailureCode.BAD_ANSWER),
    ],
)
def test_after_sending_a_purchase_is_unclear_and_a_question_is_asked_again(error: Exception, code: FailureCode) -> None:
    bought = refusal_for(error, Sending(sent=True), purchase=True)
    assert (bought.code, bought.retryable, bought.spent) == (code, False, Spent.UNKNOWN)
    asked = refusal_for(error, Sending(sent=True), purchase=False)
    assert (asked.code, asked.retryable, asked.spent) == (code, True, Spent.NO)


def test_a_success_that_cannot_be_read_was_paid_for() -> None:
    refusal = refusal_for(BadAnswer("x"), Sending(sent=True, answered=True), purchase=True)
    assert (refusal.code, refusal.spent) == (FailureCode.BAD_ANSWER, Spent.YES)


def test_a_wrong_address_is_not_tried_again() -> None:
    refusal = refusal_for(aiohttp.InvalidURL("htp://x"), Sending(), purchase=True)
    assert (refusal.code, refusal.retryable) == (FailureCode.UNREACHABLE, False)
