"""What the environment says about services: addresses, keys, headers, pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from limner.domain.authority import is_loopback
from limner.domain.errors import NotConfigured
from limner.domain.model_card import ServiceCard
from limner.wire.connection import Connection, Headers, read_headers, without_credentials

SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
LONGEST = 86_400.0
"""Seconds of a day: no call of any service takes longer."""
WEBHOOKS = "/webhooks"
"""Where services send word, below the public address, as document 1 has it."""


def connections(
    cards: tuple[ServiceCard, ...], variables: Mapping[str, str], public_url: str | None = None
) -> Mapping[str, Connection]:
    """Where each service is and what opens it, from the environment names that its card gives.

    `<SERVICE>_HEADERS` adds headers to every request; `ENABLE_IMAGE_GENERATION_<SERVICE>=false` switches it off. Under
    an https `public_url` services may send word of calls that have ended; under a plain one of this machine those that
    are on it too. Raises NotConfigured where the headers or the switch are none.
    """
    found: dict[str, Connection] = {}
    own = (public_url or "").rstrip("/")
    for card in cards:
        base_url = variables.get(card.base_url_variable, "").strip() if card.base_url_variable else ""
        keys = (variables.get(name, "").strip() for name in card.key_variables)
        organization = variables.get(card.organization_variable, "") if card.organization_variable else ""
        place, credentials = without_credentials((base_url or card.base_url).rstrip("/"))
        found[card.id] = Connection(
            base_url=place.rstrip("/"),
            api_key=next((key for key in keys if key), None),
            organization=organization.strip() or None,
            webhook=f"{own}{WEBHOOKS}/{card.id}" if _reaches(place, own) else None,
            headers=(*credentials, *_extra_headers(card, variables)),
            base_url_overridden=bool(base_url),
            python=variables.get(card.python_variable, "").strip() or None if card.python_variable else None,
            options=tuple((name, variables[name]) for name in card.option_variables if variables.get(name)),
            switched_off_by=_switched_off_by(card, variables),
        )
    return found


def _reaches(place: str, own: str) -> bool:
    """Whether a service at `place` can send word to the address `own`, which nobody reads on the way."""
    if own.startswith("https://"):
        return True
    both = (urlsplit(place).netloc, urlsplit(own).netloc)
    return own.startswith("http://") and all(is_loopback(each) for each in both)


def _switched_off_by(card: ServiceCard, variables: Mapping[str, str]) -> str:
    """The switch of document 3 where it is off; a service without one is on."""
    name = f"ENABLE_IMAGE_GENERATION_{card.id.upper()}"
    word = variables.get(name, "").strip().lower() or "true"
    if word not in SWITCH:
        raise NotConfigured(f"{name} is wrong: write true or false.", code="settings_invalid")
    return "" if SWITCH[word] else name


def _extra_headers(card: ServiceCard, variables: Mapping[str, str]) -> Headers:
    name = f"{card.id.upper()}_HEADERS"
    try:
        return read_headers(variables.get(name, ""))
    except ValueError as error:
        raise NotConfigured(f"{name} is wrong: {error}.", code="settings_invalid") from None


def paced(
    cards: tuple[ServiceCard, ...], variables: Mapping[str, str], at_once: int | None = None
) -> tuple[ServiceCard, ...]:
    """The cards with the pace that `<SERVICE>_REQUESTS_PER_SECOND` sets, 0 for no limit, and with at most `at_once`
    purchases at a time where that is given. Raises NotConfigured.
    """
    changed = []
    for card in cards:
        name = f"{card.id.upper()}_REQUESTS_PER_SECOND"
        try:
            pace = float(variables.get(name) or card.requests_per_second)
        except ValueError:
            pace = -1.0
        if not 0 <= pace < float("inf"):
            raise NotConfigured(f"{name} is wrong: give requests a second, 0 for no limit.", code="settings_invalid")
        places = card.concurrency if at_once is None else min(card.concurrency or at_once, at_once)
        changed.append(replace(card, requests_per_second=pace, concurrency=places))
    return tuple(changed)


def timeouts(cards: tuple[ServiceCard, ...], variables: Mapping[str, str]) -> Mapping[str, float]:
    """The seconds that `<SERVICE>_TIMEOUT_SECONDS` gives the calls of a service. Raises NotConfigured."""
    found: dict[str, float] = {}
    for card in cards:
        name = f"{card.id.upper()}_TIMEOUT_SECONDS"
        text = variables.get(name, "").strip()
        try:
            seconds = float(text) if text else None
        except ValueError:
            seconds = 0.0
        if seconds is None:
            continue
        if not 0 < seconds <= LONGEST:
            raise NotConfigured(f"{name} is wrong: give seconds, at most {LONGEST:g}.", code="settings_invalid")
        found[card.id] = seconds
    return found
