"""What models make of requests, kept for the requests to come that ask for the same and only say it in other words."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import MutableMapping
from dataclasses import fields
from operator import attrgetter

from limner.domain.request import ImageRequest
from limner.engine.drafting import Draft

MOST = 64
"""Sets of options whose drafts are kept: those that were asked for last. A draft takes about 2 kB."""
LOOKED_AT_ELSEWHERE = frozenset(
    {
        "prompt",
        "model",
        "provider",
        "profile",
        "access",
        "tier",
        "fallback",
        "without",
        "template",
        "values",
        "optimise",
        "rewritten",
        "translate",
        "translated",
        "protect",
        "project",
        "tags",
        "max_cost",
        "reuse",
        "extra",
    }
)
"""Fields of a request that no draft depends on: what is said, who may paint it, and what becomes of it afterwards.

`extra` is among them because requests that have any are not kept."""
_options = attrgetter(*(field.name for field in fields(ImageRequest) if field.name not in LOOKED_AT_ELSEWHERE))


class Drafts:
    """The drafts that were made last.

    Nothing has to be thrown away when something changes. A draft follows from the options of a request, under which it
    is kept, and from a model's card, which is compared when it is found; health, keys, settings, turns and the time are
    looked at anew for each plan.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, MutableMapping[str, Draft]] = OrderedDict()

    def alike(self, request: ImageRequest) -> MutableMapping[str, Draft]:
        """The drafts of requests with the same options, by model; whoever misses one adds it."""
        if request.extra:  # the service's own options may be of any kind, and are rarely the same twice
            return {}
        # As text: 7 and 7.0 are equal, and a receipt tells them apart.
        options = repr(_options(request))
        kept = self._kept.setdefault(options, {})
        self._kept.move_to_end(options)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept
