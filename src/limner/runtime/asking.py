"""What a request stands for: the open installation that it came to, and whoever asks."""

from __future__ import annotations

from starlette.requests import Request

from limner.domain.people import LOCAL, Principal, signed_in
from limner.runtime import Runtime


def runtime_of(request: Request) -> Runtime:
    """The open installation."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def principal_of(request: Request) -> Principal:
    """Whoever asks: the one person of this machine where nobody signs in. Raises SignInRequired."""
    return signed_in(request.scope.get("limner.principal", LOCAL)).at(request.scope.get("limner.address"))
