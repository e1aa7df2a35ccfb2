"""Asks services which models they have, before they are listed."""

from __future__ import annotations

import asyncio

from limner.cli.opening import Session, with_studio
from limner.cli.output import Output
from limner.domain.errors import LimnerError


def refresh(output: Output, provider: str | None) -> None:
    """Asks one service, or all that are ready and have such a list; what goes wrong is said and is no obstacle."""

    async def action(session: Session) -> int:
        runtime = session.studio.runtime
        named = [runtime.catalog.service(provider)] if provider else []
        ready = [card for card in runtime.catalog.services if runtime.services.readiness(card.id).ready]
        cards = named or [card for card in ready if card.unlisted_like is not None]
        for said in await asyncio.gather(*(_asked(session, card.id) for card in cards)):
            output.say(said)
        return 0

    with_studio(output, action, paints=False)


async def _asked(session: Session, service: str) -> str:
    try:
        listing = await session.studio.runtime.listings.refresh(service)
    except LimnerError as error:
        return error.message
    return f"{service} lists {len(listing.models)} models."
