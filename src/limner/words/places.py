"""Where text models are asked, with what key, and what their refusals mean."""

from __future__ import annotations

from collections.abc import Mapping

from limner.domain.errors import FailureCode, NotConfigured
from limner.domain.readiness import Readiness
from limner.domain.text_models import TextServiceCard
from limner.domain.vault import Opener
from limner.wire.connection import Connection, reached, read_headers, without_credentials
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer

READY = Readiness(ready=True, reason="Ready")
BY_WORD = {
    "authentication_error": FailureCode.AUTHENTICATION,
    "invalid_api_key": FailureCode.AUTHENTICATION,
    "billing_error": FailureCode.NO_CREDIT,
    "insufficient_quota": FailureCode.NO_CREDIT,
    "credit_balance_exhausted": FailureCode.NO_CREDIT,
    "permission_error": FailureCode.FORBIDDEN,
    "not_found_error": FailureCode.MODEL_GONE,
    "model_not_found": FailureCode.MODEL_GONE,
    "rate_limit_error": FailureCode.RATE_LIMITED,
    "rate_limit_exceeded": FailureCode.RATE_LIMITED,
    "overloaded_error": FailureCode.OVERLOADED,
    "server_is_overloaded": FailureCode.OVERLOADED,
    "slow_down": FailureCode.OVERLOADED,
    "content_policy_violation": FailureCode.REFUSED,
    "content_filter": FailureCode.REFUSED,
    "moderation_blocked": FailureCode.REFUSED,
}
"""Words of Anthropic (`error.type`) and OpenAI (`error.code`, `error.type`), 2026-11."""
TOO_LONG = ("context_length_exceeded", "prompt is too long", "context window", "maximum context length")
"""What a refusal says of a question that is longer than the model takes."""


def connection_of(card: TextServiceCard, variables: Mapping[str, str]) -> Connection:
    """Where a service is and what opens it, by the environment names of its card. Raises NotConfigured."""
    base_url = variables.get(card.base_url_variable, "").strip()
    keys = (variables.get(name, "").strip() for name in card.key_variables)
    organization = variables.get(card.organization_variable, "").strip() if card.organization_variable else ""
    place, credentials = without_credentials((base_url or card.base_url).rstrip("/"))
    name = f"{card.id.upper()}_HEADERS"
    try:
        extra = read_headers(variables.get(name, ""))
    except ValueError as error:
        raise NotConfigured(f"{name} is wrong: {error}.", code="settings_invalid") from None
    return Connection(
        base_url=place.rstrip("/"),
        api_key=next((key for key in keys if key), None),
        organization=organization or None,
        headers=(*credentials, *extra),
        base_url_overridden=bool(base_url),
    )


def named_model(card: TextServiceCard, variables: Mapping[str, str]) -> str:
    """The model that the environment names, else the usual one; empty where the catalog's order decides."""
    named = variables.get(card.model_variable, "").strip() if card.model_variable else ""
    return named or card.default_model


def opened(connection: Connection, opener: Opener | None) -> Connection:
    """The same place under somebody's own key, where one is given."""
    return connection if opener is None else reached(connection, opener)


def readiness_of(card: TextServiceCard, connection: Connection) -> Readiness:
    """Whether a service has an address and, where it needs one, a key."""
    if not connection.base_url:
        return _unready(f"Needs an address: set {card.base_url_variable}.", "No address")
    if not connection.base_url.startswith(("http://", "https://")):
        reason = f"Needs an address that begins with http:// or https://: set {card.base_url_variable}."
        return _unready(reason, "No valid address")
    key = connection.api_key
    if not key and not card.key_optional and not connection.base_url_overridden:
        return _unready(f"Needs a key: set {card.key_variables[0]}.", "API key not configured")
    if key and not (key.isascii() and key.isprintable()):
        return _unready(
            f"The key has characters that no key has: set {card.key_variables[0]} again.", "Invalid API key"
        )
    return READY


def refusal_of(answer: Answer) -> Refusal:
    """What an answer that is no success means, by its own words where it has some, else by its status."""
    found = by_status(answer)
    error = answer.body.part("error")
    said = error.text("message") or error.text() or answer.body.text("message") or answer.said
    words = (error.text("code"), error.text("type"))
    if any(sign in (said or "").lower() or sign in words for sign in TOO_LONG):
        return Refusal(code=FailureCode.BAD_PARAMETER, said=said or "", field="length of the question")
    for word in words:
        if word in BY_WORD:
            return meant(answer, BY_WORD[word], said=said, field=None)
    return meant(answer, found.code, said=said, field=error.text("param"))


def _unready(reason: str, short: str) -> Readiness:
    return Readiness(ready=False, reason=reason, short=short)
