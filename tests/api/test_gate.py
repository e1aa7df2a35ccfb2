"""Who is still let in while a stream is open."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from limner.api.gate import STILL, Gate
from limner.domain.errors import StorageError
from limner.domain.people import LOCAL, Principal, Role, TokenScope, User
from limner.runtime import Runtime, open_runtime
from tests.api.people import PASSWORD, quick_hashes
from tests.api.served import settings_for

Still = Callable[[], Awaitable[bool]]


@pytest.fixture
async def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    quick_hashes(monkeypatch)
    async with open_runtime(settings_for(tmp_path, auth="accounts"), work=False) as runtime:
        await runtime.admittance.accounts.add("root@example.com", PASSWORD, Role.OWNER, LOCAL)
        yield runtime


async def still(runtime: Runtime, headers: dict[bytes, bytes]) -> Still:
    """What the gate gives a stream that somebody opens."""
    scope: dict[str, Any] = {"method": "GET", "path": "/api/v1/jobs/x/events", "query_string": b""}
    assert await Gate(lambda: runtime.admittance).admit(scope, headers) is None
    found: Still = scope[STILL]
    assert await found()
    return found


async def added(runtime: Runtime, email: str) -> User:
    return await runtime.admittance.accounts.add(email, PASSWORD, Role.MEMBER, LOCAL)


async def cookie(runtime: Runtime, user: User) -> dict[bytes, bytes]:
    opened = await runtime.admittance.signing_in.sign_in(user.email, PASSWORD, "127.0.0.1")
    return {b"cookie": f"limner_session={opened.secret}".encode(), b"accept": b"text/event-stream"}


async def bearer(runtime: Runtime, principal: Principal) -> tuple[str, dict[bytes, bytes]]:
    made = await runtime.admittance.tokens.add("x", principal, scopes=[TokenScope.READ])
    return made.token.id, {b"authorization": f"Bearer {made.secret}".encode()}


async def test_whoever_signs_out_or_is_removed_or_gets_another_role_is_no_longer_let_in(runtime: Runtime) -> None:
    accounts, signing_in = runtime.admittance.accounts, runtime.admittance.signing_in
    ann, ben, eve = [await added(runtime, f"{name}@example.com") for name in ("ann", "ben", "eve")]
    of_ann, of_ben, of_eve = [await still(runtime, await cookie(runtime, each)) for each in (ann, ben, eve)]
    _, token = await bearer(runtime, ben.principal())
    with_token = await still(runtime, token)
    await signing_in.sign_out_everywhere(ann.principal())
    assert (await of_ann(), await of_ben(), await of_eve()) == (False, True, True)
    await accounts.change_role(ben.id, Role.VIEWER, LOCAL)
    assert (await of_ben(), await with_token()) == (False, False)
    await accounts.remove(eve.id, LOCAL)
    assert not await of_eve()


async def test_a_token_that_is_removed_is_no_longer_let_in(runtime: Runtime) -> None:
    ann = await added(runtime, "ann@example.com")
    token_id, headers = await bearer(runtime, ann.principal())
    with_token = await still(runtime, headers)
    await runtime.admittance.tokens.remove(token_id, ann.principal())
    assert not await with_token()


async def test_nobody_is_cut_off_because_it_cannot_be_said(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = await added(runtime, "ann@example.com")
    of_ann = await still(runtime, await cookie(runtime, ann))

    async def away(*_: object) -> None:
        raise StorageError("away")

    monkeypatch.setattr(type(runtime.admittance.signing_in), "with_session", away)
    assert await of_ann()
