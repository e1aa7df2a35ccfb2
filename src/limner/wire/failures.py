"""Errors of the HTTP client and the system, by what they mean for money."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from enum import Enum
from http.cookies import CookieError

import aiohttp

from limner.domain.errors import FailureCode, Spent
from limner.wire.refusals import Refusal
from limner.wire.split import BadAnswer


class Kind(Enum):
    """Where on the way a request failed."""

    NO_LINE = "no line"
    """Before a byte was sent: no such name, no such port, no trust."""
    NO_ADDRESS = "no address"
    """The address itself is wrong; trying again cannot help."""
    DROPPED = "dropped"
    TOO_LATE = "too late"
    GARBLED = "garbled"
    """The answer is not HTTP, or not what it says it is."""


KINDS: dict[type[BaseException], Kind] = {
    aiohttp.ClientConnectorError: Kind.NO_LINE,
    aiohttp.ClientSSLError: Kind.NO_LINE,
    aiohttp.ServerFingerprintMismatch: Kind.NO_LINE,
    aiohttp.ConnectionTimeoutError: Kind.NO_LINE,
    ssl.CertificateError: Kind.NO_LINE,
    aiohttp.InvalidURL: Kind.NO_ADDRESS,
    aiohttp.NonHttpUrlClientError: Kind.NO_ADDRESS,
    aiohttp.RedirectClientError: Kind.GARBLED,
    aiohttp.ClientHttpProxyError: Kind.NO_LINE,
    aiohttp.ClientResponseError: Kind.GARBLED,
    aiohttp.WSMessageTypeError: Kind.GARBLED,
    aiohttp.ClientPayloadError: Kind.DROPPED,
    aiohttp.UploadAbortedError: Kind.DROPPED,
    aiohttp.ClientConnectionError: Kind.DROPPED,
    aiohttp.ServerTimeoutError: Kind.TOO_LATE,
    aiohttp.ClientError: Kind.DROPPED,
    TimeoutError: Kind.TOO_LATE,
    OSError: Kind.DROPPED,
    EOFError: Kind.DROPPED,
    CookieError: Kind.GARBLED,
    BadAnswer: Kind.GARBLED,
}
"""The nearest class in an error's ancestry decides."""

TROUBLE = (aiohttp.ClientError, OSError, EOFError, asyncio.TimeoutError, CookieError, BadAnswer)
"""Everything that `refusal_for` understands."""


@dataclass(slots=True)
class Sending:
    """Notes of one request on its way."""

    sent: bool = False
    """Whether its first bytes may have left."""
    answered: bool = False
    """Whether a success has begun to come back: then the service has done the work."""


def kind_of(error: BaseException) -> Kind:
    """Where on the way it happened, by the error's class alone."""
    return next((KINDS[ancestor] for ancestor in type(error).__mro__ if ancestor in KINDS), Kind.DROPPED)


def refusal_for(error: BaseException, sending: Sending, *, purchase: bool) -> Refusal:
    """What a failure on the line means; what is unclear after a purchase was sent is never tried again."""
    kind = kind_of(error)
    if not sending.sent:
        wrong = kind is Kind.NO_ADDRESS
        return Refusal(code=FailureCode.UNREACHABLE, said=words_of(error), retryable=not wrong)
    code = {Kind.TOO_LATE: FailureCode.TIMED_OUT, Kind.GARBLED: FailureCode.BAD_ANSWER}.get(
        kind, FailureCode.LINE_DROPPED
    )
    certain = isinstance(error, BadAnswer) and sending.answered
    spent = Spent.YES if certain else Spent.UNKNOWN
    return Refusal(code=code, said=words_of(error), retryable=not purchase, spent=spent if purchase else Spent.NO)


def words_of(error: BaseException) -> str:
    """What the error says, if it says anything that helps."""
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer was cut short"
    text = str(error)
    return "" if isinstance(error, TimeoutError) or text.startswith("(") else text
