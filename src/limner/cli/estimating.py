"""Prices before anything is painted."""

from __future__ import annotations

from limner.cli.carrying import Asked, request_from
from limner.cli.documents import estimate_document, plan_document, receipt_document, usd
from limner.cli.listing import sizes_words
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json, MaxCost, OptionalPrompt, Painter, Wish
from limner.cli.output import Output
from limner.cli.telling import money_words, receipt_words
from limner.cli.watching import span
from limner.cli.wishes import prompt_from
from limner.domain.money import Estimate
from limner.domain.plan import Candidate, Quote
from limner.domain.ports import Clock

app = App()


@app.add()
def estimate(
    painter: Painter, wish: Wish, prompt: OptionalPrompt = "", max_cost: MaxCost = None, json: Json = False
) -> int:
    """Say who would paint and what it would cost. Spends nothing and sends nothing."""
    output = Output(json=json)
    asked = Asked(prompt=prompt_from(prompt), painter=painter, wish=wish)

    async def action(session: Session) -> int:
        request = await request_from(session, asked, max_cost)
        quote = await session.studio.estimate(request)
        if json:
            output.document(_document(quote))
        else:
            _tell(output, quote, session.studio.runtime.clock)
        return 0

    return with_studio(output, action, paints=False)


def _document(quote: Quote) -> dict[str, object]:
    first = quote.plan.candidates[0]
    return {
        "quote": quote.token,
        "quote_id": quote.id,
        "expires": quote.expires.isoformat(),
        "model": first.model,
        "estimate": estimate_document(quote.estimate),
        "ceiling_usd": usd(quote.ceiling),
        "constraints": {
            "sizes": sizes_words(quote.constraints.sizes),
            "max_count": quote.constraints.max_count,
            "qualities": list(quote.constraints.qualities),
            "styles": list(quote.constraints.styles),
        },
        "receipt": receipt_document(first.receipt),
        **plan_document(quote.plan),
    }


def _tell(output: Output, quote: Quote, clock: Clock) -> None:
    columns = ("Model", "At least", "Probably", "At most", "Time", "Why")
    output.rows(columns, [_row(candidate) for candidate in quote.plan.candidates])
    for line in receipt_words(quote.plan.candidates[0].receipt):
        output.show(line)
    if quote.plan.fallback is not None:
        instead = quote.plan.fallback
        output.show(f"{instead.original} cannot paint it now, so {quote.plan.candidates[0].model} would. {instead.why}")
    if quote.plan.rejections:
        output.show()
        output.rows(("Not in the plan", "Why"), [(one.model, one.why) for one in quote.plan.rejections])
    minutes = max(0, round((quote.expires - clock.now()).total_seconds() / 60))
    output.say(f"Nothing was spent. This price holds for {minutes} minutes: limner estimate --json gives a quote.")


def _row(candidate: Candidate) -> tuple[str, ...]:
    return candidate.model, *_amounts(candidate.estimate), f"about {span(candidate.seconds)}", candidate.reason


def _amounts(found: Estimate | None) -> tuple[str, str, str]:
    if found is None:
        return ("unknown",) * 3
    return money_words(found.floor), money_words(found.likely), money_words(found.ceiling)
