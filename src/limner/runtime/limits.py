"""What the settings allow each person."""

from __future__ import annotations

from limner.engine.limits import Limits
from limner.settings import Settings


def limits_of(settings: Settings) -> Limits:
    """The limits of an installation."""
    return Limits(
        daily_cost=settings.daily_cost_limit_usd,
        daily_budget=settings.daily_budget_usd,
        images_per_hour=settings.images_per_hour,
        images_per_day=settings.images_per_day,
        requests_per_minute=settings.requests_per_minute,
        global_requests_per_minute=settings.global_requests_per_minute,
        requests_per_minute_per_token=settings.requests_per_minute_per_token,
        requests_per_minute_per_address=settings.requests_per_minute_per_address,
        requests_per_minute_per_service=settings.requests_per_minute_per_service,
    )
