"""Who asks, by document 3's words: whoever has sent the request, or the owner of a Google account."""

from __future__ import annotations

from fastapi import Request

from limner.domain.errors import NotConfigured
from limner.domain.people import Principal, SignInRefused
from limner.runtime.asking import principal_of, runtime_of


async def asking(request: Request, access_token: str | None) -> Principal:
    """Whoever asks: the owner of the Google account where people sign in, else whoever sent the request.

    Raises SignInRefused for a token that Google does not stand for, or that nobody here can ask Google about.
    """
    runtime = runtime_of(request)
    if access_token is None or not runtime.settings.accounts:
        return principal_of(request)
    try:
        user = await runtime.admittance.federation.sign_in_with_google(access_token)
    except NotConfigured as unset:
        raise SignInRefused(str(unset)) from unset
    return user.principal().at(request.scope.get("limner.address"))
