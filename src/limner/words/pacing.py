"""How hard services may be pressed for texts. It is counted apart from pictures, as the services do."""

from __future__ import annotations

from collections.abc import Iterable

from limner.domain.steering import Configs
from limner.wire.pace import Pace


class TextPaces:
    """The `Turns` at services that have text models: at once, unless an administrator says how fast."""

    def __init__(self, services: Iterable[str]) -> None:
        self._paces = {service: Pace(requests_per_second=0, concurrency=0) for service in services}

    def turn(self, service: str) -> Pace:
        """Where text calls to a service wait for their turn."""
        return self._paces[service]

    def steer(self, configs: Configs) -> None:
        """Sets the pace of every service, 0 for no limit."""
        for service, pace in self._paces.items():
            config = configs.get(service)
            pace.hold((None if config is None else config.requests_per_second) or 0)
