"""What a message says, and what follows from each answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from limner.domain.webhooks import Answered, DeliveryState, Errand, Verdict, WebhookEvent
from limner.engine.delivering import PAUSES, message, verdict_on

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ERRAND = Errand(
    id="0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11",
    worker="w1",
    tries=1,
    webhook_id="h1",
    url="https://example.com/hook",
    secret="whsec_QUJD",
    event=WebhookEvent.PARTIAL,
    created=NOW,
    data={
        "id": "j1",
        "state": "partial",
        "cost": None,
        "images": [{"id": "p1", "number": 0}, {"id": "p2", "number": 2}],
    },
)


def test_a_message_has_the_three_fields_of_the_convention_and_addresses_that_lead_somewhere() -> None:
    said = json.loads(message(ERRAND, "https://limner.example.com"))
    assert list(said) == ["type", "timestamp", "data"]
    assert (said["type"], said["timestamp"]) == ("job.partial", "2026-11-28T12:00:00+00:00")
    assert said["data"] == {
        "id": "j1",
        "state": "partial",
        "cost": None,
        "images": [
            {"id": "p1", "number": 0, "url": "https://limner.example.com/api/v1/images/p1/file"},
            {"id": "p2", "number": 2, "url": "https://limner.example.com/api/v1/images/p2/file"},
        ],
    }
    assert message(ERRAND, "x") == message(ERRAND, "x")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_the_end(status: int) -> None:
    answered = Answered(status=status)
    assert verdict_on(answered, 1, NOW) == Verdict(state=DeliveryState.DELIVERED, answered=answered)


@pytest.mark.parametrize("status", [None, 301, 400, 404, 429, 500, 503, 599])
def test_everything_else_is_tried_again_ever_more_slowly_for_about_a_day_and_then_given_up(status: int | None) -> None:
    answered, now, waits = Answered(status=status, problem="no"), NOW, []
    for tries in range(1, len(PAUSES) + 1):
        verdict = verdict_on(answered, tries, now)
        assert (verdict.state, verdict.disabled) == (DeliveryState.WAITING, None)
        assert verdict.due is not None
        waits.append(verdict.due - now)
        now = verdict.due
    assert waits == sorted(waits)
    assert sum(waits[:2], timedelta()) < timedelta(seconds=45)
    assert timedelta(hours=20) < now - NOW < timedelta(hours=28)
    assert verdict_on(answered, len(PAUSES) + 1, now) == Verdict(state=DeliveryState.GIVEN_UP, answered=answered)


def test_gone_is_the_end_of_the_webhook() -> None:
    answered = Answered(status=410, problem="The target answered 410.")
    assert verdict_on(answered, 1, NOW) == Verdict(state=DeliveryState.GIVEN_UP, answered=answered, disabled=NOW)
